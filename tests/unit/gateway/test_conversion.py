"""Protobuf and the domain, both ways."""

from typing import Any

import msgspec
import pytest

from actors.core import commands as c
from actors.core.country import Line, ProvinceStatus, Recall, ShareOutMode, SharingPolicy, Skill, TaskKind
from actors.core.ids import KindId, OperatorId, ProvinceCode, SessionId, SiteId, TaskId
from actors.core.line_summary import LineSummary
from actors.core.matching.explained import Contribution, MatchPreview
from actors.core.matching.record import Shares
from actors.core.operators import Operator, PresenceState
from actors.core.replies import PolicyPreview, ReviewReply
from actors.core.review import Findings, ReviewVerdict, Severity, reviewed_decision
from actors.core.sharing.preview import LenderPreview
from actors.core.sharing.summary import KindSummary, ProvinceSummary
from actors.core.task import MoveOut, Placement, PriorReason, TaskSpec, TaskState, Verdict
from gateway import conversion, names
from gateway.conversion import enums, routing
from gateway.conversion.action import command_in
from gateway.v1 import operator_pb2, province_pb2, quality_pb2, task_pb2, work_pb2
from tests.unit.core.harness import Branch, person
from tests.unit.gateway.samples import PERSON, SPEC, TASK, changed


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


def test_a_task_that_was_cancelled_waits_for_nothing() -> None:
    """A branch that looks for what is on hold by its reason would go on asking for papers."""
    branch = Branch()
    branch.arrive(person("chen"))
    task_id = branch.create()
    branch.start(task_id)
    branch.did(c.SuspendAssignment(**branch.holder(task_id), reason="papers"))
    assert conversion.task_out(branch.task(task_id)).suspend_reason == "papers"
    cancelled = branch.did(c.CancelTask(task_id=task_id)).task
    assert conversion.task_out(cancelled).suspend_reason == ""


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
        (enums.PRIOR_REASONS_OUT, PriorReason, task_pb2.PriorReason),
        (enums.REVIEW_VERDICTS_OUT, ReviewVerdict, quality_pb2.ReviewVerdict),
        (enums.SEVERITIES_OUT, Severity, quality_pb2.DefectSeverity),
        (enums.PROVINCE_STATES_OUT, ProvinceStatus, province_pb2.ProvinceState),
        (enums.SHARE_OUT_MODES_OUT, ShareOutMode, province_pb2.ShareOutMode),
    ],
)
def test_enumerations_are_complete_and_agree(table: dict[Any, int], domain: Any, wire: Any) -> None:
    """A new value on one side only would be a KeyError in production; a swapped one would show CANCELLED for COMPLETED."""
    assert list(table) == list(domain)
    for value, number in table.items():
        if number == 0:
            assert value.value in ("", "none")
        elif value is not TaskState.MOVED:
            assert wire.Name(number).endswith(f"_{value.value.upper()}")


@pytest.mark.parametrize(
    ("told", "asked"),
    [
        (operator_pb2.PRESENCE_UNSPECIFIED, None),
        (operator_pb2.PRESENCE_AVAILABLE, PresenceState.AVAILABLE),
        (operator_pb2.PRESENCE_BREAK, PresenceState.BREAK),
    ],
)
def test_a_sign_in_asks_for_no_presence_that_was_not_told(
    told: operator_pb2.Presence, asked: PresenceState | None
) -> None:
    """The contract promises whoever resumes the presence that they had."""
    action = work_pb2.SignInAction(desk_id="desk-1", presence=told)
    command = command_in("sign_in", action, OperatorId("chen"), SessionId("g/1"), "operator:chen", "")
    assert isinstance(command, c.SignIn)
    assert command.presence is asked


def test_a_roster_entry_goes_there_and_back() -> None:
    """UpdateOperator reads, merges and writes: what is lost on the way is lost from the roster."""
    known_here = {
        "presence",
        "session",
        "desk",
        "signed_in_ms",
        "idle_since_ms",
        "break_end_ms",
        "decided_count",
        "version",
    }
    defaults = Operator(operator=OperatorId(""), province=ProvinceCode(""), site=SiteId(""))
    for field in {*Operator.__struct_fields__} - known_here:
        assert getattr(PERSON, field) != getattr(defaults, field), f"{field} is not tested"
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
        standard_minutes_by_complexity=(10, 20, 30, 45, 90),
        breach_points=7,
    )
    wire = conversion.kind_out(kind)
    assert conversion.kind_in(kind.kind, wire, standard_revision=4) == kind
    assert wire.etag != conversion.kind_etag(msgspec.structs.replace(kind, tariff_fen=501))


@pytest.mark.parametrize(
    "findings",
    [
        Findings(verdict=ReviewVerdict.PASSED),
        Findings(verdict=ReviewVerdict.PASSED, note_complete=False, blind_agreed=False, benchmark_permille=0),
        Findings(
            verdict=ReviewVerdict.FAILED,
            defect_code="amount",
            severity=Severity.CRITICAL,
            amount_error_fen=5,
            amount_reviewed_fen=100,
            sampling_permille=50,
            overturned=True,
            note_complete=True,
            blind_agreed=True,
            benchmark_permille=750,
            comment="少付",
        ),
    ],
)
def test_a_review_goes_there_and_back(findings: Findings) -> None:
    """What the reviewer could not tell must not arrive as a no, nor a no as unknown."""
    reviewed = reviewed_decision(TASK)
    wire = conversion.review_out(
        ReviewReply(reviewed=reviewed, findings=findings, reviewer="auditor:lan", submitted_ms=12)
    )
    parsed = quality_pb2.Review.FromString(wire.SerializeToString())
    assert conversion.findings_in(parsed.findings) == findings
    assert (parsed.task, parsed.operator, parsed.host_province, parsed.kind) == (
        "provinces/fujian/tasks/fujian-7",
        "provinces/jiangxi/operators/jiangxi-op-2",
        "jiangxi",
        "claims-medical",
    )
    assert (parsed.line, parsed.decision_time_ms, parsed.reviewer, parsed.submit_time_ms) == (
        operator_pb2.LINE_CLAIMS,
        9,
        "auditor:lan",
        12,
    )


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
        effective_from_ms=6,
        effective_until_ms=60,
        on_time_floor_permille=950,
        share_in_daily_quota=11,
        recall=Recall.UNBEGUN,
        needs_two_people=True,
        best_match_gain_points=12,
    )
    assert conversion.policy_in(conversion.policy_out("fujian", policy)) == policy


def test_a_preview_adds_up() -> None:
    """Ops compare the two numbers with the queue; a preview that does not add up is not believed."""
    moves = tuple((TaskId(f"fujian-{n}"), ProvinceCode("hunan" if n % 3 else "hubei"), "why") for n in range(9))
    lenders = tuple(
        LenderPreview(
            province=ProvinceCode(code),
            tasks=tasks,
            wait_before_ms=1,
            wait_after_ms=2,
            free_capacity=3,
            reserve_operators=4,
        )
        for code, tasks in (("hunan", 6), ("hubei", 3))
    )
    preview = conversion.preview_out(
        PolicyPreview(
            policy=SharingPolicy(),
            moves=moves,
            lenders=lenders,
            stays={"home_only": 2, "quota": 1},
            wait_before_ms=9,
            wait_after_ms=-1,
        )
    )
    assert (preview.moving_count, preview.staying_count) == (9, 3)
    assert (preview.expected_wait_before_ms, preview.expected_wait_after_ms) == (9, -1)
    assert [stay.reason for stay in preview.stays] == ["HOME_ONLY", "QUOTA"]
    assert preview.tasks[0] == province_pb2.TaskPreview(
        task="provinces/fujian/tasks/fujian-0", host_province="hubei", reason="why"
    )
    host = preview.hosts[0]
    assert (host.expected_wait_before_ms, host.expected_wait_ms, host.free_capacity, host.reserve_operators) == (
        1,
        2,
        3,
        4,
    )
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
            kinds=(KindSummary(kind=KindId("k"), line=Line.CLAIMS, waiting=3, expected_wait_ms=50 * factor),),
            lines=(
                LineSummary(
                    line=Line.CLAIMS, is_open=factor == 1, opens_in_ms=9, gained_tasks=1, gained_minutes=factor
                ),
                LineSummary(line=Line.SERVICING, gained_tasks=2, gained_minutes=10 * factor),
            ),
        )
        for factor, code in ((1, "fujian"), (2, "hunan"))
    ]
    overview = conversion.overview_out(7, summaries, ["fujian", "hunan", "xizang"], degraded=["hunan"])
    totals = overview.totals
    assert [province.province for province in overview.provinces] == ["fujian", "hunan", "xizang"]
    assert (totals.open_tasks.queued, totals.open_tasks.moving, totals.waiting.claims) == (9, 3, 9)
    assert (totals.signed_in_operators, totals.shared_open_count, totals.oldest_waiting_ms) == (6, 3, 200)
    assert totals.active_provinces == 1
    assert (totals.gained_task_count, totals.gained_minutes) == (6, 33)
    assert [list(province.closed_lines) for province in overview.provinces] == [[], [operator_pb2.LINE_CLAIMS], []]
    assert [province.expected_wait_ms for province in overview.provinces] == [50, 100, -1]
    degraded = province_pb2.PROVINCE_STATE_DEGRADED
    assert [province.state for province in overview.provinces[1:]] == [degraded, degraded]


@pytest.mark.parametrize(
    ("value", "evidence", "expected"),
    [(1.06, None, (0, False)), (1.06, 0.0, (0, True)), (1.06, 24.25, (24_250, False)), (None, 0.0, (0, False))],
)
def test_a_prior_is_told_from_a_fact(value: float | None, evidence: float | None, expected: tuple[int, bool]) -> None:
    """A client that sees no sample would take what is expected of everybody for a fact about somebody."""
    part = Contribution(
        parameter="operator_standard_efficiency",
        value=value,
        unit="ratio",
        evidence=evidence,
        points=5,
        weight=1,
        contribution=5,
    )
    told = routing.contribution_out(part)
    assert (told.sample_milli, told.prior_only) == expected


def test_points_beyond_the_contracts_integers_are_shown_as_the_most() -> None:
    """A task that waits for weeks under a model of steep ageing could not be explained at all."""
    ageing = 100_000 * 40 * 24 * 60
    part = Contribution(
        parameter="ageing", value=57_600.0, unit="min", evidence=None, points=ageing, weight=1, contribution=ageing
    )
    preview = MatchPreview(
        task_id=TaskId("fujian-1"),
        candidates=(),
        removed={},
        urgency=ageing,
        urgency_contributions=(part,),
        shares=Shares(),
        model_revision=1,
    )
    shown = conversion.match_preview_out(preview)
    [told] = shown.urgency_contributions
    assert (told.points, told.contribution, shown.urgency) == (2**31 - 1, ageing, ageing)
