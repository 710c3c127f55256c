"""How long work waits while a surge lasts: what the coordinator sees of it, when there is no more to see, and the figures.

Expected waits are in no journal of a province, only in its summaries; so the coordinator writes what it sees into its own, once a second and
whenever something else may be shared, and the report is made of that. A coordinator that takes over goes on from what its predecessor wrote.

What may be shared is judged here by the rule of the policy alone (`Observation.pressed`), not by the plan's memory: a plan that shared below
the threshold would be seen. The coordinator looks before it advises and a province may follow the last advice for a moment longer, so a move is
early only if its kind was in nothing that was seen within `ADVICE_MS` before it.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence

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
    before = dict.fromkeys(drill.observed[-1].pressed) if drill.observed else None
    pressed: list[Pair] = []
    longest = (0, 1)
    for code in drill.spec.provinces:
        if code not in summaries:
            pressed += [pair for pair in before or () if pair[0] == code]
            continue
        policy = summaries[code].policy
        for kind, waits_ms in _waiting(summaries[code]):
            if _is_pressed(policy, kind, waits_ms, was_pressed=before is None or (code, kind.kind) in before):
                pressed.append((code, kind.kind))
            release_ms = max(1, lowered(policy.release_wait_ms, kind))
            # What nobody there can do takes no time of theirs.
            if waits_ms < WAIT_UNBOUNDED_MS and waits_ms * longest[1] > longest[0] * release_ms:
                longest = (waits_ms, release_ms)
    return Observation(at_ms=now_ms, wait_ms=longest[0], release_ms=longest[1], pressed=tuple(pressed))


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


def wait_figures(drill: Drill) -> dict[str, int]:
    """The longest expected wait while the surge lasted, and the time from then until waits were below the release threshold for good."""
    observed, moments = _while_it_lasted(drill), wait_moments(drill)
    if not observed:
        return {}
    figures = {"peak_wait_ms": max(seen.wait_ms for seen in observed)}
    return figures | ({"eased_ms": moments["eased"] - moments["peak"]} if "eased" in moments else {})


def wait_moments(drill: Drill) -> dict[str, int]:
    """When waits were longest, and when they were back; Unix ms. One that was never seen is left out."""
    observed = _while_it_lasted(drill)
    if not observed:
        return {}
    peak_ms = max(observed, key=lambda seen: (seen.wait_ms, -seen.at_ms)).at_ms
    above = _above(observed)
    if not above:
        return {"peak": peak_ms, "eased": peak_ms}
    after = [seen.at_ms for seen in observed if seen.at_ms > above[-1]]
    return {"peak": peak_ms} | ({"eased": after[0]} if after else {})


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
