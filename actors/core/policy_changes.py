"""Decisions on the sharing policy: change it, go back, approve, read its revisions; and what time does to it.

What a change would move is shown by `previewing`, whether the change is made or not.
"""

import msgspec

from actors.core import commands as c
from actors.core import events as e
from actors.core.country import ShareOutMode, SharingPolicy
from actors.core.deciding import Turn
from actors.core.policy_revisions import (
    PROPOSALS_MAX,
    PolicyProposal,
    in_force,
    is_same_person,
    needs_second_person,
)
from actors.core.previewing import preview_moves
from actors.core.refusal import Reason, Refused, unknown_kind
from actors.core.replies import AnyReply, PolicyPreview, PolicyRevisionPage
from actors.core.sharing.preview import MovesPreview
from actors.core.staying import StayReason

#: Who lets a revision begin or end, and a proposal expire.
WHO = "system:clock"
#: A picture comes twice a second; a coordinator that has just begun needs a second for its first.
PICTURE_AWAITED_MS = 1_000


def update_sharing_policy(turn: Turn, command: c.UpdateSharingPolicy) -> AnyReply:
    """Add a revision of the policy, propose it where a second person is needed, or only show what it would move."""
    newest = turn.state.policies.newest.revision
    if command.revision and command.revision != newest:
        return Refused(
            reason=Reason.ETAG_MISMATCH,
            message=f"The newest revision of the sharing policy is {newest}.",
            metadata={"revision": str(newest)},
        )
    # A kind that has gone from the table since may stay where it stands.
    known = {*turn.state.kinds, *turn.state.policies.newest.kinds}
    unknown = next((kind for kind in command.policy.kinds if kind not in known), None)
    if unknown is not None:
        return unknown_kind(unknown)
    return _change(turn, command, command.policy)


def roll_back_sharing_policy(turn: Turn, command: c.RollBackSharingPolicy) -> AnyReply:
    """Add a revision with the content of an older one, in force at once and without limits in time."""
    known = turn.state.policies.find(command.to_revision)
    if known is None:
        return Refused(
            reason=Reason.UNKNOWN_REVISION,
            message=f"There is no revision {command.to_revision} of the sharing policy.",
        )
    wanted = msgspec.structs.replace(known.policy, effective_from_ms=0, effective_until_ms=0)
    return _change(turn, command, wanted, rolled_back_to=command.to_revision)


def _change(
    turn: Turn,
    command: c.UpdateSharingPolicy | c.RollBackSharingPolicy,
    wanted: SharingPolicy,
    *,
    rolled_back_to: int = 0,
) -> PolicyPreview | Refused:
    """Add the revision, or the proposal of it, or neither."""
    state, book = turn.state, turn.state.policies
    if not book.has_room_for(wanted, turn.now.wall_ms):
        return Refused(
            reason=Reason.WINDOWS_FULL,
            message="Too many windows of the sharing policy lie ahead; a policy without limits in time replaces them all.",
        )
    in_force_now = state.policy
    unchanged = msgspec.structs.replace(
        wanted,
        revision=in_force_now.revision,
        updated_ms=in_force_now.updated_ms,
        updated_by=in_force_now.updated_by,
    )
    preview = preview_moves(turn, unchanged, command.memory)
    if command.validate_only:
        return _refused_if_unknown(preview) or _shown(unchanged, preview)
    stamped = msgspec.structs.replace(wanted, revision=0, updated_ms=turn.now.wall_ms, updated_by=turn.who)
    if not needs_second_person(book.revisions, wanted, turn.now.wall_ms):
        policy = _put(turn, stamped, command.reason, rolled_back_to)
        return _shown(policy, preview)
    if len(book.proposals) >= PROPOSALS_MAX:
        return Refused(
            reason=Reason.PROPOSALS_FULL, message=f"{PROPOSALS_MAX} changes of the sharing policy wait for approval."
        )
    proposal = PolicyProposal(
        number=book.proposal_number + 1,
        policy=stamped,
        proposed_by=turn.who,
        proposed_ms=turn.now.wall_ms,
        reason=command.reason,
        rolled_back_to=rolled_back_to,
    )
    turn.emit(e.SharingPolicyProposed(at_ms=turn.now.wall_ms, who=turn.who, proposal=proposal))
    return _shown(in_force_now, preview, proposal)


def _refused_if_unknown(preview: MovesPreview) -> Refused | None:
    """A preview that cannot say what would leave is none. The change itself is never refused for it: it must not wait for the coordinator."""
    unknown = preview.stays.get(StayReason.NO_PICTURE.value, 0)
    if not unknown:
        return None
    return Refused(
        reason=Reason.NO_PICTURE,
        message=f"The province has not heard yet how the others stand; where {unknown} tasks could go is not known.",
        retry_after_ms=PICTURE_AWAITED_MS,
    )


def _shown(policy: SharingPolicy, preview: MovesPreview, proposal: PolicyProposal | None = None) -> PolicyPreview:
    return PolicyPreview(
        policy=policy,
        moves=preview.moves,
        stays=preview.stays,
        lenders=preview.lenders,
        wait_before_ms=preview.wait_before_ms,
        wait_after_ms=preview.wait_after_ms,
        proposal=proposal,
    )


def end_evacuation(turn: Turn, reason: str) -> None:
    """Share by overflow at once and until further notice, where the policy in force evacuates.

    It takes one person: the rule that may ask for two stays, also that of the time after an evacuation that was to do without.
    """
    policy = turn.state.policy
    if policy.share_out_mode is ShareOutMode.EVACUATE:
        wanted = msgspec.structs.replace(
            policy,
            share_out_mode=ShareOutMode.OVERFLOW,
            effective_from_ms=0,
            effective_until_ms=0,
            updated_ms=turn.now.wall_ms,
            updated_by=turn.who,
        )
        if needs_second_person(turn.state.policies.revisions, wanted, turn.now.wall_ms):
            wanted = msgspec.structs.replace(wanted, needs_two_people=True)
        _put(turn, wanted, reason, rolled_back_to=0)


def approve_policy_change(turn: Turn, command: c.ApproveSharingPolicyChange) -> AnyReply:
    """Put a proposal in force, if somebody else than its proposer says so."""
    proposal = turn.state.policies.proposals.get(command.proposal)
    if proposal is None or not proposal.is_open(turn.now.wall_ms):
        return Refused(
            reason=Reason.UNKNOWN_PROPOSAL,
            message=f"No proposal {command.proposal} waits for approval: it has expired, a newer revision has voided it, or there never was one.",
        )
    if is_same_person(proposal.proposed_by, command.who):
        return Refused(
            reason=Reason.SAME_PERSON,
            message=f"{proposal.proposed_by} proposed the change; somebody else must approve it.",
        )
    preview = preview_moves(turn, proposal.policy)
    policy = _put(turn, proposal.policy, proposal.reason, proposal.rolled_back_to, approved_by=command.who)
    return _shown(policy, preview)


def _put(turn: Turn, stamped: SharingPolicy, reason: str, rolled_back_to: int, approved_by: str = "") -> SharingPolicy:
    """Add the revision."""
    # Else what has just come into force by its time would look as if this change had brought it about.
    let_time_pass(turn)
    policy = msgspec.structs.replace(stamped, revision=turn.state.policies.newest.revision + 1)
    turn.emit(
        e.SharingPolicyUpdated(
            at_ms=turn.now.wall_ms,
            who=turn.who,
            policy=policy,
            reason=reason,
            rolled_back_to=rolled_back_to,
            approved_by=approved_by,
        )
    )
    return policy


def list_policy_revisions(turn: Turn, command: c.ListSharingPolicyRevisions) -> AnyReply:
    """A page of the kept revisions, newest first."""
    found = turn.state.policies.before(command.before, command.page_size + 1)
    return PolicyRevisionPage(
        revisions=found[: command.page_size],
        in_force=turn.state.policy.revision,
        has_more=len(found) > command.page_size,
    )


def let_time_pass(turn: Turn) -> None:
    """Put in force the revision whose time it is, and end proposals that nobody approved in time."""
    state, now_ms = turn.state, turn.now.wall_ms
    due = in_force(state.policies.revisions, now_ms)
    if due.revision != state.policy.revision:
        anew = due.share_out_mode is ShareOutMode.EVACUATE and due.revision == state.evacuation_revision
        turn.emit(e.SharingPolicyTookEffect(at_ms=now_ms, who=WHO, revision=due.revision, evacuates_anew=anew))
    for proposal in list(state.policies.proposals.values()):
        if not proposal.is_open(now_ms):
            turn.emit(e.SharingPolicyProposalExpired(at_ms=now_ms, who=WHO, number=proposal.number))
