"""How events about people and about the province itself change the state."""

import msgspec

from actors.core import events as e
from actors.core import records
from actors.core.country import ProvinceStatus
from actors.core.operators import Operator, PresenceState
from actors.core.policy_revisions import PolicyRevision, in_force
from actors.core.queue import authority_needed
from actors.core.state import ProvinceState

replace = msgspec.structs.replace


def enrolled(state: ProvinceState, event: e.OperatorEnrolled) -> None:
    state.put_operator(event.entry)
    if event.entry.signed_in:
        state.signed_in[event.entry.operator] = None


def removed(state: ProvinceState, event: e.OperatorRemoved) -> None:
    del state.operators[event.operator]
    state.signed_in.pop(event.operator, None)
    state.free.pop(event.operator, None)
    state.removals += 1


def signed_in(state: ProvinceState, event: e.OperatorSignedIn) -> None:
    person = state.operators[event.operator]
    since = person.signed_in_ms if person.signed_in else event.at_ms
    idle_since = person.idle_since_ms if person.signed_in else event.at_ms
    changed = replace(
        person,
        presence=event.presence,
        session=event.session,
        desk=event.desk,
        signed_in_ms=since,
        idle_since_ms=idle_since,
        break_end_ms=_break_end_ms(person, event.presence, event.at_ms),
    )
    state.put_operator(changed)
    state.signed_in[event.operator] = None


def signed_out(state: ProvinceState, event: e.OperatorSignedOut) -> None:
    person = state.operators[event.operator]
    # Whoever fell silent comes back to where they sat, and to nowhere else.
    desk = "" if event.reason == "signed_out" else person.desk
    state.put_operator(replace(person, presence=PresenceState.OFFLINE, session=None, desk=desk, signed_in_ms=0))
    state.signed_in.pop(event.operator, None)


def presence_changed(state: ProvinceState, event: e.PresenceChanged) -> None:
    person = state.operators[event.operator]
    break_end_ms = _break_end_ms(person, event.presence, event.at_ms)
    state.put_operator(replace(person, presence=event.presence, break_end_ms=break_end_ms))


def _break_end_ms(person: Operator, presence: PresenceState, at_ms: int) -> int:
    """When the person last came back from a break: now, if this is what happens."""
    ends = person.presence is PresenceState.BREAK and presence is not PresenceState.BREAK
    return at_ms if ends else person.break_end_ms


def review_submitted(state: ProvinceState, event: e.ReviewSubmitted) -> None:
    state.reviewed_count += 1
    key = records.review_key(event.reviewed.task_id)
    state.records[key] = records.encode(records.RecordedReview(event.who, event.at_ms))


def configured(state: ProvinceState, event: e.ProvinceConfigured) -> None:
    state.settings = event.settings
    state.limits = event.limits
    state.task_number += event.task_numbers_skipped


def kinds_adopted(state: ProvinceState, event: e.TaskKindsAdopted) -> None:
    state.kinds = {kind.kind: kind for kind in event.kinds}
    state.kinds_revision = event.revision
    for task in [state.tasks[waiting] for waiting in state.queue.members]:
        state.queue.push(task, authority_needed(task, state.kinds.get(task.spec.kind)))


def model_adopted(state: ProvinceState, event: e.MatchingModelAdopted) -> None:
    state.model = event.model


def priors_adopted(state: ProvinceState, event: e.PriorsAdopted) -> None:
    state.priors_adopted_ms = event.at_ms


def status_changed(state: ProvinceState, event: e.ProvinceStatusChanged) -> None:
    if event.status is ProvinceStatus.UNREACHABLE and state.status is not ProvinceStatus.UNREACHABLE:
        state.status_before_outage = state.status
    state.status = event.status
    state.status_reason = event.reason
    state.status_since_ms = event.at_ms


def site_lost(state: ProvinceState, event: e.SiteLost) -> None:
    state.lost_sites[event.site] = event.at_ms


def site_returned(state: ProvinceState, event: e.SiteReturned) -> None:
    state.lost_sites.pop(event.site, None)


def calendar_adopted(state: ProvinceState, event: e.CalendarAdopted) -> None:
    state.calendar_told = event.told
    state.calendar = event.calendar


def calendar_updated(state: ProvinceState, event: e.CalendarUpdated) -> None:
    state.calendar = event.calendar


def policy_updated(state: ProvinceState, event: e.SharingPolicyUpdated) -> None:
    revision = PolicyRevision(
        policy=event.policy,
        reason=event.reason,
        rolled_back_to=event.rolled_back_to,
        approved_by=event.approved_by,
    )
    state.policies.add(revision, event.at_ms)
    state.policy = in_force(state.policies.revisions, event.at_ms)


def policy_proposed(state: ProvinceState, event: e.SharingPolicyProposed) -> None:
    state.policies.propose(event.proposal)


def proposal_expired(state: ProvinceState, event: e.SharingPolicyProposalExpired) -> None:
    del state.policies.proposals[event.number]


def policy_took_effect(state: ProvinceState, event: e.SharingPolicyTookEffect) -> None:
    revision = state.policies.find(event.revision)
    assert revision is not None, "only what is kept can take effect"
    state.policy = revision.policy
    if event.evacuates_anew:
        state.evacuation_revision = 0
