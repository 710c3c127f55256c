"""Waiting for a condition of a real system: asked again and again, never longer than a stated time."""

import threading
import time
from collections.abc import Callable

#: Pause between two looks.
LOOK_EVERY_S = 0.1


def until(condition: Callable[[], bool], *, within_s: float) -> float:
    """Wait until `condition` holds; how long it took, seconds.

    Raises:
        AssertionError: it does not hold within the time.
    """
    started = time.monotonic()
    pause = threading.Event()
    while not condition():
        if time.monotonic() - started > within_s:
            raise AssertionError(f"not true within {within_s} s")
        pause.wait(LOOK_EVERY_S)
    return time.monotonic() - started
