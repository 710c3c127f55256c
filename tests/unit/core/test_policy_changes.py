"""The life of a sharing policy: revisions, windows, rollback, two people."""

from typing import Any

import msgspec
import pytest

from actors.core import commands as c
from actors.core import snapshot
from actors.core.country import ProvinceStatus, Recall, ShareOutMode, SharingPolicy
from actors.core.ids import KindId
from actors.core.policy_revisions import (
    POLICY_REVISIONS_MAX,
    POLICY_WINDOWS_BEFORE_MAX,
    PROPOSAL_TERM_MS,
    PROPOSALS_MAX,
    PolicyRevision,
    in_force,
)
from actors.core.refusal import Reason
from actors.core.replies import PolicyPreview, PolicyRevisionPage, ProvinceReply
from tests.unit.core.harness import KINDS, LARGE, MEDICAL, START_MS, Branch, kinds_of

EVACUATE = SharingPolicy(share_out_mode=ShareOutMode.EVACUATE)
HOUR_MS = 3_600_000


def quota(of: int, **limits: Any) -> SharingPolicy:
    """A policy that can be told from others."""
    return SharingPolicy(share_in_quota=of, **limits)


def put(branch: Branch, policy: SharingPolicy, who: str = "ops:li") -> PolicyPreview:
    """Change the policy."""
    return branch.did(c.UpdateSharingPolicy(who=who, policy=policy, reason="test"), PolicyPreview)


def revisions(branch: Branch, before: int = 0, page_size: int = 20) -> PolicyRevisionPage:
    """A page of revisions."""
    return branch.did(c.ListSharingPolicyRevisions(before=before, page_size=page_size), PolicyRevisionPage)


# --- revisions ---


def test_revisions_are_listed_newest_first_page_by_page_and_kept_within_a_bound() -> None:
    """Ops could not see what was in force last week, or a policy changed every second would fill the memory."""
    branch = Branch()
    for number in range(POLICY_REVISIONS_MAX + 9):
        put(branch, quota(number))
    newest = POLICY_REVISIONS_MAX + 10
    page = revisions(branch, page_size=2)
    assert {(kept.policy.updated_ms, kept.policy.updated_by) for kept in page.revisions} == {(START_MS, "ops:li")}
    assert [kept.policy.revision for kept in page.revisions] == [newest, newest - 1]
    assert (page.in_force, page.has_more, page.revisions[0].reason) == (newest, True, "test")
    last = revisions(branch, before=newest - POLICY_REVISIONS_MAX + 2)
    assert [kept.policy.revision for kept in last.revisions] == [newest - POLICY_REVISIONS_MAX + 1]
    assert not last.has_more


def test_going_back_is_a_new_revision_that_says_of_which() -> None:
    """A history with a hole tells nobody what was in force."""
    branch = Branch()
    put(branch, quota(7, effective_until_ms=START_MS + HOUR_MS))
    put(branch, quota(8))
    asked = c.RollBackSharingPolicy(who="ops:wang", to_revision=2, reason="too little", request_id="r-1")
    reply = branch.did(asked, PolicyPreview)
    assert (reply.policy.revision, reply.policy.share_in_quota, reply.policy.updated_by) == (4, 7, "ops:wang")
    assert reply.policy.effective_until_ms == 0, "a window that is over would make going back do nothing"
    assert branch.did(asked, PolicyPreview) == reply
    assert len(revisions(branch).revisions) == 4
    newest = revisions(branch).revisions[0]
    assert (newest.rolled_back_to, newest.reason) == (2, "too little")
    unknown = c.RollBackSharingPolicy(who="ops:wang", to_revision=9)
    assert branch.refused(unknown) is Reason.UNKNOWN_REVISION


# --- windows ---


def test_a_window_takes_effect_by_itself_and_ends_by_itself() -> None:
    """Somebody would have to be awake at five in the morning, and again when the snow is over."""
    branch = Branch()
    put(branch, quota(5, effective_from_ms=START_MS + 60_000, effective_until_ms=START_MS + 120_000))
    assert branch.state.policy.revision == 1
    shown = branch.did(c.GetProvince(), ProvinceReply)
    assert (shown.policy_newest, [one.policy.revision for one in shown.policies_scheduled]) == (2, [2])
    branch.wait(60_000)
    assert (branch.state.policy.revision, branch.state.policy.share_in_quota) == (2, 5)
    assert "SharingPolicyTookEffect" in kinds_of(branch.log)
    branch.wait(60_000)
    assert branch.state.policy.revision == 1
    assert branch.did(c.GetProvince(), ProvinceReply).policies_scheduled == ()


def test_what_has_been_replaced_is_not_on_the_way() -> None:
    """Ops would wait for a window that never comes."""
    branch = Branch()
    put(branch, quota(5, effective_from_ms=START_MS + HOUR_MS))
    put(branch, quota(6))
    assert branch.did(c.GetProvince(), ProvinceReply).policies_scheduled == ()


def test_what_only_begins_later_is_on_the_way_and_replaces_nothing_before() -> None:
    """The rule of next year would not be shown, and one for tonight that was laid down before it be taken for replaced."""
    branch = Branch()
    put(branch, quota(5, effective_from_ms=START_MS + HOUR_MS, effective_until_ms=START_MS + 2 * HOUR_MS))
    put(branch, quota(6, effective_from_ms=START_MS + 9 * HOUR_MS))
    shown = branch.did(c.GetProvince(), ProvinceReply)
    assert [one.policy.revision for one in shown.policies_scheduled] == [3, 2]


def test_which_revision_is_in_force_depends_on_revisions_and_time_alone() -> None:
    """The newest window that is open wins; what has no limits replaces all before it."""
    base, night, later, replaced = (
        PolicyRevision(policy=msgspec.structs.replace(policy, revision=number))
        for number, policy in enumerate(
            (
                quota(1),
                quota(2, effective_from_ms=10, effective_until_ms=30),
                quota(3, effective_from_ms=20),
                quota(4),
            ),
            start=1,
        )
    )
    found = [in_force([base, night, later], at).revision for at in (9, 10, 19, 20, 29, 30, 99)]
    assert found == [1, 2, 2, 3, 3, 3, 3]
    assert [in_force([base, night], at).revision for at in (29, 30)] == [2, 1]
    assert [in_force([base, night, replaced], at).revision for at in (10, 20)] == [4, 4]


def test_a_policy_without_limits_is_never_forgotten() -> None:
    """Two hundred windows later the province would have no policy outside them."""
    branch = Branch()
    put(branch, quota(42))
    for number in range(POLICY_REVISIONS_MAX + 3):
        put(branch, quota(number, effective_from_ms=START_MS - 2, effective_until_ms=START_MS - 1))
    assert branch.state.policy.share_in_quota == 42
    assert len(branch.state.policies.revisions) == POLICY_REVISIONS_MAX


def test_a_window_that_is_in_force_or_to_come_is_never_forgotten() -> None:
    """Two hundred short windows later an evacuation of a month would end at once, and the one of the holidays never begin."""
    branch = Branch()
    until_ms = START_MS + 9 * HOUR_MS
    put(branch, quota(30, effective_until_ms=until_ms))
    put(branch, quota(40, effective_from_ms=until_ms, effective_until_ms=until_ms + HOUR_MS))
    for number in range(POLICY_REVISIONS_MAX + 3):
        put(branch, quota(number, effective_from_ms=START_MS - 2, effective_until_ms=START_MS - 1))
    branch.tick()
    assert branch.state.policy.share_in_quota == 30
    branch.wall_ms = until_ms
    branch.tick()
    assert branch.state.policy.share_in_quota == 40
    branch.wall_ms = until_ms + HOUR_MS
    branch.tick()
    assert branch.state.policy.revision == 1
    put(branch, quota(0, effective_from_ms=START_MS - 2, effective_until_ms=START_MS - 1))
    assert len(branch.state.policies.revisions) == POLICY_REVISIONS_MAX, "what is over is forgotten"


def test_a_window_that_newer_ones_leave_nothing_of_is_forgotten() -> None:
    """It can never be in force again; kept all the same, plans made anew every day would fill the memory."""
    branch = Branch()
    from_ms, mid_ms, until_ms = (START_MS + hours * HOUR_MS for hours in (1, 2, 3))
    put(branch, quota(1, effective_from_ms=from_ms, effective_until_ms=until_ms))
    put(branch, quota(2, effective_from_ms=from_ms, effective_until_ms=until_ms))
    put(branch, quota(3, effective_from_ms=mid_ms))
    for number in range(POLICY_REVISIONS_MAX):
        put(branch, quota(number, effective_from_ms=START_MS - 2, effective_until_ms=START_MS - 1))
    kept = branch.state.policies.revisions[: -(POLICY_REVISIONS_MAX - 1)]
    assert [one.policy.revision for one in kept] == [1, 3, 4]


def test_windows_that_lie_ahead_have_a_bound() -> None:
    """A script that plans without end would fill memory and snapshots; whoever clears the plan must not be refused."""
    branch = Branch()
    most = POLICY_REVISIONS_MAX - 1 + POLICY_WINDOWS_BEFORE_MAX
    for number in range(most):
        put(branch, tomorrow(number))
    asked = c.UpdateSharingPolicy(who="ops:li", policy=tomorrow(most))
    assert branch.refused(asked) is Reason.WINDOWS_FULL
    put(branch, quota(7))
    assert len(branch.state.policies.revisions) == POLICY_REVISIONS_MAX
    put(branch, tomorrow(most))


def tomorrow(number: int, **more: Any) -> SharingPolicy:
    """One of many windows that lie ahead, a minute each."""
    from_ms = START_MS + 24 * HOUR_MS + number * 60_000
    return quota(number, effective_from_ms=from_ms, effective_until_ms=from_ms + 60_000, **more)


def test_a_change_must_know_of_the_newest_revision_even_if_it_is_not_in_force() -> None:
    """A change without limits would undo the window that a colleague has prepared for tonight, unseen."""
    branch = Branch()
    put(branch, quota(5, effective_from_ms=START_MS + HOUR_MS))
    assert branch.refused(c.UpdateSharingPolicy(policy=quota(6), revision=1)) is Reason.ETAG_MISMATCH
    branch.did(c.UpdateSharingPolicy(policy=quota(6), revision=2), PolicyPreview)


# --- two people ---


def two_people() -> Branch:
    """A province whose policy asks for two people."""
    branch = Branch()
    put(branch, SharingPolicy(needs_two_people=True))
    return branch


def test_a_kind_that_there_is_not_is_refused_unless_it_stands_there_already() -> None:
    """A slip of the pen would share nothing, and nobody would see why; a kind that was given up must not stand in the way of other changes."""
    branch = Branch()
    assert (
        branch.refused(c.UpdateSharingPolicy(policy=quota(5, kinds=(KindId("claims-lagre"),)))) is Reason.UNKNOWN_KIND
    )
    put(branch, quota(5, kinds=(LARGE, MEDICAL)))
    left = tuple(kind for kind in KINDS if kind.kind != LARGE)
    branch.do(c.AdoptTaskKinds(revision=branch.state.kinds_revision + 1, kinds=left))
    put(branch, quota(6, kinds=(LARGE,)))
    assert branch.state.policy.kinds == (LARGE,)


def test_an_evacuation_waits_for_a_second_person() -> None:
    """One mistaken click would send a province's work away."""
    branch = two_people()
    wanted = msgspec.structs.replace(EVACUATE, needs_two_people=True)
    reply = put(branch, wanted)
    assert kinds_of(branch.events) == ["SharingPolicyProposed"]
    assert branch.state.policy.share_out_mode is ShareOutMode.OVERFLOW
    assert reply.proposal is not None
    assert (reply.proposal.number, reply.proposal.proposed_by, reply.policy.revision) == (1, "ops:li", 2)
    assert branch.did(c.GetProvince(), ProvinceReply).proposals == (reply.proposal,)
    for same in ("ops:li", "team_lead:li"):
        assert branch.refused(c.ApproveSharingPolicyChange(who=same, proposal=1)) is Reason.SAME_PERSON
    asked = c.ApproveSharingPolicyChange(who="ops:wang", proposal=1, request_id="a-1")
    approved = branch.did(asked, PolicyPreview)
    assert branch.state.policy.share_out_mode is ShareOutMode.EVACUATE
    assert (approved.policy.revision, approved.policy.updated_by) == (3, "ops:li")
    assert branch.did(asked, PolicyPreview) == approved
    assert revisions(branch).revisions[0].approved_by == "ops:wang"
    assert branch.refused(c.ApproveSharingPolicyChange(who="ops:wang", proposal=1)) is Reason.UNKNOWN_PROPOSAL


def test_nobody_puts_the_rule_away_alone() -> None:
    """Whoever may not evacuate alone would do it in two steps."""
    branch = two_people()
    assert put(branch, SharingPolicy()).proposal is not None
    assert branch.state.policy.needs_two_people
    back = branch.did(c.RollBackSharingPolicy(who="ops:li", to_revision=1), PolicyPreview)
    assert back.proposal is not None
    assert back.proposal.rolled_back_to == 1
    assert put(branch, SharingPolicy(needs_two_people=True, recall=Recall.UNBEGUN)).proposal is None


def test_nobody_uses_an_hour_without_the_rule_to_evacuate_alone_after_it() -> None:
    """Two people relax the rule for an hour, and one of them evacuates for good."""
    branch = two_people()
    put(branch, SharingPolicy(effective_until_ms=START_MS + HOUR_MS))
    branch.did(c.ApproveSharingPolicyChange(who="ops:wang", proposal=1), PolicyPreview)
    assert not branch.state.policy.needs_two_people
    for wanted in (
        EVACUATE,
        msgspec.structs.replace(EVACUATE, effective_from_ms=START_MS + HOUR_MS),
        msgspec.structs.replace(EVACUATE, effective_until_ms=START_MS + HOUR_MS + 1),
        SharingPolicy(),
    ):
        assert put(branch, wanted).proposal is not None
    within = msgspec.structs.replace(EVACUATE, effective_until_ms=START_MS + HOUR_MS)
    assert put(branch, within).proposal is None, "for this hour the rule was put away"


def test_a_rule_that_is_over_binds_nobody() -> None:
    """For every evacuation after the holidays somebody would look for a second person."""
    branch = Branch()
    put(branch, SharingPolicy(needs_two_people=True, effective_until_ms=START_MS + HOUR_MS))
    assert put(branch, EVACUATE).proposal is not None
    branch.wall_ms += HOUR_MS
    branch.tick()
    assert put(branch, EVACUATE).proposal is None


def test_nobody_has_a_rule_forgotten_by_writing_two_hundred_revisions() -> None:
    """The oldest revision was forgotten for a new one, also while it was in force; then one person would evacuate after all."""
    branch = Branch()
    put(branch, SharingPolicy(needs_two_people=True, effective_until_ms=START_MS + HOUR_MS))
    far = quota(9, needs_two_people=True, effective_from_ms=START_MS + 2 * HOUR_MS)
    for _ in range(POLICY_REVISIONS_MAX + 2):
        assert put(branch, far).proposal is None
    branch.tick()
    assert branch.state.policy.needs_two_people
    assert put(branch, EVACUATE).proposal is not None


def test_ending_an_evacuation_puts_no_rule_away() -> None:
    """Two people evacuate for an hour without the rule; whoever resumes the province alone would have made that the rule of all time."""
    branch = two_people()
    put(branch, msgspec.structs.replace(EVACUATE, effective_until_ms=START_MS + HOUR_MS))
    branch.did(c.ApproveSharingPolicyChange(who="ops:wang", proposal=1), PolicyPreview)
    assert branch.state.policy.share_out_mode is ShareOutMode.EVACUATE
    branch.do(c.SetProvinceStatus(who="ops:li", status=ProvinceStatus.ACTIVE, ends_evacuation=True))
    assert branch.state.policy.share_out_mode is ShareOutMode.OVERFLOW
    assert branch.state.policy.needs_two_people


@pytest.mark.parametrize("mode", list(ShareOutMode))
def test_resuming_a_province_ends_an_evacuation_and_changes_no_other_policy(mode: ShareOutMode) -> None:
    """A branch that shares nothing would share by overflow because somebody resumed it, or its next change need two people."""
    branch = Branch()
    put(branch, SharingPolicy(share_out_mode=mode, share_in_quota=7))
    before = branch.state.policy
    branch.wait(1_000)
    branch.do(c.SetProvinceStatus(who="ops:li", status=ProvinceStatus.ACTIVE, ends_evacuation=True))
    ended = msgspec.structs.replace(
        before, share_out_mode=ShareOutMode.OVERFLOW, revision=3, updated_ms=branch.wall_ms, updated_by="ops:li"
    )
    assert branch.state.policy == (ended if mode is ShareOutMode.EVACUATE else before)


def test_nobody_puts_away_alone_a_rule_that_is_still_to_come() -> None:
    """The rule of the holidays would be gone before they begin, and with it whoever has to agree."""
    branch = Branch()
    put(branch, SharingPolicy(needs_two_people=True, effective_from_ms=START_MS + HOUR_MS))
    assert put(branch, quota(3)).proposal is not None
    assert put(branch, msgspec.structs.replace(EVACUATE, effective_from_ms=START_MS + HOUR_MS)).proposal is not None
    until_then = msgspec.structs.replace(EVACUATE, effective_until_ms=START_MS + HOUR_MS)
    assert put(branch, until_then).proposal is None


def test_a_newer_revision_voids_what_was_proposed_before_it() -> None:
    """The approval would undo a change that the proposer had never seen."""
    branch = two_people()
    put(branch, EVACUATE)
    put(branch, SharingPolicy(needs_two_people=True, share_in_quota=3))
    assert branch.refused(c.ApproveSharingPolicyChange(who="ops:wang", proposal=1)) is Reason.UNKNOWN_PROPOSAL
    assert branch.state.policy.share_in_quota == 3


def test_a_proposal_expires() -> None:
    """Yesterday's snow would be approved today."""
    branch = two_people()
    put(branch, EVACUATE)
    branch.wall_ms += PROPOSAL_TERM_MS
    assert branch.refused(c.ApproveSharingPolicyChange(who="ops:wang", proposal=1)) is Reason.UNKNOWN_PROPOSAL
    assert branch.did(c.GetProvince(), ProvinceReply).proposals == ()
    branch.do(c.Tick())
    assert kinds_of(branch.events) == ["SharingPolicyProposalExpired"]
    assert branch.state.policies.proposals == {}


def test_proposals_have_a_bound() -> None:
    """A script that proposes without end would fill every answer and snapshot."""
    branch = two_people()
    for _ in range(PROPOSALS_MAX):
        put(branch, EVACUATE)
    assert branch.refused(c.UpdateSharingPolicy(who="ops:li", policy=EVACUATE)) is Reason.PROPOSALS_FULL


def test_what_is_only_shown_proposes_nothing() -> None:
    """A preview would call a second person out of bed."""
    branch = two_people()
    branch.do(c.UpdateSharingPolicy(who="ops:li", policy=EVACUATE, validate_only=True))
    assert branch.events == ()


# --- bytes ---


def test_revisions_windows_and_proposals_survive_a_snapshot() -> None:
    """A restart would forget the window of tonight, and whose approval is missing."""
    branch = two_people()
    put(branch, quota(5, effective_from_ms=START_MS + HOUR_MS, needs_two_people=True))
    put(branch, EVACUATE)
    state = snapshot.restore(list(snapshot.capture(branch.state)))
    assert state.policies.revisions == branch.state.policies.revisions
    assert state.policies.proposals == branch.state.policies.proposals
    assert state.policies.proposal_number == 1


def test_a_snapshot_with_fewer_revisions_is_still_one_of_this_state() -> None:
    """Every province that went on from a snapshot of the version before would fail `verify`."""
    branch = Branch()
    put(branch, quota(5))
    put(branch, quota(6))
    older = snapshot.restore(list(snapshot.capture(branch.state)))
    older.policies.revisions = older.policies.revisions[-1:]
    assert snapshot.is_of(snapshot.capture(older), branch.state)
    older.policies.revisions = [PolicyRevision(policy=quota(5))]
    assert not snapshot.is_of(snapshot.capture(older), branch.state)
