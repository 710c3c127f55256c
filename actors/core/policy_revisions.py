"""The revisions of a province's sharing policy: which one is in force when, and what still waits for a second person.

Theory of operation
-------------------
A revision never changes. Whoever changes the policy adds one, and going back adds one with the content of an old one, so that the journal
tells without gaps what was in force when, by whom and why.

A revision may be limited in time. In force at an instant is the newest revision whose time is then; a revision without limits is in force
until a newer one is. So a window laid over the policy takes effect and ends by itself, several windows may lie ahead, and whatever is added
without limits replaces them all. Refused: a timer that changes the policy back; a change made within the window would be undone by it.

Revisions are forgotten, the oldest first, but none that is in force or will be by itself, nor the last one without limits: forgotten, a window
would end before its time, or never begin. They may lie behind any number of later windows that are over by then, so they are kept beside the
newest; whoever would add one too many of them is refused.

Where the policy asks for two people, a change that would evacuate, or that would no longer ask for two, is kept as a proposal until somebody
else approves it. A new revision voids all proposals: they were made of what is no longer there.
"""

from collections.abc import Sequence
from math import inf

import msgspec

from actors.core.clock import still_waits
from actors.core.country import ShareOutMode, SharingPolicy

#: Of the newest revisions, so many are kept whatever their time.
POLICY_REVISIONS_MAX = 200
#: Older ones that are kept because they are in force or to come.
POLICY_WINDOWS_BEFORE_MAX = 100
#: Proposals that may wait at once.
PROPOSALS_MAX = 8
#: A proposal that nobody approved within this time is void (half an hour).
PROPOSAL_TERM_MS = 30 * 60_000


class PolicyRevision(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A revision and how it came about. When and by whom is in the policy itself."""

    policy: SharingPolicy
    reason: str = ""
    #: The revision whose content was taken; 0: none.
    rolled_back_to: int = 0
    #: Who approved it; empty: nobody had to.
    approved_by: str = ""


class PolicyProposal(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A change that waits for a second person. Its policy bears no revision yet."""

    #: Counts the proposals of a province, from 1.
    number: int
    policy: SharingPolicy
    proposed_by: str
    proposed_ms: int
    reason: str = ""
    rolled_back_to: int = 0

    @property
    def expires_ms(self) -> int:
        """From this instant on it is void, wall clock."""
        return self.proposed_ms + PROPOSAL_TERM_MS

    def is_open(self, now_ms: int) -> bool:
        """Whether it may be approved."""
        return still_waits(self.expires_ms, now_ms, PROPOSAL_TERM_MS)


class PolicyBook:
    """The kept revisions, oldest first, and the proposals. Hard state: changes through events only."""

    def __init__(self, policy: SharingPolicy) -> None:
        self.revisions: list[PolicyRevision] = [PolicyRevision(policy=policy)]
        self.proposals: dict[int, PolicyProposal] = {}
        #: Number of the last proposal.
        self.proposal_number = 0

    @property
    def newest(self) -> SharingPolicy:
        """The last revision, in force or not: what a change must know of."""
        return self.revisions[-1].policy

    def add(self, revision: PolicyRevision, at_ms: int) -> None:
        """Take a revision in. What was proposed before it is void.

        Args:
            at_ms: wall clock; what is over by then may be forgotten.
        """
        self.revisions = _kept([*self.revisions, revision], at_ms)
        self.proposals = {}

    def has_room_for(self, wanted: SharingPolicy, now_ms: int) -> bool:
        """Whether a policy may be added: else more windows than are kept would lie ahead of it."""
        if not is_limited(wanted):
            return True
        kept = _kept([*self.revisions, PolicyRevision(policy=wanted)], now_ms)
        return len(kept) <= POLICY_REVISIONS_MAX + POLICY_WINDOWS_BEFORE_MAX

    def propose(self, proposal: PolicyProposal) -> None:
        """Take a proposal in."""
        self.proposals[proposal.number] = proposal
        self.proposal_number = proposal.number

    def find(self, revision: int) -> PolicyRevision | None:
        """A kept revision."""
        return next((kept for kept in self.revisions if kept.policy.revision == revision), None)

    def before(self, revision: int, count: int) -> tuple[PolicyRevision, ...]:
        """Up to `count` kept revisions, newest first, older than `revision` (0: from the newest on)."""
        older = [kept for kept in reversed(self.revisions) if not revision or kept.policy.revision < revision]
        return tuple(older[:count])


def in_force(revisions: Sequence[PolicyRevision], now_ms: int) -> SharingPolicy:
    """The policy in force at an instant, wall clock: the newest revision whose time it is."""
    found = (kept.policy for kept in reversed(revisions) if is_in_time(kept.policy, now_ms))
    return next(found, revisions[0].policy)


def is_in_time(policy: SharingPolicy, now_ms: int) -> bool:
    """Whether an instant lies within the limits of a policy; its end does not."""
    return policy.effective_from_ms <= now_ms and not 0 < policy.effective_until_ms <= now_ms


def is_limited(policy: SharingPolicy) -> bool:
    """Whether a policy has a beginning or an end of its own."""
    return bool(policy.effective_from_ms or policy.effective_until_ms)


def scheduled(revisions: Sequence[PolicyRevision], now_ms: int) -> tuple[PolicyRevision, ...]:
    """Revisions that will be in force by themselves, newest first: those that begin later and that nothing unlimited has replaced."""
    found: list[PolicyRevision] = []
    for kept in reversed(revisions):
        if not is_limited(kept.policy):
            break
        if kept.policy.effective_from_ms > now_ms:
            found.append(kept)
    return tuple(found)


def needs_second_person(revisions: Sequence[PolicyRevision], wanted: SharingPolicy, now_ms: int) -> bool:
    """Whether a change needs approval: else whoever may not evacuate alone would first put away the rule, alone.

    It does if it evacuates or does without the rule, and the rule is in force now or would be at any time that the change is for: whoever
    writes in an hour without the rule must not decide alone on those with it. O(revisions^2) where any of them has the rule.

    Args:
        now_ms: wall clock.
    """
    if not any(kept.policy.needs_two_people for kept in revisions):
        return False
    limits_ms = (ms for kept in revisions for ms in (kept.policy.effective_from_ms, kept.policy.effective_until_ms))
    instants_ms = [now_ms, *(ms for ms in (wanted.effective_from_ms, *limits_ms) if ms > now_ms)]
    ruled_ms = [ms for ms in instants_ms if in_force(revisions, ms).needs_two_people]
    if wanted.needs_two_people and wanted.share_out_mode is not ShareOutMode.EVACUATE:
        return False
    return any(ms == now_ms or is_in_time(wanted, ms) for ms in ruled_ms)


def is_same_person(one: str, other: str) -> bool:
    """Whether two identities (``role:subject``) are one person, perhaps with two roles."""
    return one.rpartition(":")[2] == other.rpartition(":")[2]


def _kept(revisions: list[PolicyRevision], now_ms: int) -> list[PolicyRevision]:
    """The newest revisions, and before them what is still needed: the last one without limits, and windows since then that are not over."""
    newest = revisions[-POLICY_REVISIONS_MAX:]
    if any(not is_limited(revision.policy) for revision in newest):
        return newest
    unlimited = next((place for place, kept in reversed([*enumerate(revisions)]) if not is_limited(kept.policy)), 0)
    newest = newest[1:]
    older = range(unlimited + 1, len(revisions) - len(newest))
    windows = [revisions[place] for place in older if _is_needed(revisions, place, now_ms)]
    return [revisions[unlimited], *windows, *newest]


def _is_needed(revisions: Sequence[PolicyRevision], place: int, now_ms: int) -> bool:
    """Whether a window is in force or will be: whether newer ones leave any of its time from now on. O(n log n) if it is not over."""
    policy = revisions[place].policy
    begin_ms, end_ms = max(policy.effective_from_ms, now_ms), _end_ms(policy)
    if begin_ms >= end_ms:
        return False
    newer = sorted((kept.policy.effective_from_ms, _end_ms(kept.policy)) for kept in revisions[place + 1 :])
    for from_ms, until_ms in newer:
        if from_ms > begin_ms:
            return True
        begin_ms = max(begin_ms, until_ms)
        if begin_ms >= end_ms:
            return False
    return True


def _end_ms(policy: SharingPolicy) -> float:
    return policy.effective_until_ms or inf
