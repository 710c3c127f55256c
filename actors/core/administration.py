"""Decisions on the roster, the kinds and the province's status."""

import msgspec

from actors.core import commands as c
from actors.core import events as e
from actors.core.clock import still_waits
from actors.core.country import ProvinceStatus
from actors.core.deciding import Turn
from actors.core.desk import take_off_desk
from actors.core.headquarters import KINDS_MAX
from actors.core.operators import Certificate, KindExperience, Operator
from actors.core.policy_changes import end_evacuation
from actors.core.policy_revisions import scheduled
from actors.core.refusal import Reason, Refused, unknown_kind
from actors.core.replies import (
    AnyReply,
    Done,
    OperatorPage,
    OperatorReply,
    ProvinceReply,
    SessionReply,
)
from actors.core.statistics.priors import differ_noticeably, knows_decisions
from actors.core.summary import summarise
from actors.core.task import HELD_STATES, Task

#: Between two adoptions of the country's sums: each is an event of some 10 kB, and a minute's news changes no choice.
PRIORS_PAUSE_MS = 10 * 60_000
#: Who takes work off a desk because of a new roster entry: not its operator, so the desk must be told.
_ROSTER = "system:roster"


def configure_province(turn: Turn, command: c.ConfigureProvince) -> AnyReply:
    """Set the branch's settings and time limits, if they differ, and give up the task numbers that a restore asks for."""
    state = turn.state
    if command.base is not None and command.base != state.settings:
        return Refused(
            reason=Reason.ETAG_MISMATCH, message="The province's settings have changed since they were read."
        )
    settings, limits = command.settings or state.settings, command.limits or state.limits
    skipped = command.skip_task_numbers
    if skipped or (settings, limits) != (state.settings, state.limits):
        turn.emit(
            e.ProvinceConfigured(
                at_ms=turn.now.wall_ms,
                who=command.who,
                settings=settings,
                limits=limits,
                task_numbers_skipped=skipped,
            )
        )
    return Done()


def adopt_task_kinds(turn: Turn, command: c.AdoptTaskKinds) -> AnyReply:
    """Take over the kinds, if their revision is newer than ours. Known ones that are not named stay: there may be work of them in hand."""
    if command.revision <= turn.state.kinds_revision:
        return Done()
    # The country never takes a kind out of its table; one that began anew from an old copy may lack some.
    named = {kind.kind: kind for kind in command.kinds}
    kinds = tuple((named | {kind: known for kind, known in turn.state.kinds.items() if kind not in named}).values())
    if len(kinds) > KINDS_MAX:
        return Refused(reason=Reason.KINDS_FULL, message="The table of task kinds is full.")
    turn.emit(e.TaskKindsAdopted(at_ms=turn.now.wall_ms, who=command.who, revision=command.revision, kinds=kinds))
    return Done()


def adopt_matching_model(turn: Turn, command: c.AdoptMatchingModel) -> AnyReply:
    """Take over the matching model, if its revision is newer than ours."""
    if command.model.revision > turn.state.model.revision:
        turn.emit(e.MatchingModelAdopted(at_ms=turn.now.wall_ms, who=command.who, model=command.model))
    return Done()


def adopt_priors(turn: Turn, command: c.AdoptPriors) -> AnyReply:
    """Take over the country's sums: the first that tell anything, then seldom, and only what has changed noticeably."""
    state, now_ms, priors = turn.state, turn.now.wall_ms, command.priors
    known = state.statistics.national
    pauses = still_waits(state.priors_adopted_ms + PRIORS_PAUSE_MS, now_ms, PRIORS_PAUSE_MS)
    if knows_decisions(priors) and not pauses and differ_noticeably(known, priors):
        turn.emit(e.PriorsAdopted(at_ms=now_ms, who=command.who, priors=priors))
    return Done()


def create_operator(turn: Turn, command: c.CreateOperator) -> AnyReply:
    """Add one person who is not on the roster yet."""
    if command.entry.operator in turn.state.operators:
        return Refused(
            reason=Reason.OPERATOR_EXISTS,
            message=f"Operator {command.entry.operator} is on the roster already.",
        )
    return upsert_operators(turn, c.UpsertOperators(who=command.who, entries=(command.entry,)))


def upsert_operators(turn: Turn, command: c.UpsertOperators) -> AnyReply:
    """Add or replace roster entries. Presence, idle time and experience that was earned here stay."""
    state = turn.state
    new = sum(entry.operator not in state.operators for entry in command.entries)
    if len(state.operators) + new > state.bounds.operators_max:
        return Refused(reason=Reason.OPERATORS_FULL, message="The province's roster is full.")
    for entry in command.entries:
        known = state.operators.get(entry.operator)
        if command.etag and (known is None or known.etag != command.etag):
            return Refused(
                reason=Reason.ETAG_MISMATCH,
                message=f"Operator {entry.operator} has changed since they were read.",
                metadata={"etag": known.etag if known else ""},
            )
        unknown = [kind for kind in (*entry.kinds, *entry.training_kinds) if kind not in state.kinds]
        if unknown:
            return unknown_kind(unknown[0])
    for entry in command.entries:
        merged = _merged(entry, state.operators.get(entry.operator), turn.now.wall_ms)
        if merged != state.operators.get(entry.operator):
            _take_surplus_off_desk(turn, merged)
            turn.emit(e.OperatorEnrolled(at_ms=turn.now.wall_ms, who=command.who, entry=merged))
    return OperatorReply(state.operators[command.entries[0].operator]) if len(command.entries) == 1 else Done()


def _take_surplus_off_desk(turn: Turn, entry: Operator) -> None:
    """Return what the person may not hold any longer under the new entry (I8).

    First the tasks of kinds they no longer do, then what exceeds the capacity; work that has begun stays longest.
    """
    state = turn.state
    kept: list[Task] = []
    for task in [state.tasks[task_id] for task_id in state.holds.get(entry.operator, ())]:
        if task.spec.kind in entry.kinds:
            kept.append(task)
        else:
            take_off_desk(turn, task.task_id, "right_withdrawn", _ROSTER)
    kept.sort(key=lambda task: (-HELD_STATES.index(task.state), task.held_since_ms, task.task_id))
    for task in kept[entry.capacity :]:
        take_off_desk(turn, task.task_id, "capacity_reduced", _ROSTER)


def _merged(entry: Operator, known: Operator | None, now_ms: int) -> Operator:
    """The new roster entry with what the province itself knows of the person.

    Versions begin at the instant: whoever read the entry of somebody who was removed must not take that of the next one of this name for it.
    """
    # Whoever reads them takes the last of a line's for the one that counts.
    entry = msgspec.structs.replace(entry, certificates=tuple(sorted(entry.certificates, key=_expiry)))
    if known is None:
        return msgspec.structs.replace(entry, version=now_ms)
    kinds = {
        kind: msgspec.structs.replace(
            told,
            done_count=max(told.done_count, known.kinds.get(kind, KindExperience()).done_count),
            measured_count=known.kinds.get(kind, KindExperience()).measured_count,
        )
        for kind, told in entry.kinds.items()
    }
    merged = msgspec.structs.replace(
        entry,
        kinds=kinds,
        presence=known.presence,
        session=known.session,
        signed_in_ms=known.signed_in_ms,
        idle_since_ms=known.idle_since_ms,
        break_end_ms=known.break_end_ms,
        desk=known.desk,
        decided_count=known.decided_count,
        version=known.version,
    )
    return merged if merged == known else msgspec.structs.replace(merged, version=known.version + 1)


def _expiry(certificate: Certificate) -> int:
    return certificate.expires_ms


def delete_operator(turn: Turn, command: c.DeleteOperator) -> AnyReply:
    """Take a person off the roster who holds no work and is not signed in."""
    person = turn.operator(command.operator)
    if isinstance(person, Refused):
        return person
    if command.etag and command.etag != person.etag:
        return Refused(
            reason=Reason.ETAG_MISMATCH,
            message=f"Operator {person.operator} has changed since they were read.",
            metadata={"etag": person.etag},
        )
    if person.signed_in or turn.state.load_of(person.operator):
        return Refused(
            reason=Reason.OPERATOR_HAS_WORK,
            message=f"Operator {person.operator} is signed in or holds work; sign out first.",
        )
    turn.emit(e.OperatorRemoved(at_ms=turn.now.wall_ms, who=command.who, operator=person.operator))
    return Done()


def get_operator(turn: Turn, command: c.GetOperator) -> AnyReply:
    """A roster entry."""
    person = turn.operator(command.operator)
    return person if isinstance(person, Refused) else OperatorReply(person)


def list_operators(turn: Turn, command: c.ListOperators) -> AnyReply:
    """A page of the roster in id order."""
    ids = sorted(operator for operator in turn.state.operators if operator > command.after)
    page = ids[: command.page_size]
    return OperatorPage(
        operators=tuple(turn.state.operators[operator] for operator in page),
        next_after=page[-1] if len(ids) > len(page) else "",
    )


def get_workload(turn: Turn, command: c.GetWorkload) -> AnyReply:
    """What an operator holds."""
    person = turn.operator(command.operator)
    if isinstance(person, Refused):
        return person
    held = turn.state.holds.get(person.operator, ())
    return SessionReply(operator=person, held=tuple(turn.state.tasks[task_id] for task_id in held))


def set_province_status(turn: Turn, command: c.SetProvinceStatus) -> AnyReply:
    """Suspend, drain or resume by hand.

    Only the site watch finds a province UNREACHABLE. One that is suspended or drained stays so, and its work goes on leaving: nobody there could do it.
    The order counts from now on, and shows as the status when desks are heard again.
    """
    state = turn.state
    if command.ends_evacuation:
        end_evacuation(turn, command.reason)
    silence = state.status_reason
    stays_dark = state.status is ProvinceStatus.UNREACHABLE and command.status is not ProvinceStatus.ACTIVE
    if stays_dark and state.status_before_outage is command.status:
        return _province(turn)
    if command.status is not state.status:
        _change_status(turn, command.who, command.status, command.reason)
        if stays_dark:
            _change_status(turn, command.who, ProvinceStatus.UNREACHABLE, silence)
        if command.status is ProvinceStatus.ACTIVE:
            for site in list(state.lost_sites):
                turn.emit(e.SiteReturned(at_ms=turn.now.wall_ms, who=command.who, site=site))
    return _province(turn)


def _change_status(turn: Turn, who: str, status: ProvinceStatus, reason: str) -> None:
    turn.emit(e.ProvinceStatusChanged(at_ms=turn.now.wall_ms, who=who, status=status, reason=reason))


def get_province(turn: Turn, command: c.GetProvince) -> AnyReply:
    """Status, settings, policy, kinds and summary."""
    del command
    return _province(turn)


def _province(turn: Turn) -> ProvinceReply:
    state = turn.state
    return ProvinceReply(
        settings=state.settings,
        policy=state.policy,
        summary=summarise(state, turn.presence, turn.now),
        kinds=tuple(state.kinds.values()),
        kinds_revision=state.kinds_revision,
        limits=state.limits,
        status_reason=state.status_reason,
        status_since_ms=state.status_since_ms,
        policy_newest=state.policies.newest.revision,
        policies_scheduled=scheduled(state.policies.revisions, turn.now.wall_ms),
        proposals=tuple(one for one in state.policies.proposals.values() if one.is_open(turn.now.wall_ms)),
    )
