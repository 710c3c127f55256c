"""What a process does to itself when a drill asks for it: end without a word, or stand still for a while.

Nobody is killed by a number that may belong to somebody else by now: the victim does it itself. Standing still ends by the kernel's clock:
a timer of the process itself sends it SIGCONT, which lets a stopped process go on, so a drill that everybody has forgotten heals. (In
a system in order it never comes to that: the supervisor kills a province that stands still.) The timer dies with the process.
"""

import ctypes
import os
import signal
import sys

import structlog

_log = structlog.get_logger(__name__)

_CLOCK_MONOTONIC = 1
_SIGEV_SIGNAL = 0


class _Sigevent(ctypes.Structure):
    """`struct sigevent` of Linux: 64 bytes, of which three words matter."""

    _fields_ = (
        ("value", ctypes.c_void_p),
        ("signo", ctypes.c_int),
        ("notify", ctypes.c_int),
        ("rest", ctypes.c_byte * 48),
    )


class _Itimerspec(ctypes.Structure):
    """`struct itimerspec`."""

    _fields_ = (
        ("interval_s", ctypes.c_long),
        ("interval_ns", ctypes.c_long),
        ("value_s", ctypes.c_long),
        ("value_ns", ctypes.c_long),
    )


def end_now(why: str) -> None:
    """Kill this process as nothing warns of: no handler runs, nothing is finished."""
    _log.warning("ending for a drill", why=why)
    os.kill(os.getpid(), signal.SIGKILL)


def stand_still(for_ms: int, why: str) -> None:
    """Stop this process until the time is over or somebody continues or kills it.

    Raises:
        OSError: the kernel gives no timer that would end it; nothing was done.
    """
    _log.warning("standing still for a drill", why=why, for_ms=for_ms)
    _continue_after(for_ms)
    os.kill(os.getpid(), signal.SIGSTOP)


def _continue_after(for_ms: int) -> None:
    """Let the kernel send us SIGCONT once, after this time."""
    if sys.platform != "linux":
        raise OSError("a process can only be made to stand still on Linux")
    libc = ctypes.CDLL(None, use_errno=True)
    event = _Sigevent(signo=signal.SIGCONT, notify=_SIGEV_SIGNAL)
    timer = ctypes.c_void_p()
    when = _Itimerspec(value_s=for_ms // 1000, value_ns=for_ms % 1000 * 1_000_000 or 1)
    if libc.timer_create(_CLOCK_MONOTONIC, ctypes.byref(event), ctypes.byref(timer)):
        raise OSError(ctypes.get_errno(), "timer_create")
    if libc.timer_settime(timer, 0, ctypes.byref(when), None):
        raise OSError(ctypes.get_errno(), "timer_settime")
