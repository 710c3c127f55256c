"""Time as an argument."""

import msgspec

MINUTE_MS = 60_000


class Instant(msgspec.Struct, frozen=True, kw_only=True):
    """Now, twice: wall clock (Unix ms) for the record, monotonic ms for leases and time limits."""

    wall_ms: int
    monotonic_ms: int


def still_waits(until_ms: int, now_ms: int, longest_ms: int) -> bool:
    """Whether a pause that ends at `until_ms`, by the wall clock, still lasts.

    Pauses that outlive a restart are journaled by the wall clock, and that may be set back. A pause made for `longest_ms` at most that
    seems to have more than twice as long to go comes from a clock that has been set back since: it is over. So a jump makes a pause at
    most three times as long as was meant, and a clock set forward only ends it early. Keeping the end by the monotonic clock as well
    would be exact, at the price of soft state that every task drags along.
    """
    return 0 < until_ms - now_ms <= 2 * longest_ms
