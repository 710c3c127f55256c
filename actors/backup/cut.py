"""One instant of all journals: hold everybody, photograph, release, and believe it only if no hold had broken.

One try, for all provinces at once: hold → every photograph → release. It counts only if every province said that it held, every photograph
shows the epoch and sequence that its province named, and every province said on release that its hold was unbroken. Otherwise the
photographs are let go and it is tried again, `TRIES_MAX` times, after a pause longer than the rest that provinces take.

Budget: 37 photographs take some 2 ms; the rest of the hold is the time until the slowest of the provinces' loops comes round.
"""

import secrets
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

import msgspec

from actors.backup.errors import BackupFailed
from actors.hold import HOLD_MS_MAX, REST_MS_MIN
from actors.journal import JournalError, Photograph, State
from actors.protocol import CommitsHeld, CommitsReleased

#: Times that an instant is tried for; each costs the provinces half a second of commits at most.
TRIES_MAX = 20
#: Between two tries, seconds.
PAUSE_S = REST_MS_MIN / 1000 + 0.2


class Provinces(Protocol):
    """The provinces of a running system, asked all at once."""

    async def hold(self, holder: str, for_ms: int) -> Mapping[str, CommitsHeld]:
        """What each province answers; those that answer in time only."""
        ...

    async def release(self, holder: str) -> Mapping[str, CommitsReleased]:
        """What each province answers; those that answer in time only."""
        ...


class Cut(msgspec.Struct, frozen=True, kw_only=True):
    """The instant: where each journal stood, and what it cost."""

    journals: dict[str, State]
    #: When, Unix ms: what was acknowledged before is in it, what was acknowledged later is not.
    taken_ms: int
    #: Why the tries before did not count.
    broken_tries: tuple[str, ...] = ()
    #: From asking the first province to hold until the last had released, of the try that counted.
    held_seconds: float = 0.0
    #: The longest that a province held, by its own clock.
    held_longest_ms: int = 0


class _Broken(Exception):
    """This try does not count; `str` says why."""


async def take_cut(
    provinces: Provinces,
    names: Sequence[str],
    photographs: Sequence[Photograph],
    *,
    pause: Callable[[float], Awaitable[None]],
    tries_max: int = TRIES_MAX,
) -> Cut:
    """Fix one instant in all photographs.

    Args:
        names: the provinces that must hold.
        photographs: of every journal, the headquarters' first.
        pause: waits so many seconds.

    Raises:
        BackupFailed: every try was broken.
        JournalError: a journal cannot be read.
    """
    reasons: list[str] = []
    while len(reasons) < tries_max:
        if reasons:
            await pause(PAUSE_S)
        try:
            cut = await _try_cut(provinces, names, photographs)
        except _Broken as broken:
            reasons.append(str(broken))
        else:
            return msgspec.structs.replace(cut, broken_tries=tuple(reasons))
    raise BackupFailed(
        f"no instant was found in {tries_max} tries at which every province held still; last: {reasons[-1]}"
    )


async def _try_cut(provinces: Provinces, names: Sequence[str], photographs: Sequence[Photograph]) -> Cut:
    holder = f"backup-{secrets.token_hex(8)}"
    started = time.monotonic()
    held = await provinces.hold(holder, HOLD_MS_MAX)
    try:
        _require_all_hold(names, held)
        taken_ms = time.time_ns() // 1_000_000
        journals = {photograph.name: photograph.take() for photograph in photographs}
    except (_Broken, JournalError):
        await provinces.release(holder)
        _let_go(photographs)
        raise
    released = await provinces.release(holder)
    held_seconds = time.monotonic() - started
    try:
        _require_unbroken(names, held, released, journals)
    except _Broken:
        _let_go(photographs)
        raise
    longest_ms = max((released[name].held_ms for name in names), default=0)
    return Cut(journals=journals, taken_ms=taken_ms, held_seconds=held_seconds, held_longest_ms=longest_ms)


def _require_all_hold(names: Sequence[str], held: Mapping[str, CommitsHeld]) -> None:
    for name in names:
        answer = held.get(name)
        if answer is None:
            raise _Broken(f"{name} did not answer")
        if answer.refused:
            raise _Broken(f"{name} does not hold: {answer.refused}")


def _require_unbroken(
    names: Sequence[str],
    held: Mapping[str, CommitsHeld],
    released: Mapping[str, CommitsReleased],
    journals: Mapping[str, State],
) -> None:
    for name in names:
        answer = released.get(name)
        if answer is None:
            raise _Broken(f"{name} did not answer when it was released")
        if not answer.was_unbroken:
            raise _Broken(f"the hold of {name} was broken: its release came too late")
        stands = journals[name]
        if (stands.epoch, stands.head.sequence) != (held[name].epoch, held[name].sequence):
            raise _Broken(f"{name} was replaced, or wrote while it held")


def _let_go(photographs: Sequence[Photograph]) -> None:
    for photograph in photographs:
        photograph.let_go()
