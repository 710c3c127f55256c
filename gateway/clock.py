"""The gateway's wall clock."""

import time


def wall_ms() -> int:
    """Unix milliseconds, UTC."""
    return time.time_ns() // 1_000_000
