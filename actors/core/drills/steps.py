"""What a running drill does next, from what the national picture shows. The shell carries it out; see `actors.drilling`.

The fault is taken away when there is nothing more to see in it: all work that can leave has left, or for `QUIET_MS` none did; or who died
is back; or the waits that a surge made are below their release thresholds again. That is why a site outage lasts as long as the country
needs to take the work over, and `DrillSpec.duration_ms` is a bound only. A cut connection shows nothing while it lasts but that nobody is taken for dead, so it lasts for its whole duration.

Instants are the wall clock's, since the next runner goes by them, too. That may be set back: then a bound counts as `clock.still_waits` says, and what has
lasted for some time begins anew, so that no fault stays and no drill runs for as long as the clock was set back.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import NamedTuple

import msgspec

from actors.core.clock import still_waits
from actors.core.country import ProvinceStatus, ShareOutMode
from actors.core.drills.record import PROVINCES_MAX, Drill, DrillKind, DrillPhase, DrillSpec, Standing
from actors.core.drills.waits import has_eased
from actors.core.ids import ProvinceCode
from actors.core.line_summary import UNKNOWN
from actors.core.refusal import Reason, Refused
from actors.core.sharing.pressure import PLANNED_MODES
from actors.core.sharing.summary import NationalPicture, ProvinceSummary

#: When no more work has left for this long, none will.
QUIET_MS = 5_000
#: A country that has not recovered after this time after the fault is gone is measured as it is.
RECOVERY_MAX_MS = 90_000
#: A picture older than this says nothing.
PICTURE_OLD_MS = 5_000
#: The rest of the country must have been below the limit for this long: one picture may be odd.
BELOW_MS = 2_000
#: With fewer people at work a silence is never called an outage (`TimeLimits.site_desks_min`).
OUTAGE_PEOPLE_MIN = 3
#: A fault that was ordered and not noted within this time: whoever ordered it died in between.
STRIKE_MAX_MS = 10_000


class Fault(StrEnum):
    """What befalls the provinces."""

    #: No gateway hears their desks.
    SILENCE = "silence"
    #: Their policy sends their work away.
    EVACUATION = "evacuation"
    #: Their process ends, or stands still.
    KILL = "kill"
    FREEZE = "freeze"
    #: A gateway's process ends, or it cannot reach them.
    GATEWAY_END = "gateway_end"
    CUT = "cut"
    #: More work arises there than should.
    SURGE = "surge"


class KindRules(NamedTuple):
    """What is particular to a kind of drill."""

    fault: Fault
    provinces_min: int = 1
    provinces_max: int = 1
    #: How long the country is watched after it has recovered, ms.
    settle_ms: int = 1_000
    #: The struck provinces are to be declared unreachable; of any other kind that would be a false alarm.
    is_outage: bool = False
    takes_coordinator: bool = False
    takes_gateway: bool = False


#: False alarms after a gateway was away come when desks have had their time to find another (`TimeLimits.path_grace_ms`).
_AFTER_GATEWAY_MS = 20_000


#: Every kind that can be run.
RULES: dict[DrillKind, KindRules] = {
    DrillKind.SITE_OUTAGE: KindRules(Fault.SILENCE, is_outage=True),
    DrillKind.SNOW: KindRules(Fault.EVACUATION),
    DrillKind.ACTOR_KILL: KindRules(Fault.KILL),
    DrillKind.ACTOR_FREEZE: KindRules(Fault.FREEZE),
    DrillKind.COORDINATOR_KILL: KindRules(Fault.SILENCE, is_outage=True, takes_coordinator=True),
    DrillKind.GATEWAY_KILL: KindRules(Fault.GATEWAY_END, 0, 0, _AFTER_GATEWAY_MS, takes_gateway=True),
    DrillKind.GATEWAY_PARTITION: KindRules(Fault.CUT, 1, PROVINCES_MAX, _AFTER_GATEWAY_MS, takes_gateway=True),
    DrillKind.REGIONAL: KindRules(Fault.SILENCE, 2, PROVINCES_MAX, is_outage=True),
    DrillKind.SURGE: KindRules(Fault.SURGE, 1, PROVINCES_MAX),
}


class Step(StrEnum):
    """What to do now."""

    WAIT = "wait"
    LIFT = "lift"
    MEASURE = "measure"
    #: Take the fault away and end: there is nothing to measure.
    GIVE_UP = "give_up"


class View(NamedTuple):
    """The country as the coordinator sees it now."""

    now_ms: int
    summaries: Mapping[ProvinceCode, ProvinceSummary]
    #: Gateways that are connected, by their names.
    gateways: tuple[str, ...] = ()


class Progress(msgspec.Struct, kw_only=True):
    """What a runner remembers between two looks; a new runner may begin with an empty one."""

    #: Fewest tasks present in the struck provinces so far, and since when; -1: not looked yet.
    least_present: int = UNKNOWN
    least_since_ms: int = 0
    #: Since when the rest of the country has been below the limit; 0: it is not.
    below_since_ms: int = 0
    #: Since when the country has been as before; 0: it is not.
    recovered_since_ms: int = 0


def view_of(picture: NationalPicture, gateways: tuple[str, ...], now_ms: int) -> View:
    """What a picture shows."""
    return View(now_ms, {summary.province: summary for summary in picture.provinces}, gateways)


def standing_of(summary: ProvinceSummary) -> Standing:
    """How a province stands by its summary."""
    by_state = summary.open_by_state
    return Standing(
        province=summary.province,
        sequence=summary.sequence,
        epoch=summary.epoch,
        open_tasks=sum(by_state.values()),
        present=sum(by_state.get(state, 0) for state in ("queued", "offered", "assigned", "in_progress")),
        moving=by_state.get("moving", 0),
        signed_in=summary.signed_in,
        guests=summary.shared_in,
        share_in_quota=summary.policy.share_in_quota,
        on_time_permille={
            line.line.value: line.on_time_permille for line in summary.lines if line.on_time_permille != UNKNOWN
        },
    )


def blast_radius(spec: DrillSpec, view: View) -> Refused | None:
    """Whether a drill keeps within its own limits, as the country is now."""
    rules = RULES[spec.kind]
    named, least, most = len(spec.provinces), rules.provinces_min, rules.provinces_max
    if not least <= named <= most:
        wanted = str(most) if least == most else f"{least} to {most}"
        return _refused(f"A drill of this kind strikes {wanted} provinces (--province); {named} are named.")
    if named > spec.provinces_max:
        return _refused(f"{named} provinces would be struck; at most {spec.provinces_max} may be (--provinces-max).")
    away = [code for code in spec.provinces if code not in view.summaries]
    if away:
        return _refused(f"{away[0]} is not in the national picture: nothing is practised on what is broken.")
    if rules.takes_gateway and not view.gateways:
        return _refused("No gateway is connected to the coordinator.")
    odd = [code for code in spec.provinces if view.summaries[code].status is not ProvinceStatus.ACTIVE]
    if odd:
        return _refused(f"{odd[0]} is {view.summaries[odd[0]].status.value}, not active.")
    if (refused := _made_up(spec)) is not None:
        return refused
    unfit = [refused for code in spec.provinces if (refused := _unfit(rules, view.summaries[code])) is not None]
    if unfit:
        return unfit[0]
    struck = sum(view.summaries[code].signed_in for code in spec.provinces)
    everybody = sum(summary.signed_in for summary in view.summaries.values())
    if struck * 1000 > everybody * spec.operators_max_permille:
        return _refused(
            f"{struck} of {everybody} signed-in operators would be struck, {struck * 100 / everybody:.1f} %; "
            f"at most {spec.operators_max_permille / 10:g} % may be (--operators-max)."
        )
    return None


def _made_up(spec: DrillSpec) -> Refused | None:
    """Why the drill cannot make up what it asks for."""
    is_surge = RULES[spec.kind].fault is Fault.SURGE
    if is_surge is not (spec.factor_permille > 1_000):
        return _refused("A surge, and nothing else, multiplies arrivals by a factor above 1.")
    if spec.shadow_tasks and (is_surge or not spec.provinces):
        return _refused("Shadow tasks are put into provinces that are struck by something else than a surge.")
    return None


def _unfit(rules: KindRules, summary: ProvinceSummary) -> Refused | None:
    """Why this fault would show nothing in a province."""
    if rules.is_outage and summary.signed_in < OUTAGE_PEOPLE_MIN:
        return _refused(
            f"{summary.province} has {summary.signed_in} signed-in operators: the silence of fewer than "
            f"{OUTAGE_PEOPLE_MIN} is never taken for an outage."
        )
    if rules.fault is Fault.EVACUATION and summary.policy.share_out_mode is ShareOutMode.EVACUATE:
        return _refused(f"{summary.province} is being evacuated already.")
    if rules.fault is Fault.EVACUATION and summary.policy.needs_two_people:
        return _refused(f"The policy of {summary.province} asks for two people to order an evacuation; a drill is one.")
    if rules.fault is Fault.SURGE and summary.policy.share_out_mode not in PLANNED_MODES:
        return _refused(
            f"The policy of {summary.province} is {summary.policy.share_out_mode.value}: a surge there would find no help."
        )
    return None


def on_time_elsewhere(spec: DrillSpec, view: View) -> int | None:
    """Mean on-time ratio of today over provinces outside the drill and lines, permille; None: nothing was decided yet."""
    known = [
        line.on_time_permille
        for summary in view.summaries.values()
        if summary.province not in spec.provinces
        for line in summary.lines
        if line.on_time_permille != UNKNOWN
    ]
    return sum(known) // len(known) if known else None


def is_harming(drill: Drill, view: View, progress: Progress) -> bool:
    """Whether the rest of the country has been below the drill's limit for `BELOW_MS`."""
    ratio = on_time_elsewhere(drill.spec, view)
    if ratio is None or ratio >= drill.spec.abort_below_permille:
        progress.below_since_ms = 0
        return False
    progress.below_since_ms = min(progress.below_since_ms or view.now_ms, view.now_ms)
    return view.now_ms - progress.below_since_ms >= BELOW_MS


def next_step(drill: Drill, view: View, progress: Progress) -> Step:
    """What a running drill needs now."""
    if drill.phase is DrillPhase.STRIKING:
        is_stuck = bool(drill.reason) or not _is_within(drill.started_ms, STRIKE_MAX_MS, view)
        return Step.GIVE_UP if is_stuck else Step.WAIT
    if drill.phase is DrillPhase.STRUCK:
        is_over = bool(drill.reason) or not _is_within(drill.struck_ms, drill.spec.duration_ms, view)
        return Step.LIFT if is_over or _is_seen(drill, view, progress) else Step.WAIT
    if drill.phase is DrillPhase.LIFTED:
        is_late = not _is_within(drill.lifted_ms, RECOVERY_MAX_MS, view)
        return Step.MEASURE if is_late or _has_recovered(drill, view, progress) else Step.WAIT
    return Step.MEASURE


def _is_within(since_ms: int, longest_ms: int, view: View) -> bool:
    """Whether something that began at an instant may still last."""
    return still_waits(since_ms + longest_ms, view.now_ms, longest_ms)


def _is_seen(drill: Drill, view: View, progress: Progress) -> bool:
    """Whether there is nothing more to see in the fault."""
    struck = [view.summaries[code] for code in drill.spec.provinces if code in view.summaries]
    is_known = len(struck) == len(drill.spec.provinces)
    match RULES[drill.spec.kind].fault:
        case Fault.SILENCE:
            is_dark = all(summary.status is ProvinceStatus.UNREACHABLE for summary in struck)
            return is_known and is_dark and _has_left(drill, struck, view.now_ms, progress)
        case Fault.EVACUATION:
            return is_known and _has_left(drill, struck, view.now_ms, progress)
        case Fault.KILL | Fault.FREEZE:
            epochs = {standing.province: standing.epoch for standing in drill.before}
            return is_known and all(summary.epoch > epochs.get(summary.province, 0) for summary in struck)
        case Fault.GATEWAY_END:
            return drill.victim not in view.gateways and len(view.gateways) >= len(drill.gateways)
        case Fault.CUT:
            return False
        case Fault.SURGE:
            return has_eased(drill, view.now_ms)


def _has_left(drill: Drill, struck: list[ProvinceSummary], now_ms: int, progress: Progress) -> bool:
    """Whether all work has left, or for `QUIET_MS` no more did."""
    present = left_in(drill.spec.kind, struck)
    if progress.least_present == UNKNOWN or present < progress.least_present:
        progress.least_present, progress.least_since_ms = present, now_ms
    progress.least_since_ms = min(progress.least_since_ms, now_ms)
    is_quiet = now_ms - progress.least_since_ms >= QUIET_MS
    return is_quiet or present + sum(standing_of(summary).moving for summary in struck) == 0


def left_in(kind: DrillKind, struck: Iterable[ProvinceSummary]) -> int:
    """Tasks of the struck provinces that could leave and are still there: people who are evacuated finish what they have in hand."""
    if RULES[kind].fault is Fault.EVACUATION:
        return sum(summary.open_by_state.get("queued", 0) for summary in struck)
    return sum(standing_of(summary).present for summary in struck)


def _has_recovered(drill: Drill, view: View, progress: Progress) -> bool:
    """Whether everybody has been as before for the time that the kind asks for."""
    before = {standing.province: standing for standing in drill.before}
    is_well = all(_is_well(view.summaries.get(code), before.get(code)) for code in drill.spec.provinces)
    if not is_well or len(view.gateways) < len(drill.gateways):
        progress.recovered_since_ms = 0
        return False
    progress.recovered_since_ms = min(progress.recovered_since_ms or view.now_ms, view.now_ms)
    return view.now_ms - progress.recovered_since_ms >= RULES[drill.spec.kind].settle_ms


def _is_well(summary: ProvinceSummary | None, before: Standing | None) -> bool:
    if summary is None or summary.status is not ProvinceStatus.ACTIVE or standing_of(summary).moving:
        return False
    if summary.policy.share_out_mode is ShareOutMode.EVACUATE:
        return False
    # Somebody may have gone home meanwhile; nobody at all is no recovery.
    return summary.signed_in > 0 or before is None or before.signed_in == 0


def _refused(message: str) -> Refused:
    return Refused(reason=Reason.BLAST_RADIUS, message=message)
