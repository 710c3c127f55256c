"""Protobuf and the domain, both ways."""

import msgspec
import pytest

from actors.core import codec
from actors.core import events as e
from actors.core.country import Line, ProvinceStatus, ShareOutMode, SharingPolicy, Skill, TaskKind
from actors.core.ids import KindId, OperatorId, ProvinceCode, SessionId, SiteId, TaskId
from actors.core.operators import KindExperience, Operator, PresenceState
from actors.core.refusal import Reason, Refused
from actors.core.replies import DeskUpdate, NoWork, PolicyPreview, SessionReply
from actors.core.sharing import KindSummary, ProvinceSummary
from actors.core.task import Decision, MoveOut, Placement, Task, TaskSpec, TaskState, Verdict
from actors.protocol import FrameNews
from gateway import conversion, names
from gateway.conversion import enums
from gateway.v1 import operator_pb2, province_pb2, task_pb2, work_pb2

#: A specification with every field set to something of its own.
SPEC = TaskSpec(
    kind=KindId("claims-medical"),
    external_id="case-1",
    priority=7,
    green_channel=True,
    amount_fen=1_234_567,
    required_authority=3,
    required_skills=(Skill(skill="icd10-coding", level=4), Skill(skill="fraud", level=1)),
    complexity=5,
    page_count=12,
    policy_count=2,
    missing_document_count=1,
    product="health",
    channel="app",
    customer_id="c-9",
    customer_tier=4,
    case_id="k-1",
    risk_score_permille=250,
    fraud_alert_level=2,
    privacy_level=3,
    vulnerable=True,
    complaint=True,
    dispute=True,
    disaster_tag="typhoon-1",
    hospital="h-3",
    language="yue",
    batch_id="b-1",
    preferred_operator="jiangxi-~10086",
    excluded_operators=(OperatorId("fujian-op-7"), OperatorId("hunan-~5")),
    not_before_ms=1_800_000_000_001,
    accepted_at_branch_ms=1_700_000_000_002,
    due_ms=1_800_000_000_003,
    home_only=True,
    note="请核对",
)
#: A task with every field that the contract shows set to something of its own.
TASK = Task(
    task_id=TaskId("fujian-7"),
    home=ProvinceCode("fujian"),
    spec=SPEC,
    line=Line.CLAIMS,
    created_ms=1,
    created_by="branch:core",
    host=ProvinceCode("jiangxi"),
    state=TaskState.COMPLETED,
    placement=Placement.EVACUATED,
    generation=3,
    token=8,
    version=21,
    move_count=2,
    required_authority=5,
    queued_ms=2,
    operator=OperatorId("jiangxi-op-2"),
    held_since_ms=3,
    started_ms=4,
    suspend_reason="papers",
    return_reason="wrong branch",
    offer_attempts=6,
    handover_count=5,
    decision=Decision(
        verdict=Verdict.PARTIALLY_APPROVED,
        operator=OperatorId("jiangxi-op-2"),
        province=ProvinceCode("jiangxi"),
        time_ms=9,
        amount_fen=100,
        note="部分",
        handle_ms=10,
        work_units_milli=2_500,
    ),
    finished_ms=11,
)


def changed(**changes: object) -> Task:
    return msgspec.structs.replace(TASK, **changes)


def test_every_field_of_a_specification_goes_there_and_back() -> None:
    """A field that is dropped on the way in is a fact about a case that no operator will ever see."""
    defaults = TaskSpec(kind=KindId(""))
    for field in msgspec.structs.fields(TaskSpec):
        assert getattr(SPEC, field.name) != getattr(defaults, field.name), f"{field.name} is not tested"
    wire = conversion.task_out(changed(required_authority=0))
    parsed = task_pb2.Task.FromString(wire.SerializeToString())
    assert conversion.spec_in(parsed) == SPEC


def test_every_field_of_the_contract_is_filled() -> None:
    """A field of the contract that stays empty for ever is a promise not kept."""
    wire = conversion.task_out(TASK)
    present = {descriptor.name for descriptor, _ in wire.ListFields()}
    assert present == {field.name for field in task_pb2.Task.DESCRIPTOR.fields}
    assert wire.decision == task_pb2.Decision(
        verdict=task_pb2.VERDICT_PARTIALLY_APPROVED,
        amount_fen=100,
        note="部分",
        operator="provinces/jiangxi/operators/jiangxi-op-2",
        time_ms=9,
        handle_ms=10,
        work_units_milli=2_500,
    )


def test_what_the_province_knows_of_a_task_is_shown() -> None:
    """Swapped fields of one type (generation and token, say) would pass every other test."""
    wire = conversion.task_out(TASK)
    shown = {
        "name": wire.name,
        "home": wire.home_province,
        "host": wire.host_province,
        "placement": wire.placement,
        "generation": wire.generation,
        "line": wire.line,
        "token": wire.token,
        "operator": wire.operator,
        "times": (wire.create_time_ms, wire.queue_time_ms, wire.start_time_ms, wire.finish_time_ms),
        "counts": (wire.offer_attempts, wire.handover_count, wire.move_count),
        "reasons": (wire.suspend_reason, wire.return_reason),
        "authority": wire.required_authority,
        "etag": wire.etag,
    }
    assert shown == {
        "name": "provinces/fujian/tasks/fujian-7",
        "home": "fujian",
        "host": "jiangxi",
        "placement": task_pb2.PLACEMENT_EVACUATED,
        "generation": 3,
        "line": operator_pb2.LINE_CLAIMS,
        "token": 8,
        "operator": "provinces/jiangxi/operators/jiangxi-op-2",
        "times": (1, 2, 4, 11),
        "counts": (6, 5, 2),
        "reasons": ("papers", "wrong branch"),
        "authority": 5,
        "etag": "3.21",
    }


@pytest.mark.parametrize("state", list(TaskState))
def test_every_state_is_shown(state: TaskState) -> None:
    """A state without a number would end GetTask with INTERNAL, just when a task is on its way."""
    move = MoveOut(host=ProvinceCode("hunan"), generation=3, attempt=1, placement=Placement.SHARED, started_ms=1)
    moving = state in (TaskState.MOVING, TaskState.MOVED)
    task = changed(
        state=state, operator=None, decision=None, move=move if moving else None, host=ProvinceCode("fujian")
    )
    wire = conversion.task_out(task)
    shown = "MOVING" if state is TaskState.MOVED else state.value.upper()
    assert task_pb2.TaskState.Name(wire.state) == f"TASK_STATE_{shown}"
    assert wire.operator == "" and not wire.HasField("decision")
    assert wire.host_province == ("hunan" if state is TaskState.MOVED else "fujian")
    assert conversion.brief_out(task).state == wire.state


@pytest.mark.parametrize(
    ("table", "domain", "wire"),
    [
        (enums.LINES_OUT, Line, operator_pb2.Line),
        (enums.PRESENCES_OUT, PresenceState, operator_pb2.Presence),
        (enums.TASK_STATES_OUT, TaskState, task_pb2.TaskState),
        (enums.PLACEMENTS_OUT, Placement, task_pb2.Placement),
        (enums.VERDICTS_OUT, Verdict, task_pb2.Verdict),
        (enums.PROVINCE_STATES_OUT, ProvinceStatus, province_pb2.ProvinceState),
        (enums.SHARE_OUT_MODES_OUT, ShareOutMode, province_pb2.ShareOutMode),
    ],
)
def test_enumerations_are_complete_and_agree(table: dict, domain: type, wire: object) -> None:
    """A new value on one side only would be a KeyError in production; a swapped one would show CANCELLED for COMPLETED."""
    assert list(table) == list(domain)  # pyright: ignore[reportArgumentType] - an enumeration's class is iterable
    for value, number in table.items():
        if value is not TaskState.MOVED:
            assert wire.Name(number).endswith(f"_{value.value.upper()}")  # pyright: ignore[reportAttributeAccessIssue]


PERSON = Operator(
    operator=OperatorId("fujian-~10086"),
    province=ProvinceCode("fujian"),
    site=SiteId("fujian-1"),
    display_name="王芳",
    team="t1",
    kinds={
        KindId("a"): KindExperience(done_count=10, quality_permille=970),
        KindId("b"): KindExperience(done_count=3),
    },
    authority={Line.CLAIMS: 4, Line.SERVICING: 1},
    skills=(Skill(skill="x", level=2),),
    local_rule_provinces=(ProvinceCode("hunan"),),
    clearance=2,
    languages=("zh", "yue"),
    capacity=5,
    share_opt_in=False,
    auto_accept=True,
    probation=True,
)


def test_a_roster_entry_goes_there_and_back() -> None:
    """UpdateOperator reads, merges and writes: what is lost on the way is lost from the roster."""
    wire = conversion.operator_out(PERSON)
    assert (wire.name, wire.operator_id) == ("provinces/fujian/operators/10086", "10086")
    assert conversion.operator_in(PERSON.operator, PERSON.province, wire) == PERSON


def test_zero_capacity_and_clearance_are_one() -> None:
    """The contract reads an unset capacity as 1; 0 would enrol a person who never gets work."""
    entry = conversion.operator_in(OperatorId("fujian-~a"), ProvinceCode("fujian"), operator_pb2.Operator())
    assert (entry.capacity, entry.clearance, entry.site) == (1, 1, "fujian")


def test_a_kind_goes_there_and_back() -> None:
    """A tariff or promise that is lost here is lost for the whole country."""
    kind = TaskKind(
        kind=KindId("k"),
        line=Line.UNDERWRITING,
        display_name="K",
        display_name_zh="核",
        standard_minutes=30,
        sla_minutes=60,
        required_authority=2,
        required_skills=(Skill(skill="x", level=1),),
        tariff_fen=500,
        operating_standard="# How",
        operating_standard_revision=4,
    )
    wire = conversion.kind_out(kind)
    assert conversion.kind_in(kind.kind, wire, standard_revision=4) == kind
    assert wire.etag != conversion.kind_etag(msgspec.structs.replace(kind, tariff_fen=501))


def test_a_sharing_policy_goes_there_and_back() -> None:
    """A limit that is lost lets tasks leave that must stay."""
    policy = SharingPolicy(
        share_out_mode=ShareOutMode.BEST_MATCH,
        share_out_ratio_permille=300,
        activation_wait_ms=5,
        release_wait_ms=4,
        allowed_hosts=(ProvinceCode("hunan"),),
        blocked_hosts=(ProvinceCode("hubei"),),
        kinds=(KindId("k"),),
        amount_max_fen=9,
        share_in_quota=8,
        reserve_operators=7,
    )
    assert conversion.policy_in(conversion.policy_out("fujian", policy)) == policy


def test_a_preview_adds_up() -> None:
    """Ops compare the two numbers with the queue; a preview that does not add up is not believed."""
    moves = tuple((TaskId(f"fujian-{n}"), ProvinceCode("hunan" if n % 3 else "hubei"), "") for n in range(9))
    preview = conversion.preview_out(PolicyPreview(policy=SharingPolicy(), moves=moves), open_tasks=12)
    assert (preview.moving_count, preview.staying_count) == (9, 3)
    assert [(host.host_province, host.task_count) for host in preview.hosts] == [("hunan", 6), ("hubei", 3)]
    assert sum(stay.task_count for stay in preview.stays) == 3


# --- names ---


@pytest.mark.parametrize("local", ["fujian-op-7", "10086", "op-7", "fujian", "fujian-", "~"])
def test_operator_names_go_there_and_back(local: str) -> None:
    """Two names for one person, or one for two, would let a person hold twice their capacity."""
    operator = names.operator_id("fujian", local)
    assert names.operator_province(operator) == "fujian"
    name = f"provinces/fujian/operators/{local}"
    assert names.operator_name(operator) == name
    if local != "~":
        assert names.parse_operator(name) == ("fujian", operator)


def test_operators_of_two_provinces_with_one_number_are_two() -> None:
    """Excluding 10086 of fujian must not exclude 10086 of hunan."""
    assert names.operator_id("fujian", "10086") != names.operator_id("hunan", "10086")
    assert names.operator_id("fujian", "10086") != names.operator_id("fujian", "fujian-10086")


@pytest.mark.parametrize("name", ["provinces/fujian/tasks/hunan-1", "provinces/fujian/tasks/fujian-0", "fujian-1", ""])
def test_a_task_has_one_name(name: str) -> None:
    """A task that answers under another home's name would pass the check of who may read it."""
    with pytest.raises(names.BadName):
        names.parse_task(name)


# --- desks ---


def test_a_session_lists_what_is_open_oldest_first() -> None:
    """A desk that reconnects goes on from this list alone."""
    offered = changed(task_id=TaskId("fujian-1"), state=TaskState.OFFERED, held_since_ms=900, decision=None)
    begun = changed(task_id=TaskId("fujian-2"), state=TaskState.IN_PROGRESS, held_since_ms=700, decision=None)
    given = changed(task_id=TaskId("fujian-3"), state=TaskState.ASSIGNED, held_since_ms=800, decision=None)
    person = msgspec.structs.replace(PERSON, presence=PresenceState.AVAILABLE, session=SessionId("s"), signed_in_ms=5)
    session = conversion.session_out(
        SessionReply(operator=person, held=(offered, given, begun)), 1_000, desk_id="desk-1"
    )
    assert [assignment.task.task_id for assignment in session.assignments] == ["fujian-2", "fujian-3"]
    assert session.assignments[0].lease_remaining_ms == 10_000
    (offer,) = session.offers
    assert offer.name == "provinces/fujian/tasks/fujian-1/offers/8"
    assert offer.remaining_ms == 900 + 30_000 - 1_000
    assert (session.presence, session.desk_id, session.sign_in_time_ms) == (
        operator_pb2.PRESENCE_AVAILABLE,
        "desk-1",
        5,
    )


@pytest.mark.parametrize("ahead_ms", [-10_000_000, 10_000_000])
def test_an_offer_never_shows_a_time_out_of_bounds(ahead_ms: int) -> None:
    """The gateway's clock is not the province's; a negative countdown makes desks throw the offer away."""
    task = changed(state=TaskState.OFFERED, held_since_ms=20_000_000)
    assert 0 <= conversion.offer_out(task, 20_000_000 + ahead_ms).remaining_ms <= 30_000


@pytest.mark.parametrize(
    ("state", "reason", "assignment", "shown"),
    [
        (TaskState.OFFERED, "offer_expired", False, work_pb2.REVOCATION_REASON_OFFER_EXPIRED),
        (TaskState.IN_PROGRESS, "lease_lost", True, work_pb2.REVOCATION_REASON_LEASE_EXPIRED),
        (TaskState.ASSIGNED, "site_lost", True, work_pb2.REVOCATION_REASON_EVACUATED),
        (TaskState.ASSIGNED, "something new", True, work_pb2.REVOCATION_REASON_SIGNED_OUT),
    ],
)
def test_a_revocation_says_what_is_gone_and_why(state: TaskState, reason: str, assignment: bool, shown: int) -> None:
    """An operator who is not told why calls the help desk."""
    update = DeskUpdate(
        operator=OperatorId("fujian-op-1"),
        session=SessionId("s"),
        what="revoked",
        task=changed(state=state),
        token=8,
        reason=reason,
    )
    revocation = conversion.desk_update_out(update, 0).revocation
    assert (revocation.assignment, revocation.reason, revocation.token) == (assignment, shown, 8)


def test_every_empty_answer_has_its_reason() -> None:
    """Nobody can tell why nothing routes: the first complaint about every comparable system."""
    operator = OperatorId("fujian-op-1")
    said = {
        "no task is waiting": work_pb2.NO_WORK_REASON_QUEUE_EMPTY,
        "filtered out: 3 by authority": work_pb2.NO_WORK_REASON_NOT_ELIGIBLE,
        "the province is suspended": work_pb2.NO_WORK_REASON_PROVINCE_NOT_ACTIVE,
    }
    for text, reason in said.items():
        wire = conversion.no_work_out(NoWork(operator=operator, reason=text))
        assert (wire.reason, wire.detail) == (reason, text)
    at_capacity = conversion.no_work_of_refusal(Refused(reason=Reason.AT_CAPACITY))
    assert at_capacity is not None and at_capacity.reason == work_pb2.NO_WORK_REASON_AT_CAPACITY
    assert conversion.no_work_of_refusal(Refused(reason=Reason.UNKNOWN_OPERATOR)) is None


# --- events ---


def frame(*events: e.AnyEvent, sequence: int = 5) -> FrameNews:
    return FrameNews(
        province=ProvinceCode("fujian"),
        sequence=sequence,
        epoch=2,
        at_ms=1,
        payload=codec.encode_events(events),
    )


def test_events_carry_the_request_that_caused_them() -> None:
    """A branch system matches what it sees to what it sent; the answer is recorded behind its events in the frame."""
    task = TaskId("fujian-7")
    found = conversion.frame_events_out(
        frame(
            e.TaskCreated(at_ms=1, who="branch:core", task_id=task, spec=SPEC, request_id="r-1"),
            e.AssignmentStarted(at_ms=1, who="operator:desk", task_id=task),
            e.RequestAnswered(at_ms=1, who="operator:desk", request_id="r-2", fingerprint=b"", answer=b""),
            e.OfferMade(at_ms=1, who="system:matcher", task_id=task, operator=OperatorId("fujian-op-1"), token=4),
        )
    )
    assert [(event.type, event.request_id, event.identity) for event in found] == [
        ("TaskCreated", "r-1", "branch:core"),
        ("AssignmentStarted", "r-2", "operator:desk"),
        ("OfferMade", "", "system:matcher"),
    ]
    assert [task_pb2.TaskState.Name(event.state) for event in found] == [
        "TASK_STATE_QUEUED",
        "TASK_STATE_IN_PROGRESS",
        "TASK_STATE_OFFERED",
    ]
    assert found[0].external_id == "case-1"
    assert (found[2].operator, found[2].token) == ("provinces/fujian/operators/fujian-op-1", 4)


def test_positions_rise_over_frames_and_a_reader_goes_on_behind_its_own() -> None:
    """A watch that resumes must neither repeat nor skip an event, in the middle of a frame too."""
    two = (e.TaskResumed(at_ms=1, task_id=TaskId("fujian-7")),) * 2
    first, second = conversion.frame_events_out(frame(*two))
    (rest,) = conversion.frame_events_out(frame(*two), after_position=first.position)
    assert rest == second
    later = conversion.frame_events_out(frame(*two, sequence=6))[0]
    assert 1 <= first.position < second.position < later.position
    assert conversion.sequence_of(second.position) == 5


def test_every_event_can_be_shown() -> None:
    """One type that fails to convert would stop every watch of its province for ever."""
    move = MoveOut(host=ProvinceCode("hunan"), generation=3, attempt=1, placement=Placement.SHARED, started_ms=1)
    decision = TASK.decision
    assert decision is not None
    examples: list[e.AnyEvent] = [
        e.TaskCompleted(at_ms=1, task_id=TASK.task_id, decision=decision),
        e.MoveStarted(at_ms=1, task_id=TASK.task_id, move=move, reason="wait"),
        e.MoveAccepted(at_ms=1, source=ProvinceCode("hunan"), task=TASK, move=move),
        e.MoveRefused(at_ms=1, source=ProvinceCode("hunan"), task_id=TASK.task_id, move=move, reason="full"),
        e.OutcomeNoted(at_ms=1, task=TASK),
        e.HostNoted(at_ms=1, task_id=TASK.task_id, host=ProvinceCode("hunan"), generation=4),
        e.OperatorEnrolled(at_ms=1, entry=PERSON),
        e.ProvinceStatusChanged(at_ms=1, status=ProvinceStatus.SUSPENDED, reason="x" * 900),
        e.SiteLost(at_ms=1, site=SiteId("fujian-1"), silent=9, signed_in=10, silent_for_ms=3_000),
        e.SharingPolicyUpdated(at_ms=1, policy=SharingPolicy()),
    ]
    shown = conversion.frame_events_out(frame(*examples))
    assert [event.type for event in shown] == [type(event).__name__ for event in examples]
    assert all(len(event.reason) <= 200 for event in shown)
    assert shown[0].decision.amount_fen == 100
    assert [event.peer_province for event in shown[1:6]] == ["hunan", "hunan", "hunan", "jiangxi", "hunan"]


# --- the country ---


def test_totals_are_the_sums_of_what_is_shown() -> None:
    """I12: a national figure that does not equal the provinces beside it is not believed in an outage."""
    summaries = [
        ProvinceSummary(
            province=ProvinceCode(code),
            time_ms=1,
            status=ProvinceStatus.ACTIVE,
            policy=SharingPolicy(),
            open_by_state={"queued": 3 * factor, "moving": factor},
            waiting_by_line={"claims": 3 * factor},
            signed_in=2 * factor,
            available=factor,
            shared_in=factor,
            oldest_waiting_ms=100 * factor,
            kinds=(KindSummary(kind=KindId("k"), waiting=3, expected_wait_ms=50 * factor),),
        )
        for factor, code in ((1, "fujian"), (2, "hunan"))
    ]
    overview = conversion.overview_out(7, summaries, ["fujian", "hunan", "xizang"], degraded=["hunan"])
    totals = overview.totals
    assert [province.province for province in overview.provinces] == ["fujian", "hunan", "xizang"]
    assert (totals.open_tasks.queued, totals.open_tasks.moving, totals.waiting.claims) == (9, 3, 9)
    assert (totals.signed_in_operators, totals.shared_open_count, totals.oldest_waiting_ms) == (6, 3, 200)
    assert totals.active_provinces == 1
    assert [province.expected_wait_ms for province in overview.provinces] == [50, 100, -1]
    degraded = province_pb2.PROVINCE_STATE_DEGRADED
    assert [province.state for province in overview.provinces[1:]] == [degraded, degraded]
