from typing import Any

import msgspec
import pytest

from actors.core import commands as c
from actors.core import events as e
from actors.core.applying.tasks import DECLINES_MAX
from actors.core.clockwork import SESSION_SILENCE_MAX_MS
from actors.core.country import Line, ProvinceStatus
from actors.core.ids import OperatorId, SessionId, TaskId
from actors.core.operators import PresenceState
from actors.core.refusal import Reason
from actors.core.replies import DeskUpdate, Done, NoWork, OperatorReply, SessionReply
from actors.core.task import TaskState, Verdict
from tests.unit.core.harness import KINDS, MEDICAL, SHIPPED, START_MS, Branch, kinds_of, person, session_of
from tests.unit.core.journeys import bring_to

CHEN = OperatorId("chen")


def test_a_reconnect_keeps_what_the_operator_holds() -> None:
    """A desk that changes the gateway would lose its work in hand."""
    branch = Branch()
    task_id = bring_to(branch, TaskState.IN_PROGRESS)
    reply = branch.did(c.SignIn(operator=CHEN, session=SessionId("gateway-2/chen")), SessionReply)
    assert [task.task_id for task in reply.held] == [task_id]
    assert kinds_of(branch.events) == ["OperatorSignedIn"]
    # The old connection no longer keeps the lease alive.
    assert "AssignmentReleased" in kinds_of(branch.wait(10_000, heard=["chen"]))


@pytest.mark.parametrize("presence", [PresenceState.BREAK, PresenceState.DRAINING])
def test_a_reconnect_that_says_nothing_of_presence_keeps_it(presence: PresenceState) -> None:
    """Streams end after half an hour: whoever is at lunch, or about to go home, would be offered work by coming back."""
    branch = Branch()
    branch.arrive(person("chen"))
    branch.did(c.SetPresence(operator=CHEN, presence=presence), SessionReply)
    waiting = branch.create()
    resume = c.SignIn(operator=CHEN, session=SessionId("gateway-2/chen"), presence=None)
    back = branch.did(resume, SessionReply).operator
    assert (back.presence, back.break_end_ms) == (presence, 0)
    assert branch.task(waiting).state is TaskState.QUEUED
    branch.did(c.SignOut(operator=CHEN, session=resume.session), Done)
    assert branch.state.operators[CHEN].session is None
    assert branch.did(resume, SessionReply).operator.presence is PresenceState.AVAILABLE


def test_signing_in_another_way_by_the_same_session_ends_none() -> None:
    """A desk that says by its sign-in that somebody takes a break would be told that they sit elsewhere, and let them go."""
    branch = Branch()
    branch.arrive(person("chen"))
    branch.sign_in("chen", presence=PresenceState.BREAK)
    assert (kinds_of(branch.events), branch.updates) == (["OperatorSignedIn"], ())
    branch.did(c.SignIn(operator=CHEN, session=SessionId("gateway-2/chen")), SessionReply)
    told = DeskUpdate(operator=CHEN, session=session_of("chen"), what="session_ended", reason="taken_over")
    assert branch.updates == (told,)


def test_signing_in_again_the_same_way_writes_nothing() -> None:
    """Every reconnect attempt would cost an fsync."""
    branch = Branch()
    branch.arrive(person("chen"))
    branch.sign_in("chen")
    assert branch.events == ()


def test_a_desk_that_comes_back_takes_nobody_from_another() -> None:
    """After a restart of a gateway the desk that somebody had left would take the session back from the one where they sit."""
    branch = Branch()
    branch.arrive(person("chen"))

    def at(desk: str, session: str, *, resume: bool = True) -> c.SignIn:
        return c.SignIn(operator=CHEN, session=SessionId(session), desk=desk, resume=resume)

    # Where they sit was not told: an older version signed them in.
    branch.did(at("left", "g1/1"), SessionReply)
    branch.did(at("right", "g1/2", resume=False), SessionReply)
    assert branch.refused(at("left", "g2/1")) is Reason.TAKEN_OVER
    assert branch.did(at("right", "g2/2"), SessionReply).operator.session == "g2/2"
    # The answer was lost with its line: it is the same desk all the same.
    branch.did(at("right", "g2/3"), SessionReply)
    branch.wait(SESSION_SILENCE_MAX_MS)
    assert not branch.state.operators[CHEN].signed_in
    assert branch.refused(at("left", "g2/4")) is Reason.TAKEN_OVER, "whoever fell silent comes back to where they sat"
    branch.did(at("right", "g2/5"), SessionReply)
    branch.did(c.SignOut(operator=CHEN, session=SessionId("g2/5")), Done)
    branch.did(at("left", "g2/6", resume=False), SessionReply)
    branch.did(at("right", "g2/7", resume=False), SessionReply)


@pytest.mark.parametrize("how", ["sign_out", "presence", "drained"])
def test_a_desk_that_comes_back_brings_nobody_back_from_home(how: str) -> None:
    """A line that was down when somebody signed out elsewhere signed them in again, and they were offered work."""
    branch = Branch()
    branch.do(c.UpsertOperators(entries=(person("chen"),)))
    back = c.SignIn(operator=CHEN, session=SessionId("g2/1"), desk="right", resume=True)
    assert branch.refused(back) is Reason.SIGNED_OUT, "nobody has sat there yet"
    branch.did(c.SignIn(operator=CHEN, session=SessionId("g1/1"), desk="right"), SessionReply)
    if how == "sign_out":
        branch.did(c.SignOut(operator=CHEN, session=SessionId("g1/1")), Done)
    elif how == "presence":
        branch.do(c.SetPresence(operator=CHEN, presence=PresenceState.OFFLINE))
    else:
        branch.do(c.SetPresence(operator=CHEN, presence=PresenceState.DRAINING))
        branch.wait(1)
    assert not branch.state.operators[CHEN].signed_in
    assert branch.refused(back) is Reason.SIGNED_OUT
    assert branch.events == ()
    branch.did(c.SignIn(operator=CHEN, session=SessionId("g2/2"), desk="right"), SessionReply)
    branch.wait(SESSION_SILENCE_MAX_MS)
    assert not branch.state.operators[CHEN].signed_in
    branch.did(back, SessionReply)


def test_another_entry_on_the_roster_keeps_where_somebody_sits() -> None:
    """Whoever was given another skill meanwhile could not come back, or their old desk could."""
    branch = Branch()
    branch.arrive(person("chen"))
    branch.did(c.SignIn(operator=CHEN, session=SessionId("g1/1"), desk="right"), SessionReply)
    branch.did(c.UpsertOperators(who="ops:duty", entries=(person("chen", capacity=3),)), OperatorReply)
    assert (branch.state.operators[CHEN].capacity, branch.state.operators[CHEN].desk) == (3, "right")


def test_signing_out_returns_everything_at_once() -> None:
    """Work stays with somebody who went home."""
    branch = Branch()
    branch.arrive(person("chen", capacity=2))
    begun, offered = branch.create(), branch.create()
    branch.start(begun)
    branch.did(c.SignOut(operator=CHEN), Done)
    assert sorted(kinds_of(branch.events)) == ["AssignmentReleased", "OfferWithdrawn", "OperatorSignedOut"]
    assert {branch.task(task).state for task in (begun, offered)} == {TaskState.QUEUED}
    # The desk itself asked for the release; that an offer is void must still be shown.
    assert [(update.what, update.task.task_id) for update in branch.updates if update.task] == [("revoked", offered)]
    branch.did(c.SignOut(operator=CHEN), Done)
    assert branch.events == ()


def test_a_desk_that_somebody_else_signs_out_is_told() -> None:
    """Told by the gateway alone, a desk behind another one waited for offers that never came."""
    branch = Branch()
    branch.arrive(person("chen"), person("lin"))
    chen, lin = OperatorId("chen"), OperatorId("lin")
    branch.did(c.SignOut(who="ops:duty", operator=chen, session=SessionId("gateway-2/u/chen")), Done)
    told = DeskUpdate(operator=chen, session=session_of("chen"), what="session_ended", reason="signed_out")
    assert branch.updates == (told,)
    branch.did(c.SignOut(who="desk:lin", operator=lin, session=session_of("lin")), Done)
    assert branch.updates == ()


@pytest.mark.parametrize("how", ["presence", "sign_in"])
def test_going_offline_is_signing_out(how: str) -> None:
    """An operator who is OFFLINE and holds work would be an impossible state on replay."""
    branch = Branch()
    task_id = bring_to(branch, TaskState.IN_PROGRESS)
    if how == "presence":
        branch.do(c.SetPresence(operator=CHEN, presence=PresenceState.OFFLINE))
    else:
        branch.sign_in("chen", presence=PresenceState.OFFLINE)
    assert branch.task(task_id).state is TaskState.QUEUED
    assert branch.state.signed_in == {}


@pytest.mark.parametrize("how", ["presence", "sign_in"])
@pytest.mark.parametrize("presence", [PresenceState.BREAK, PresenceState.DRAINING])
def test_a_break_returns_offers_and_keeps_work(how: str, presence: PresenceState) -> None:
    """Nobody at lunch answers an offer; what is begun is theirs."""
    branch = Branch()
    branch.arrive(person("chen", capacity=2))
    begun, offered = branch.create(), branch.create()
    branch.start(begun)
    if how == "presence":
        branch.do(c.SetPresence(operator=CHEN, presence=presence))
    else:
        branch.sign_in("chen", presence=presence)
    assert (branch.task(begun).state, branch.task(offered).state) == (TaskState.IN_PROGRESS, TaskState.QUEUED)


def test_presence_needs_a_session() -> None:
    """AVAILABLE without a desk would attract work that nobody sees."""
    branch = Branch()
    branch.do(c.UpsertOperators(entries=(person("chen"),)))
    set_presence = c.SetPresence(operator=CHEN, presence=PresenceState.AVAILABLE)
    assert branch.refused(set_presence) is Reason.NOT_SIGNED_IN
    assert branch.refused(c.FetchNextTask(operator=CHEN)) is Reason.NOT_SIGNED_IN


@pytest.mark.parametrize(
    "command",
    [
        c.SignIn(operator=OperatorId("nobody"), session=session_of("nobody")),
        c.SignOut(operator=OperatorId("nobody")),
        c.SetPresence(operator=OperatorId("nobody"), presence=PresenceState.BREAK),
        c.FetchNextTask(operator=OperatorId("nobody")),
        c.GetOperator(operator=OperatorId("nobody")),
        c.GetWorkload(operator=OperatorId("nobody")),
        c.DeleteOperator(operator=OperatorId("nobody")),
    ],
)
def test_somebody_unknown_is_refused(command: c.AnyCommand) -> None:
    """A definite answer, never a crash of the province (I11)."""
    assert Branch().refused(command) is Reason.UNKNOWN_OPERATOR


def test_fetching_stops_at_capacity() -> None:
    """People who fetch would pile up work (I8)."""
    branch = Branch()
    branch.arrive(person("chen", capacity=1), presence=PresenceState.BREAK)
    branch.create()
    branch.create()
    branch.did(c.FetchNextTask(operator=CHEN))
    assert branch.refused(c.FetchNextTask(operator=CHEN)) is Reason.AT_CAPACITY


def test_two_people_never_fetch_the_same_task() -> None:
    """The complaint of others: two people get the same case from "get next"."""
    branch = Branch()
    branch.arrive(person("chen"), person("lin"), presence=PresenceState.BREAK)
    branch.create()
    branch.create()
    replies = branch.batch(c.FetchNextTask(operator=CHEN), c.FetchNextTask(operator=OperatorId("lin")))
    fetched = [reply.task.task_id for reply in replies if hasattr(reply, "task")]  # pyright: ignore[reportAttributeAccessIssue]
    assert len(set(fetched)) == 2


def test_the_decision_is_recorded_with_all_it_took() -> None:
    """A decision without its time, amount and author can be neither explained nor paid."""
    branch = Branch()
    task_id = bring_to(branch, TaskState.IN_PROGRESS)
    branch.wait(90_000, heard=["chen"])
    done = branch.complete(task_id, amount_fen=123_400, note="ok")
    assert done.state is TaskState.COMPLETED
    decision = done.decision
    assert decision is not None
    assert (decision.operator, decision.province, decision.amount_fen, decision.note) == (
        "chen",
        "fujian",
        123_400,
        "ok",
    )
    assert (decision.handle_ms, decision.work_units_milli) == (90_000, 2_000)
    assert branch.state.operators[CHEN].kinds[MEDICAL].done_count == 1


def test_the_same_decision_said_again_is_answered_again_another_one_refused() -> None:
    """A lost answer must be repeatable without a request id; a changed mind must not pass for it."""
    branch = Branch()
    task_id = bring_to(branch, TaskState.IN_PROGRESS)
    command = c.CompleteAssignment(**branch.holder(task_id), verdict=Verdict.APPROVED, amount_fen=5)
    first = branch.did(command)
    assert branch.did(command) == first
    assert branch.events == ()
    for change in (
        {"amount_fen": 6},
        {"verdict": Verdict.DECLINED},
        {"note": "ok"},
        {"operator": OperatorId("lin")},
        {"token": command.token - 1},
    ):
        assert branch.refused(msgspec.structs.replace(command, **change)) is Reason.ALREADY_DECIDED


def test_handle_time_adds_up_over_stints_and_never_goes_back() -> None:
    """Interrupted work was worked nevertheless; a clock set back must not give negative hours."""
    branch = Branch()
    task_id = bring_to(branch, TaskState.IN_PROGRESS)
    branch.wait(30_000, heard=["chen"])
    branch.did(c.ReleaseAssignment(**branch.holder(task_id), draft="half"))
    assert branch.task(task_id).draft == "half"
    branch.start(task_id)
    branch.wall_ms -= 3_600_000
    done = branch.complete(task_id)
    assert done.decision is not None
    assert done.decision.handle_ms == 30_000


def test_a_note_outlives_whoever_adds_nothing_to_it() -> None:
    """What was found out on the phone would be lost with the next desk's lease, and the customer called again."""
    branch = Branch()
    task_id = bring_to(branch, TaskState.IN_PROGRESS)
    branch.did(c.ReleaseAssignment(**branch.holder(task_id), draft="called the hospital"))
    for ask in (
        lambda holder: c.ReleaseAssignment(**holder),
        lambda holder: c.SuspendAssignment(**holder, reason="papers"),
        lambda holder: c.ReferAssignment(**holder, required_authority=3),
    ):
        branch.start(task_id)
        branch.did(ask(branch.holder(task_id)))
        if branch.task(task_id).state is TaskState.SUSPENDED:
            branch.did(c.ResumeTask(task_id=task_id))
        assert branch.task(task_id).draft == "called the hospital"


def test_a_referral_asks_for_more_authority() -> None:
    """A task beyond somebody's authority must reach somebody who has it, not come back to the same desk."""
    branch = Branch()
    task_id = bring_to(branch, TaskState.IN_PROGRESS)
    branch.arrive(person("boss", authority={Line.CLAIMS: 5}))
    token = branch.task(task_id).token
    branch.did(c.ReferAssignment(**branch.holder(task_id), required_authority=3, draft="too high for me"))
    task = branch.task(task_id)
    assert (task.operator, task.required_authority, task.draft) == ("boss", 3, "too high for me")
    assert task.token > token + 1


@pytest.mark.parametrize("asked", [0, 1, 2])
def test_a_referral_that_names_no_higher_authority_asks_for_one_more(asked: int) -> None:
    """Desks leave it out, or name too little: with no more than before the task came back to whoever had referred it."""
    branch = Branch()
    branch.arrive(person("chen", authority={Line.CLAIMS: 2}))
    task_id = branch.create()
    branch.start(task_id)
    branch.arrive(person("lin", authority={Line.CLAIMS: 2, Line.SERVICING: 9}))
    branch.did(c.ReferAssignment(**branch.holder(task_id), required_authority=asked))
    assert (branch.task(task_id).state, branch.task(task_id).required_authority) == (TaskState.QUEUED, 3)
    branch.arrive(person("boss", authority={Line.CLAIMS: 3}))
    assert branch.task(task_id).operator == "boss"


@pytest.mark.parametrize(
    ("state", "command", "asked"),
    [
        (TaskState.OFFERED, c.DeclineOffer, {}),
        (TaskState.OFFERED, c.CancelTask, {}),
        (TaskState.ASSIGNED, c.ReleaseAssignment, {}),
        (TaskState.IN_PROGRESS, c.ReleaseAssignment, {}),
        (TaskState.IN_PROGRESS, c.ReferAssignment, {"required_authority": 3}),
        (TaskState.IN_PROGRESS, c.SuspendAssignment, {"reason": "papers"}),
        (TaskState.IN_PROGRESS, c.ReturnTask, {"reason": "not ours"}),
        (TaskState.IN_PROGRESS, c.CompleteAssignment, {"verdict": Verdict.APPROVED}),
    ],
)
@pytest.mark.parametrize("is_shadow", [False, True])
def test_whoever_is_rid_of_a_task_is_idle_from_then_on(
    state: TaskState, command: type[Any], asked: dict[str, Any], is_shadow: bool
) -> None:
    """They would be given the next task as the one who had waited longest for it, though they had worked until just now."""
    branch = Branch()
    branch.arrive(person("chen"))
    came_ms = branch.wall_ms
    if is_shadow:
        branch.do(c.BringShadowLoad(drill="drill-1", tasks=1, until_ms=START_MS, ends_ms=START_MS + 3_600_000))
    else:
        branch.create()
    task_id = TaskId("fujian-1")
    if state is TaskState.ASSIGNED:
        branch.accept(task_id)
    elif state is TaskState.IN_PROGRESS:
        branch.start(task_id)
    holder = {"task_id": task_id} if command is c.CancelTask else branch.holder(task_id)
    branch.wait(20_000, heard=["chen"])
    assert branch.state.operators[CHEN].idle_since_ms == came_ms
    branch.did(command(**holder, **asked))
    assert branch.state.operators[CHEN].idle_since_ms == branch.wall_ms


def test_a_task_remembers_a_bounded_number_of_declines() -> None:
    """A task that everybody declines all year would grow with each of them, and travel with all of that."""
    branch = Branch()
    branch.arrive(person("chen"))
    task_id = branch.create()
    said_ms: list[int] = []
    for _ in range(DECLINES_MAX + 1):
        said_ms.append(branch.wall_ms)
        branch.did(c.DeclineOffer(**branch.holder(task_id)))
        branch.wall_ms += branch.state.limits.decline_memory_ms
        branch.tick()
    assert [decline.since_ms for decline in branch.task(task_id).declines] == said_ms[1:]


def test_a_suspended_task_frees_the_capacity_and_comes_back_to_who_knows_it() -> None:
    """A query item would block a desk for days, and then be read from the start by somebody else."""
    branch = Branch(model=SHIPPED)
    task_id = bring_to(branch, TaskState.IN_PROGRESS)
    branch.arrive(person("lin"))
    branch.did(c.SuspendAssignment(**branch.holder(task_id), reason="papers", draft="asked for X"))
    assert branch.state.load_of(CHEN) == 0
    assert (branch.task(task_id).suspend_reason, branch.task(task_id).draft) == ("papers", "asked for X")
    branch.did(c.ResumeTask(task_id=task_id))
    [offer] = [event for event in branch.events if isinstance(event, e.OfferMade)]
    assert offer.operator == "chen"


def test_who_lost_a_task_is_told() -> None:
    """An operator would work on for hours on what is no longer theirs."""
    branch = Branch()
    task_id = bring_to(branch, TaskState.ASSIGNED)
    branch.arrive(person("lin"), presence=PresenceState.BREAK)
    branch.did(c.ReassignTask(task_id=task_id, operator=OperatorId("lin"), reason="expert"))
    assert [(update.operator, update.what) for update in branch.updates] == [("chen", "revoked"), ("lin", "assigned")]
    branch.did(c.CancelTask(task_id=task_id))
    assert [(update.operator, update.what, update.reason) for update in branch.updates] == [
        ("lin", "revoked", "cancelled")
    ]


def test_who_drains_fetches_nothing() -> None:
    """A person who ends the day would be given work that nobody will do."""
    branch = Branch()
    branch.arrive(person("chen"), presence=PresenceState.DRAINING)
    branch.create()
    reply = branch.did(c.FetchNextTask(operator=CHEN), NoWork)
    assert reply.reason == "the operator is not available: draining"


def test_nothing_is_fetched_in_a_suspended_province() -> None:
    """What ops have stopped would go on by way of everybody who asks for their next task themselves."""
    branch = Branch()
    branch.arrive(person("chen"))
    branch.do(c.SetProvinceStatus(status=ProvinceStatus.SUSPENDED, reason="drill"))
    branch.create()
    assert branch.did(c.FetchNextTask(operator=CHEN), NoWork).reason == "the province is suspended"


def test_who_leaves_a_shared_stream_takes_nobody_with_them() -> None:
    """One person's sign-out would cost everybody else on the workbench their work in hand."""
    branch = Branch()
    branch.arrive(person("chen"), person("lin"))
    together = SessionId("gateway-1/shared")
    for name in ("chen", "lin"):
        branch.do(c.SignIn(who="operator:x", operator=OperatorId(name), session=together))
    branch.do(c.SignOut(who="operator:x", operator=CHEN))
    assert branch.province.presence.silent_ms(together, branch.now.monotonic_ms) == 0


def test_whoever_has_work_in_hand_is_told_by_which_standard() -> None:
    """Reviewers judge work by the revision of its standard; a desk that is always told the first works by what was changed long ago."""
    branch = Branch()
    branch.arrive(person("chen", capacity=4))
    revised = tuple(msgspec.structs.replace(kind, operating_standard_revision=3) for kind in KINDS)
    branch.do(c.AdoptTaskKinds(who="system:country", revision=2, kinds=revised))
    offered = branch.create()
    hold = {"operator": CHEN, "task_id": offered, "token": branch.task(offered).token}
    for command in (c.AcceptOffer(**hold), c.StartAssignment(**hold), c.RenewAssignment(**hold)):
        assert branch.did(command).standard_revision == 3
    session = branch.did(c.SignIn(operator=CHEN, session=SessionId("gateway-2/chen")), SessionReply)
    assert session.standard_revisions == {MEDICAL: 3}
    branch.did(c.SetPresence(operator=CHEN, presence=PresenceState.BREAK), SessionReply)
    branch.create()
    assert branch.did(c.FetchNextTask(operator=CHEN)).standard_revision == 3
    assert [(update.what, update.standard_revision) for update in branch.updates] == [("assigned", 3)]
