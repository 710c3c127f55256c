"""How long work waits while a surge lasts: what the coordinator sees of it, when there is no more to see, and the figures.

Expected waits are in no journal of a province, only in its summaries; so the coordinator writes what it sees into its own, once a second and
whenever something else may be shared, and the report is made of that. A coordinator that takes over goes on from what its predecessor wrote.

How soon a surge eases is told for each kind by itself, from its longest wait until it has fallen to its release threshold: sharing keeps each kind between its two
thresholds, and while arrivals stay high each climbs to the upper one again in its own time. That all of them are below the lower one at once says how the kinds happened to
fall together.

What may be shared is judged here by the rule of the policy alone (`Observation.pressed`), not by the plan's memory: a plan that shared below
the threshold would be seen. The coordinator looks before it advises and a province may follow the last advice for a moment longer, so a move is
early only if its kind was in nothing that was seen within `ADVICE_MS` before it.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from actors.core.country import SharingPolicy
from actors.core.drills.record import OBSERVATIONS_MAX, Drill, Observation
from actors.core.ids import KindId, ProvinceCode
from actors.core.sharing.pressure import line_summary, lowered, wait_ms
from actors.core.sharing.summary import WAIT_UNBOUNDED_MS, KindSummary, ProvinceSummary

#: Pause between two looks that are written down.
OBSERVE_EVERY_MS = 1_000
#: Advice is followed this long after the picture that it was made of.
ADVICE_MS = 2_000
#: A surge whose waits have been back for this long has shown all there is to see.
EASED_MS = 5_000

Pair = tuple[ProvinceCode, KindId]


def observe(drill: Drill, summaries: Mapping[ProvinceCode, ProvinceSummary], now_ms: int) -> Observation:
    """What is to be seen of the struck provinces' waits now. One that is away for a moment is as it was."""
    last = drill.observed[-1] if drill.observed else None
    before = None if last is None else dict(_pressed(last))
    pressed: dict[Pair, int] = {}
    longest = (0, 1)
    for code in drill.spec.provinces:
        if code not in summaries:
            pressed |= {pair: waits_ms for pair, waits_ms in (before or {}).items() if pair[0] == code}
            continue
        policy = summaries[code].policy
        for kind, waits_ms in _waiting(summaries[code]):
            if _is_pressed(policy, kind, waits_ms, was_pressed=before is None or (code, kind.kind) in before):
                pressed[code, kind.kind] = waits_ms
            release_ms = max(1, lowered(policy.release_wait_ms, kind))
            # What nobody there can do takes no time of theirs.
            if waits_ms < WAIT_UNBOUNDED_MS and waits_ms * longest[1] > longest[0] * release_ms:
                longest = (waits_ms, release_ms)
    return Observation(
        at_ms=now_ms,
        wait_ms=longest[0],
        release_ms=longest[1],
        pressed=tuple(pressed),
        waits_ms=tuple(pressed.values()),
    )


def _pressed(seen: Observation) -> Iterator[tuple[Pair, int]]:
    """What may be shared, each with its wait."""
    return zip(seen.pressed, seen.waits_ms or (0,) * len(seen.pressed), strict=True)


def _waiting(summary: ProvinceSummary) -> Iterator[tuple[KindSummary, int]]:
    """Kinds of which something waits, each with its wait, ms."""
    for kind in summary.kinds:
        if kind.waiting:
            yield kind, wait_ms(kind, line_summary(summary, kind))


def _is_pressed(policy: SharingPolicy, kind: KindSummary, waits_ms: int, *, was_pressed: bool) -> bool:
    """Sharing goes on down to the release threshold. Of what waited before anybody looked it is not known whether it had begun: it may."""
    threshold_ms = policy.release_wait_ms if was_pressed else policy.activation_wait_ms
    return waits_ms > lowered(threshold_ms, kind)


def is_news(drill: Drill, seen: Observation) -> bool:
    """Whether a look is to be written down."""
    if not drill.observed:
        return True
    last = drill.observed[-1]
    is_due = seen.at_ms - last.at_ms >= OBSERVE_EVERY_MS or seen.pressed != last.pressed
    return is_due and len(drill.observed) < OBSERVATIONS_MAX


def has_eased(drill: Drill, now_ms: int) -> bool:
    """Whether waits have been too long and are below their release thresholds since `EASED_MS`."""
    observed = drill.observed
    if not any(seen.pressed for seen in observed) or now_ms - observed[-1].at_ms >= EASED_MS:
        return False
    return now_ms - max(_above(observed), default=drill.struck_ms) >= EASED_MS


def _above(observed: Sequence[Observation]) -> list[int]:
    """When waits were seen above their release thresholds, Unix ms, rising."""
    return [seen.at_ms for seen in observed if seen.wait_ms > seen.release_ms]


class _Spell(NamedTuple):
    """A time for which a kind was hard pressed."""

    began_ms: int
    #: When it waited longest, and how long.
    peak_ms: int
    wait_ms: int
    #: Whether anybody there could do it at any look.
    can_be_done: bool = False
    #: When it had fallen to its release threshold; 0: not while the surge lasted.
    released_ms: int = 0


def wait_figures(drill: Drill) -> dict[str, int]:
    """The longest expected wait while the surge lasted, and how long the slowest kind took from its longest wait down to its release threshold.

    A kind that was not down when the surge ended counts from when it began to be pressed: a wait that only grows is longest at the end.
    """
    observed = _while_it_lasted(drill)
    if not observed:
        return {}
    last_ms = observed[-1].at_ms
    eased_ms = [
        spell.released_ms - spell.peak_ms if spell.released_ms else last_ms - spell.began_ms
        for spell in _spells(observed)
    ]
    return {"peak_wait_ms": max(seen.wait_ms for seen in observed), "eased_ms": max(eased_ms, default=0)}


def wait_moments(drill: Drill) -> dict[str, int]:
    """When waits were longest, and when the last kind was down at its release threshold; Unix ms. One that was never seen is left out."""
    observed = _while_it_lasted(drill)
    if not observed:
        return {}
    peak_ms = max(observed, key=lambda seen: (seen.wait_ms, -seen.at_ms)).at_ms
    spells = _spells(observed)
    if not all(spell.released_ms for spell in spells):
        return {"peak": peak_ms}
    return {"peak": peak_ms, "eased": max((spell.released_ms for spell in spells), default=peak_ms)}


def _spells(observed: Sequence[Observation]) -> list[_Spell]:
    """Every time for which a kind was hard pressed, the unfinished ones last.

    Without those in which nobody there could do it at all: such a kind waits for ever, surge or not.
    """
    spells: list[_Spell] = []
    open_spells: dict[Pair, _Spell] = {}
    for seen in observed:
        now = dict(_pressed(seen))
        ended = [pair for pair in open_spells if pair not in now]
        spells += [open_spells.pop(pair)._replace(released_ms=seen.at_ms) for pair in ended]
        for pair, waits_ms in now.items():
            spell = open_spells.get(pair) or _Spell(began_ms=seen.at_ms, peak_ms=seen.at_ms, wait_ms=waits_ms)
            if waits_ms > spell.wait_ms:
                spell = spell._replace(peak_ms=seen.at_ms, wait_ms=waits_ms)
            can_be_done = spell.can_be_done or waits_ms < WAIT_UNBOUNDED_MS
            open_spells[pair] = spell._replace(can_be_done=can_be_done)
    return [spell for spell in (*spells, *open_spells.values()) if spell.can_be_done]


def _while_it_lasted(drill: Drill) -> list[Observation]:
    return [seen for seen in drill.observed if drill.struck_ms <= seen.at_ms <= drill.lifted_ms]


def wait_curve(drill: Drill, points_max: int) -> tuple[tuple[int, int, int], ...]:
    """(ms after the strike, wait, release threshold), thinned to a number of points."""
    stride = max(1, -(-len(drill.observed) // points_max))
    return tuple((seen.at_ms - drill.struck_ms, seen.wait_ms, seen.release_ms) for seen in drill.observed[::stride])


def is_early(observed: Sequence[Observation], at_ms: int, pair: Pair) -> bool:
    """Whether a kind was shared at an instant in which it might not be. Nobody can tell where nobody has looked for `ADVICE_MS`."""
    after = bisect_right(observed, at_ms, key=lambda seen: seen.at_ms)
    first = bisect_right(observed, at_ms - ADVICE_MS, key=lambda seen: seen.at_ms)
    # What was seen last before that time still held when it began.
    looks = observed[max(0, first - 1) : after]
    if not looks or at_ms - looks[-1].at_ms >= ADVICE_MS:
        return False
    return all(pair not in seen.pressed for seen in looks)
