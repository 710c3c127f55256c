import msgspec
import pytest

from actors.core import commands as c
from actors.core.country import Bounds, Line, ProvinceStatus, ShareOutMode, SharingPolicy, TimeLimits
from actors.core.headquarters import KINDS_MAX
from actors.core.ids import KindId, OperatorId, TaskId
from actors.core.operators import Certificate, KindExperience, PresenceState
from actors.core.refusal import Reason
from actors.core.replies import (
    Done,
    OperatorPage,
    OperatorReply,
    PolicyPreview,
    ProvinceReply,
    SessionReply,
    TaskReply,
)
from actors.core.sharing.summary import encode_picture
from actors.core.task import TaskState, Verdict
from tests.unit.core.harness import ADDRESS, KINDS, MEDICAL, SHIPPED, START_MS, Branch, kinds_of, person
from tests.unit.core.journeys import bring_to, picture_of

CHEN = OperatorId("chen")


def test_a_roster_update_keeps_what_was_earned_here() -> None:
    """The nightly roster would erase experience, presence and the session of those at work."""
    branch = Branch()
    bring_to(branch, TaskState.COMPLETED)
    entry = person(
        "chen", display_name="Chen", kinds={MEDICAL: KindExperience(done_count=0), ADDRESS: KindExperience()}
    )
    before = branch.state.operators[CHEN]
    after = branch.did(c.UpsertOperators(entries=(entry,)), OperatorReply).operator
    assert (after.display_name, after.presence, after.decided_count) == ("Chen", PresenceState.AVAILABLE, 1)
    assert (after.kinds[MEDICAL].done_count, after.kinds[MEDICAL].measured_count) == (1, 1)
    told = person("chen", display_name="Chen", kinds={MEDICAL: KindExperience(done_count=50)})
    more = branch.did(c.UpsertOperators(entries=(told,)), OperatorReply).operator
    assert (more.kinds[MEDICAL].done_count, more.kinds[MEDICAL].measured_count) == (50, 1), (
        "nor what was done elsewhere"
    )
    assert (after.version, more.version) == (before.version + 1, before.version + 2)


def test_an_entry_that_was_made_again_is_not_the_one_that_somebody_read() -> None:
    """Whoever read the entry of a person who has been removed since would overwrite that of the next one of this name."""
    branch = Branch()
    read = branch.did(c.CreateOperator(entry=person("chen", capacity=3)), OperatorReply).operator
    branch.did(c.DeleteOperator(operator=CHEN), Done)
    branch.wait(1_000)
    branch.did(c.CreateOperator(entry=person("chen", probation=True)), OperatorReply)
    late = c.UpsertOperators(entries=(person("chen", capacity=4),), etag=read.etag)
    assert branch.refused(late) is Reason.ETAG_MISMATCH
    assert branch.state.operators[CHEN].probation


def test_an_entry_that_has_changed_since_is_not_deleted() -> None:
    """Asked before the deletion, by the gateway, a change in between went unseen."""
    branch = Branch()
    read = branch.did(c.CreateOperator(entry=person("chen")), OperatorReply).operator
    branch.did(c.UpsertOperators(entries=(person("chen", capacity=4),)), OperatorReply)
    assert branch.refused(c.DeleteOperator(operator=CHEN, etag=read.etag)) is Reason.ETAG_MISMATCH
    known = branch.state.operators[CHEN]
    branch.did(c.UpsertOperators(entries=(person("chen", capacity=5),), etag=known.etag), OperatorReply)
    branch.did(c.DeleteOperator(operator=CHEN, etag=branch.state.operators[CHEN].etag), Done)


def test_the_same_roster_entry_again_writes_nothing() -> None:
    """A nightly roster of 20,000 unchanged people would be 20,000 events."""
    branch = Branch()
    branch.do(c.UpsertOperators(entries=(person("chen"),)))
    branch.do(c.UpsertOperators(entries=(person("chen"),)))
    assert branch.events == ()


def test_less_capacity_returns_the_surplus_newest_first_and_keeps_what_has_begun() -> None:
    """Holding more than the capacity is an impossible state: the province would never start again (I8)."""
    branch = Branch()
    branch.arrive(person("chen", capacity=4))
    tasks: list = []
    for _ in range(4):
        tasks.append(branch.create())
        branch.wait(200, heard=["chen"])
    branch.start(tasks[3])
    branch.accept(tasks[1])
    branch.did(c.UpsertOperators(entries=(person("chen", capacity=2),)), OperatorReply)
    assert kinds_of(branch.events) == ["OfferWithdrawn", "OfferWithdrawn", "OperatorEnrolled"]
    assert set(branch.state.holds[CHEN]) == {tasks[1], tasks[3]}
    branch.did(c.UpsertOperators(entries=(person("chen", capacity=1),)), OperatorReply)
    assert set(branch.state.holds[CHEN]) == {tasks[3]}
    assert [update.reason for update in branch.updates] == ["capacity_reduced"]


def test_a_right_that_is_taken_away_takes_the_work_along() -> None:
    """Somebody would decide a kind they no longer may (I8), and the replay would call it impossible."""
    branch = Branch()
    task_id = bring_to(branch, TaskState.IN_PROGRESS)
    held = branch.holder(task_id)
    branch.do(c.UpsertOperators(entries=(person("chen", kinds={ADDRESS: KindExperience()}),)))
    assert branch.task(task_id).state is TaskState.QUEUED
    assert branch.refused(c.RenewAssignment(**held)) is Reason.STALE_TOKEN


def test_the_roster_has_a_bound_and_refuses_unknown_kinds() -> None:
    """A typing error in a kind must be told, not stored."""
    branch = Branch(bounds=Bounds(operators_max=1))
    wrong = person("chen", kinds={KindId("magic"): KindExperience()})
    assert branch.refused(c.UpsertOperators(entries=(wrong,))) is Reason.UNKNOWN_KIND
    branch.do(c.UpsertOperators(entries=(person("chen"),)))
    assert branch.refused(c.UpsertOperators(entries=(person("lin"),))) is Reason.OPERATORS_FULL
    assert branch.refused(c.UpsertOperators(entries=(person("chen"),), etag="7")) is Reason.ETAG_MISMATCH
    assert branch.refused(c.CreateOperator(entry=person("chen"))) is Reason.OPERATOR_EXISTS
    branch.did(c.UpsertOperators(entries=()), Done)


@pytest.mark.parametrize("places", [(0, 1), (1, 0)])
def test_of_several_licences_the_last_to_expire_counts(places: tuple[int, int]) -> None:
    """Somebody whose licence was renewed would get no work any more, if the one that has run out was listed behind it."""
    branch = Branch(model=SHIPPED)
    licences = (Certificate(Line.CLAIMS, START_MS - 1), Certificate(Line.CLAIMS, START_MS + 10**10))
    entry = person("chen", certificates=tuple(licences[place] for place in places))
    branch.arrive(entry)
    assert branch.task(branch.create()).operator == "chen"
    branch.do(c.UpsertOperators(entries=(entry,)))
    assert branch.events == ()


def test_several_entries_are_taken_over_together_or_not_at_all() -> None:
    """Half a roster would be in force after a refusal."""
    branch = Branch()
    wrong = person("lin", kinds={KindId("magic"): KindExperience()})
    assert branch.refused(c.UpsertOperators(entries=(person("chen"), wrong))) is Reason.UNKNOWN_KIND
    branch.did(c.UpsertOperators(entries=(person("chen"), person("lin"))), Done)


def test_somebody_with_work_or_a_session_is_not_deleted() -> None:
    """Their tasks would be held by nobody."""
    branch = Branch()
    bring_to(branch, TaskState.ASSIGNED)
    assert branch.refused(c.DeleteOperator(operator=CHEN)) is Reason.OPERATOR_HAS_WORK
    branch.did(c.ReleaseAssignment(**branch.holder(TaskId("fujian-1"))))
    branch.did(c.SetPresence(operator=CHEN, presence=PresenceState.BREAK), SessionReply)
    assert branch.state.load_of(CHEN) == 0
    assert branch.refused(c.DeleteOperator(operator=CHEN)) is Reason.OPERATOR_HAS_WORK
    branch.did(c.SignOut(operator=CHEN), Done)
    branch.did(c.DeleteOperator(operator=CHEN), Done)
    assert branch.refused(c.GetOperator(operator=CHEN)) is Reason.UNKNOWN_OPERATOR


def test_the_roster_is_read_page_by_page() -> None:
    """Nobody twice, nobody left out."""
    branch = Branch()
    names = [f"op-{number:02}" for number in range(7)]
    branch.do(c.UpsertOperators(entries=tuple(person(name) for name in reversed(names))))
    seen: list[str] = []
    after = ""
    while True:
        page = branch.did(c.ListOperators(page_size=3, after=after), OperatorPage)
        assert len(page.operators) <= 3
        seen += [entry.operator for entry in page.operators]
        if not page.next_after:
            break
        after = page.next_after
    assert seen == names


def test_the_workload_shows_what_somebody_holds() -> None:
    """A team lead sees who drowns."""
    branch = Branch()
    task_id = bring_to(branch, TaskState.ASSIGNED)
    held = branch.did(c.GetWorkload(operator=CHEN), SessionReply).held
    assert [task.task_id for task in held] == [task_id]


def test_an_older_table_of_kinds_is_ignored() -> None:
    """A late message of a coordinator would undo a newer table."""
    branch = Branch()
    branch.do(c.AdoptTaskKinds(revision=3, kinds=KINDS))
    for revision in (3, 2):
        branch.do(c.AdoptTaskKinds(revision=revision, kinds=KINDS[:1]))
        assert branch.events == ()
    assert len(branch.state.kinds) == 3


def test_a_table_of_kinds_that_leaves_some_out_takes_no_work_along() -> None:
    """Whoever had such a task in hand could not decide it: the province ended with a KeyError at every try."""
    branch = Branch()
    task_id = bring_to(branch, TaskState.IN_PROGRESS)
    left_out = branch.task(task_id).spec.kind
    table = [msgspec.structs.replace(kind, tariff_fen=7) for kind in KINDS if kind.kind != left_out]
    branch.do(c.AdoptTaskKinds(revision=2, kinds=tuple(table)))
    known = branch.state.kinds
    assert {**{kind.kind: kind for kind in KINDS}, **{kind.kind: kind for kind in table}} == known
    decided = branch.did(c.CompleteAssignment(**branch.holder(task_id), verdict=Verdict.APPROVED), TaskReply)
    assert decided.task.state is TaskState.COMPLETED


def test_kinds_that_stay_do_not_pile_up() -> None:
    """A country that began anew again and again would make the table, and each frame with it, longer without end."""
    branch = Branch()
    table = tuple(msgspec.structs.replace(KINDS[0], kind=KindId(f"kind-{n}")) for n in range(KINDS_MAX))
    assert branch.refused(c.AdoptTaskKinds(revision=2, kinds=table)) is Reason.KINDS_FULL
    branch.did(c.AdoptTaskKinds(revision=2, kinds=table[: -len(KINDS)]), Done)
    assert len(branch.state.kinds) == KINDS_MAX


def test_settings_are_written_once() -> None:
    """Every start of the province introduces it; that must cost no frame."""
    branch = Branch()
    settings = branch.state.settings
    branch.do(c.ConfigureProvince(settings=settings))
    assert branch.events == ()
    branch.do(c.ConfigureProvince(settings=settings, limits=TimeLimits(lease_duration_ms=5_000)))
    assert branch.state.limits.lease_duration_ms == 5_000
    branch.do(c.ConfigureProvince(settings=settings))
    assert branch.state.limits.lease_duration_ms == 5_000


def test_a_policy_is_previewed_before_it_moves_anything() -> None:
    """Ops confirm what they have seen; a preview that acts would be a trap."""
    branch = Branch()
    task_id = branch.create()
    branch.create(home_only=True)
    branch.do(c.TakeAdvice(picture=encode_picture(picture_of("jiangxi"))))
    evacuate = SharingPolicy(share_out_mode=ShareOutMode.EVACUATE)
    preview = branch.did(c.UpdateSharingPolicy(policy=evacuate, validate_only=True), PolicyPreview)
    assert [(task, host) for task, host, _ in preview.moves] == [(task_id, "jiangxi")]
    assert branch.events == ()
    assert branch.province.outbox.advice.pledged == {}
    applied = branch.did(c.UpdateSharingPolicy(policy=evacuate), PolicyPreview)
    assert applied.moves == preview.moves
    assert applied.policy.revision == 2
    assert kinds_of(branch.events) == ["SharingPolicyUpdated", "EvacuationBegun", "MoveStarted"]


def test_settings_read_earlier_cannot_overwrite_newer_ones() -> None:
    """Two officers at once: the second would put the first one's change back with the fields that they did not touch."""
    branch = Branch()
    read = branch.state.settings
    for name in ("Fujian", "Fujian Branch"):
        settings = msgspec.structs.replace(branch.state.settings, display_name=name)
        branch.did(c.ConfigureProvince(settings=settings, base=branch.state.settings), Done)
        assert branch.state.settings.display_name == name
    assert branch.refused(c.ConfigureProvince(settings=read, base=read)) is Reason.ETAG_MISMATCH


def test_a_policy_read_earlier_cannot_overwrite_a_newer_one() -> None:
    """Two officers at once: the second must see the first one's change."""
    branch = Branch()
    branch.do(c.UpdateSharingPolicy(policy=SharingPolicy(), revision=1))
    assert branch.refused(c.UpdateSharingPolicy(policy=SharingPolicy(), revision=1)) is Reason.ETAG_MISMATCH


@pytest.mark.parametrize("status", [ProvinceStatus.SUSPENDED, ProvinceStatus.DRAINING])
def test_status_changes_are_written_once(status: ProvinceStatus) -> None:
    """An impatient officer must not fill the journal."""
    branch = Branch()
    reply = branch.did(c.SetProvinceStatus(status=status, reason="drill"), ProvinceReply)
    assert (reply.summary.status, reply.status_reason) == (status, "drill")
    branch.do(c.SetProvinceStatus(status=status, reason="drill"))
    assert branch.events == ()


def test_get_province_shows_settings_policy_and_kinds() -> None:
    """What the console shows must be what the province obeys."""
    branch = Branch()
    reply = branch.did(c.GetProvince(), ProvinceReply)
    assert (reply.kinds, reply.kinds_revision) == (KINDS, 1)
    assert msgspec.structs.replace(reply.policy, revision=1) == SharingPolicy()


def test_a_restored_province_gives_numbers_that_it_never_gave() -> None:
    """A number that the lost life told a branch would be given to another customer's task."""
    branch = Branch()
    first = branch.create()
    before = branch.state.settings
    branch.do(c.ConfigureProvince(who="system:restore", skip_task_numbers=1_000))
    assert branch.state.settings == before
    assert (first, branch.create(), branch.create()) == ("fujian-1", "fujian-1002", "fujian-1003")
