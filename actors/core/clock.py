"""Time as an argument."""

import msgspec


class Instant(msgspec.Struct, frozen=True, kw_only=True):
    """Now, twice: wall clock (Unix ms) for the record, monotonic ms for leases and time limits."""

    wall_ms: int
    monotonic_ms: int
