"""Every bound of the contract is checked, and every mistake of a request is named."""

from collections.abc import Iterator
from typing import Any

import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from hypothesis import given
from hypothesis import strategies as st

from gateway import validation
from gateway.errors import GatewayError
from gateway.v1 import (
    admin_pb2,
    dispatch_pb2,
    drill_pb2,
    event_pb2,
    monitor_pb2,
    operator_pb2,
    province_pb2,
    quality_pb2,
    task_pb2,
    work_pb2,
)
from gateway.validation.checks import Rules, anything
from gateway.validation.task import CLOCK_SKEW_MAX_MS, SCHEDULE_MAX_MS

FILES = (
    admin_pb2,
    dispatch_pb2,
    drill_pb2,
    event_pb2,
    monitor_pb2,
    operator_pb2,
    province_pb2,
    quality_pb2,
    task_pb2,
    work_pb2,
)


def requests() -> dict[str, type[Message]]:
    """The request messages of all methods."""
    return {
        method.input_type.name: getattr(file, method.input_type.name)
        for file in FILES
        for service in file.DESCRIPTOR.services_by_name.values()
        for method in service.methods
    }


def new_task(**fields: Any) -> task_pb2.Task:
    """A task with what is required, and some fields more."""
    known: dict[str, Any] = {"external_id": "case-1", "kind": "claims-medical"}
    return task_pb2.Task(**known | fields)


def create(**fields: Any) -> task_pb2.CreateTaskRequest:
    """A request with one task."""
    return task_pb2.CreateTaskRequest(parent="provinces/fujian", request_id="r-1", task=new_task(**fields))


def wrong_fields(message: Message) -> list[str]:
    """The paths of what is wrong."""
    return [violation.field for violation in validation.violations_of(message)]


def test_every_request_has_rules() -> None:
    """A request without rules would let anything through to the province."""
    known = {kind.DESCRIPTOR.name for kind in validation.TABLE}
    assert known - {"WorkAction"} == set(requests())


def gaps(rules: Rules, message: type[Message] | Message, place: str) -> Iterator[str]:
    """Fields that have no rule, or a rule of the wrong sort."""
    for field in message.DESCRIPTOR.fields:
        here = f"{place}.{field.name}"
        rule = rules.fields.get(field.name)
        if rule is None:
            yield f"{here}: no rule"
        elif rule is anything:
            continue
        elif (field.type == FieldDescriptor.TYPE_MESSAGE and not field.is_repeated) is not isinstance(rule, Rules):
            yield f"{here}: the rule does not fit the field's type"
        elif isinstance(rule, Rules):
            yield from gaps(rule, getattr(message() if isinstance(message, type) else message, field.name), here)
    names = {field.name for field in message.DESCRIPTOR.fields}
    yield from (f"{place}.{name}: no such field" for name in {*rules.fields, *rules.required} - names)


@pytest.mark.parametrize("kind", validation.TABLE, ids=lambda kind: kind.DESCRIPTOR.name)
def test_every_field_has_a_rule(kind: type[Message]) -> None:
    """A field added to the contract must not be unbounded by oversight."""
    assert list(gaps(validation.TABLE[kind], kind, kind.DESCRIPTOR.name)) == []


def test_a_full_task_is_right() -> None:
    """Bounds one off would refuse what the contract allows."""
    message = create(
        priority=9,
        green_channel=True,
        amount_fen=1_000_000_000_000,
        required_authority=9,
        required_skills=[operator_pb2.SkillLevel(skill=f"s{number}", level=5) for number in range(16)],
        complexity=5,
        page_count=100_000,
        policy_count=10_000,
        missing_document_count=1_000,
        product="a" * 64,
        customer_tier=5,
        risk_score_permille=1_000,
        fraud_alert_level=3,
        privacy_level=4,
        language="zh-Hant-TW",
        preferred_operator="provinces/jiangxi/operators/10086",
        excluded_operators=["provinces/fujian/operators/fujian-op-7"] * 16,
        due_time_ms=4_000_000_000_000,
        note="理" * 2_000,
        # Output-only fields are ignored, whatever they hold.
        name="nonsense\0",
        token=-5,
        state=99,
        decision=task_pb2.Decision(amount_fen=-1),
    )
    assert wrong_fields(message) == []


BAD_TASK_FIELDS = [
    ("external_id", ""),
    ("external_id", "a" * 65),
    ("external_id", "a\0b"),
    ("external_id", "a b"),
    ("external_id", "a\u202eb"),
    ("external_id", "a\u200bb"),
    ("external_id", "保单"),
    ("external_id", "a\n"),
    ("kind", ""),
    ("kind", "../x"),
    ("priority", 10),
    ("priority", -1),
    ("amount_fen", -1),
    ("amount_fen", 1_000_000_000_001),
    ("required_authority", 10),
    ("complexity", 6),
    ("page_count", 100_001),
    ("policy_count", -1),
    ("missing_document_count", 1_001),
    ("customer_tier", 6),
    ("risk_score_permille", 1_001),
    ("fraud_alert_level", 4),
    ("privacy_level", 5),
    ("disaster_tag", "\x7f"),
    ("language", "x" * 17),
    ("preferred_operator", "fujian-op-7"),
    ("not_before_time_ms", -1),
    ("not_before_time_ms", 200_000_000_000_000),
    ("accepted_at_branch_time_ms", 200_000_000_000_000),
    ("due_time_ms", 2**62),
    ("note", "n" * 2_001),
    ("note", "a\0b"),
    ("statutory_due_time_ms", -1),
    ("return_count", 1_001),
]


@pytest.mark.parametrize(("field", "value"), BAD_TASK_FIELDS)
def test_a_wrong_field_of_a_task_is_named(field: str, value: object) -> None:
    """A branch integrator mends what is named; what is not named is stored for ever."""
    message = create(**{field: value})
    assert wrong_fields(message) == [f"task.{field}"]
    with pytest.raises(GatewayError, match="INVALID_ARGUMENT"):
        validation.check(message)


def test_all_mistakes_are_named_at_once() -> None:
    """Mending one mistake per round trip makes integrators give up."""
    skill = operator_pb2.SkillLevel
    message = task_pb2.CreateTaskRequest(
        parent="provinces/Fujian",
        task=task_pb2.Task(
            external_id="a\0",
            amount_fen=-1,
            required_skills=[skill(skill="a", level=1), skill(skill="a", level=9), skill(level=1)],
            excluded_operators=["provinces/fujian/operators/a", "b"],
        ),
    )
    assert sorted(wrong_fields(message)) == [
        "parent",
        "request_id",
        "task.amount_fen",
        "task.excluded_operators[1]",
        "task.external_id",
        "task.kind",
        "task.required_skills[1]",
        "task.required_skills[1].level",
        "task.required_skills[2].skill",
    ]


@pytest.mark.parametrize(
    ("message", "fields"),
    [
        (task_pb2.CreateTaskRequest(), ["parent", "request_id", "task"]),
        (task_pb2.GetTaskRequest(name="provinces/fujian/tasks/jiangxi-1"), ["name"]),
        (task_pb2.GetTaskRequest(name="provinces/fujian/tasks/fujian-01"), ["name"]),
        (task_pb2.GetTaskRequest(name="provinces/fujian/tasks/fujian-1\n"), ["name"]),
        (task_pb2.ListTasksRequest(parent="provinces/-", page_size=-1), ["page_size"]),
        (task_pb2.ListTasksRequest(parent="provinces/fujian", filter="x" * 501), ["filter"]),
        (task_pb2.ListTasksRequest(parent="provinces/fujian", page_token="\0"), ["page_token"]),
        (
            task_pb2.UpdateTaskRequest(task={"name": "provinces/fujian/tasks/fujian-1"}, request_id="r"),
            ["update_mask"],
        ),
        (
            task_pb2.UpdateTaskRequest(
                task={"name": "provinces/fujian/tasks/fujian-1"}, update_mask={"paths": ["note"]}, request_id="r"
            ),
            ["update_mask.paths"],
        ),
        (task_pb2.BatchCreateTasksRequest(), ["requests"]),
        (task_pb2.BatchCreateTasksRequest(requests=[{}] * 501), ["requests"]),
        (task_pb2.IngestTasksRequest(requests=[{}] * 200_000), ["requests"]),
        (task_pb2.BatchReassignTasksRequest(requests=[{}] * 101), ["requests"]),
        (
            operator_pb2.CreateOperatorRequest(
                parent="provinces/fujian",
                operator_id="a",
                operator={"authorities": [{"line": 9, "level": 1}], "capacity": 65, "clearance": -1},
                request_id="r",
            ),
            ["operator.authorities[0].line", "operator.capacity", "operator.clearance"],
        ),
        (
            operator_pb2.UpdateTaskKindRequest(
                task_kind={"name": "taskKinds/k", "line": 7, "tariff_fen": -1}, request_id="r"
            ),
            ["task_kind.line", "task_kind.tariff_fen"],
        ),
        (
            province_pb2.UpdateSharingPolicyRequest(
                sharing_policy={
                    "name": "provinces/fujian/sharingPolicy",
                    "share_out_mode": 9,
                    "share_out_ratio_permille": 1_001,
                    "allowed_hosts": ["hunan", "hunan"],
                },
                reason="why",
                request_id="r",
            ),
            [
                "sharing_policy.allowed_hosts[1]",
                "sharing_policy.share_out_mode",
                "sharing_policy.share_out_ratio_permille",
            ],
        ),
        (
            task_pb2.CreateTaskRequest(
                parent="provinces/fujian", task=new_task(prior_reason=task_pb2.PRIOR_REASON_APPEALED), request_id="r"
            ),
            ["task.prior_task"],
        ),
        (
            task_pb2.CreateTaskRequest(
                parent="provinces/fujian", task=new_task(prior_task="provinces/fujian/tasks/fujian-1"), request_id="r"
            ),
            ["task.prior_reason"],
        ),
        (
            task_pb2.CreateTaskRequest(
                parent="provinces/fujian",
                task=new_task(prior_operator="provinces/fujian/operators/a"),
                request_id="r",
            ),
            ["task.prior_task"],
        ),
        (
            task_pb2.CreateTaskRequest(
                parent="provinces/fujian", task=new_task(prior_task="fujian-1", prior_reason=9), request_id="r"
            ),
            ["task.prior_reason", "task.prior_task"],
        ),
        (
            operator_pb2.CreateOperatorRequest(
                parent="provinces/fujian",
                operator_id="a",
                operator={
                    "certificates": [{"line": 3}, {"expire_time_ms": -1}],
                    "hire_time_ms": -1,
                    "training_hours_90d": 2_161,
                    "hourly_cost_fen": 10_000_001,
                    "daily_quota_milli": -1,
                    "shift": {"start_minute": 1_440, "end_minute": -1},
                    "conflicts": ["a b"],
                    "training_kinds": ["k"] * 65,
                },
                request_id="r",
            ),
            [
                "operator.certificates[0].expire_time_ms",
                "operator.certificates[1].expire_time_ms",
                "operator.certificates[1].line",
                "operator.conflicts[0]",
                "operator.daily_quota_milli",
                "operator.hire_time_ms",
                "operator.hourly_cost_fen",
                "operator.shift.end_minute",
                "operator.shift.start_minute",
                "operator.training_hours_90d",
                "operator.training_kinds",
            ],
        ),
        (
            operator_pb2.CreateOperatorRequest(
                parent="provinces/fujian",
                operator_id="a",
                operator={"certificates": [{"line": 3, "expire_time_ms": 1}] * 17, "conflicts": ["c"] * 65},
                request_id="r",
            ),
            ["operator.certificates", "operator.conflicts"],
        ),
        (
            operator_pb2.UpdateTaskKindRequest(
                task_kind={
                    "name": "taskKinds/k",
                    "standard_minutes_by_complexity": [1, 2, 0, 4, 5],
                    "breach_points": 1_001,
                },
                request_id="r",
            ),
            ["task_kind.breach_points", "task_kind.standard_minutes_by_complexity[2]"],
        ),
        (
            operator_pb2.UpdateTaskKindRequest(
                task_kind={"name": "taskKinds/k", "standard_minutes_by_complexity": [1] * 4}, request_id="r"
            ),
            ["task_kind.standard_minutes_by_complexity"],
        ),
        (quality_pb2.SubmitReviewRequest(), ["findings", "request_id", "task"]),
        (
            quality_pb2.SubmitReviewRequest(task="provinces/fujian/tasks/fujian-1", findings={}, request_id="r"),
            ["findings.verdict"],
        ),
        (
            quality_pb2.SubmitReviewRequest(
                task="fujian-1",
                findings={
                    "verdict": 3,
                    "severity": 3,
                    "defect_code": "a b",
                    "amount_error_fen": -1,
                    "amount_reviewed_fen": 1_000_000_000_001,
                    "sampling_permille": 1_001,
                    "benchmark_permille": -1,
                    "comment": "c" * 2_001,
                },
                request_id="r",
            ),
            [
                "findings.amount_error_fen",
                "findings.amount_reviewed_fen",
                "findings.benchmark_permille",
                "findings.comment",
                "findings.defect_code",
                "findings.sampling_permille",
                "findings.severity",
                "findings.verdict",
                "task",
            ],
        ),
        (province_pb2.EvacuateProvinceRequest(name="provinces/fujian", request_id="r"), ["reason"]),
        *(
            (
                task_pb2.UpdateTaskRequest(
                    task={"name": "provinces/fujian/tasks/fujian-1"}, update_mask={"paths": paths}, request_id="r"
                ),
                ["update_mask.paths"],
            )
            for paths in ([], ["*"], ["note"], ["priority"] * 4)
        ),
        (
            operator_pb2.UpdateOperatorRequest(
                operator={"name": "provinces/fujian/operators/a"}, update_mask={"paths": ["*"]}, request_id="r"
            ),
            [],
        ),
        (
            province_pb2.UpdateProvinceRequest(
                province={"name": "provinces/fujian"}, update_mask={"paths": ["*"]}, request_id="r"
            ),
            ["update_mask.paths"],
        ),
        (operator_pb2.UpdateOperatorRequest(operator={"team": "a"}, request_id="r"), ["operator.name"]),
        (dispatch_pb2.GetRoutingDecisionRequest(name="provinces/fujian/tasks/fujian-1/decisions/0"), ["name"]),
        (dispatch_pb2.GetRoutingDecisionRequest(name="provinces/fujian/tasks/jiangxi-1/decisions/1"), ["name"]),
        (
            dispatch_pb2.ExplainTaskRequest(name="provinces/fujian/tasks/fujian-1", operator="a", language=9),  # pyright: ignore[reportArgumentType]
            ["language", "operator"],
        ),
        (
            dispatch_pb2.PreviewMatchRequest(name="provinces/fujian/tasks/fujian-1", candidates_max=1_001),
            ["candidates_max"],
        ),
        (dispatch_pb2.GetMatchingModelRequest(name="matchingModels/other", revision=-1), ["name", "revision"]),
        (
            dispatch_pb2.UpdateMatchingModelRequest(
                matching_model={
                    "name": "matchingModels/national",
                    "settings": [
                        {
                            "parameter": "Bad Name",
                            "breakpoints": [{"points": 1_001}],
                            "weights": [{"line": 1, "weight": 101}],
                        },
                        {"parameter": "task_priority_class", "breakpoints": [{}] * 9},
                    ],
                    "shares": [{"line": 1, "shares": {"quality": 101}}],
                    "filters": {"amount_authorities": [{"authority": 10}], "fraud_level_experienced": 4},
                    "exploration": {"risk_permille_max": 1_001},
                    "ageing_points_per_minute": 100_001,
                },
                update_mask={"paths": ["updater"]},
                reason="why",
                request_id="r",
            ),
            [
                "matching_model.ageing_points_per_minute",
                "matching_model.exploration.risk_permille_max",
                "matching_model.filters.amount_authorities[0].amount_fen",
                "matching_model.filters.amount_authorities[0].authority",
                "matching_model.filters.fraud_level_experienced",
                "matching_model.settings[0].breakpoints[0].points",
                "matching_model.settings[0].parameter",
                "matching_model.settings[0].weights[0].weight",
                "matching_model.settings[1].breakpoints",
                "matching_model.shares[0].shares.quality",
                "update_mask.paths",
            ],
        ),
        (
            event_pb2.StreamEventsRequest(cursors=[{"province": "fujian", "after_position": -2}]),
            ["cursors[0].after_position"],
        ),
        (event_pb2.StreamEventsRequest(cursors=[{"province": "fujian"}] * 2), ["cursors[1]"]),
        (monitor_pb2.WatchOverviewRequest(interval_ms=199), ["interval_ms"]),
        (admin_pb2.VerifyJournalRequest(journal="../../etc"), ["journal"]),
        (work_pb2.WorkAction(), ["action"]),
        (work_pb2.WorkAction(start={"task": "x"}), ["start.task", "start.token"]),
        (work_pb2.WorkAction(heartbeat={}), []),
        (work_pb2.WorkAction(sign_out={}), ["operator", "request_id"]),
        (
            work_pb2.WorkAction(
                operator="provinces/fujian/operators/a",
                renew={"task": "provinces/fujian/tasks/fujian-1", "token": 1},
            ),
            [],
        ),
        (
            work_pb2.CompleteAssignmentRequest(
                operator="provinces/fujian/operators/a",
                request_id="r",
                task="provinces/fujian/tasks/fujian-1",
                token=1,
                verdict=task_pb2.VERDICT_DECLINED,
                amount_fen=1,
            ),
            ["amount_fen"],
        ),
        *(
            (
                work_pb2.WorkAction(
                    operator="provinces/fujian/operators/a",
                    request_id="r",
                    complete={
                        "task": "provinces/fujian/tasks/fujian-1",
                        "token": 1,
                        "verdict": verdict,
                        "amount_fen": amount_fen,
                    },
                ),
                fields,
            )
            for verdict, amount_fen, fields in (
                (task_pb2.VERDICT_APPROVED, 1, []),
                (task_pb2.VERDICT_DECLINED, 0, []),
                (task_pb2.VERDICT_DECLINED, 1, ["complete.amount_fen"]),
            )
        ),
        (
            work_pb2.SetPresenceAction(presence=operator_pb2.PRESENCE_OFFLINE),
            ["set_presence.presence"],
        ),
        (work_pb2.HeartbeatRequest(operators=["provinces/fujian/operators/a"] * 501), ["operators"]),
        (work_pb2.HeartbeatRequest(operators=["provinces/fujian/operators/a"], desk_id="a/b"), ["desk_id"]),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Message) else "",
)
def test_requests_with_mistakes(message: Message, fields: list[str]) -> None:
    """One example or more of each kind of bound, over all services."""
    if isinstance(message, work_pb2.SetPresenceAction):
        message = work_pb2.WorkAction(operator="provinces/fujian/operators/a", request_id="r", set_presence=message)
    assert sorted(wrong_fields(message)) == fields


MINUTES = st.integers(0, 1_439)


def minutes_in(start: int, end: int) -> list[int]:
    """Every minute of the day from one to another, over midnight if need be."""
    return [(start + passed) % 1_440 for passed in range((end - start) % 1_440)]


@given(MINUTES, MINUTES, MINUTES, MINUTES)
def test_a_shift_is_a_time_of_the_day_with_its_break_inside(start: int, end: int, away: int, back: int) -> None:
    """A break that lies outside would be taken off hours that nobody works; a night shift is a shift."""
    shift = operator_pb2.Shift(start_minute=start, end_minute=end, break_start_minute=away, break_end_minute=back)
    request = operator_pb2.CreateOperatorRequest(
        parent="provinces/fujian", operator_id="a", operator={"shift": shift}, request_id="r"
    )
    at_work, at_rest = minutes_in(start, end), minutes_in(away, back)
    # The break is one stretch of the shift: it begins in it and goes on in its order.
    inside = not at_rest or (away in at_work and at_work[at_work.index(away) :][: len(at_rest)] == at_rest)
    expected = (
        ["operator.shift.end_minute"] if start == end else [] if inside else ["operator.shift.break_start_minute"]
    )
    assert wrong_fields(request) == expected


@pytest.mark.parametrize(
    ("findings", "wrong"),
    [
        ({"verdict": 1}, []),
        ({"verdict": 1, "severity": 1, "defect_code": "form"}, []),
        ({"verdict": 2, "severity": 2, "defect_code": "amount"}, []),
        ({"verdict": 2}, ["findings.severity"]),
        ({"verdict": 2, "severity": 1}, ["findings.defect_code"]),
        ({"verdict": 1, "severity": 2, "defect_code": "amount"}, ["findings.severity"]),
        ({"verdict": 1, "defect_code": "form"}, ["findings.defect_code"]),
        ({"verdict": 1, "amount_error_fen": 1}, ["findings.amount_reviewed_fen"]),
        ({"verdict": 1, "amount_error_fen": 1, "amount_reviewed_fen": 1}, []),
    ],
)
def test_findings_do_not_contradict_themselves(findings: dict[str, Any], wrong: list[str]) -> None:
    """A critical defect that has passed would count for a person and against them at once."""
    request = quality_pb2.SubmitReviewRequest(task="provinces/fujian/tasks/fujian-1", findings=findings, request_id="r")
    assert wrong_fields(request) == wrong


@pytest.mark.parametrize(
    ("drill", "wrong"),
    [
        ({"kind": 1, "provinces": ["fujian"], "objectives": [{"figure": "moved", "at_least": 0}]}, []),
        ({"kind": 1, "provinces": ["福建"]}, ["drill.provinces[0]"]),
        ({"kind": 99}, ["drill.kind"]),
        ({"kind": 1, "duration_ms": 999}, ["drill.duration_ms"]),
        ({"kind": 1, "duration_ms": 600_001}, ["drill.duration_ms"]),
        ({"kind": 1, "operators_max_permille": 1_001}, ["drill.operators_max_permille"]),
        ({"kind": 1, "objectives": [{"figure": "beauty", "at_most": 1}]}, ["drill.objectives[0].figure"]),
        ({"kind": 1, "objectives": [{"figure": "moved"}]}, ["drill.objectives[0].at_most"]),
        ({"kind": 1, "objectives": [{"figure": "lost", "at_most": 0, "at_least": 0}]}, ["drill.objectives[0].at_most"]),
        ({"kind": drill_pb2.DRILL_KIND_SURGE, "factor_permille": 1_001}, []),
        ({"kind": drill_pb2.DRILL_KIND_SURGE}, ["drill.factor_permille"]),
        ({"kind": drill_pb2.DRILL_KIND_SURGE, "factor_permille": 1_001, "shadow_tasks": 1}, ["drill.shadow_tasks"]),
        ({"kind": drill_pb2.DRILL_KIND_SNOW, "shadow_tasks": 5_000}, []),
        ({"kind": drill_pb2.DRILL_KIND_SNOW, "factor_permille": 1_001}, ["drill.factor_permille"]),
    ],
)
def test_a_drill_keeps_within_its_bounds(drill: dict[str, Any], wrong: list[str]) -> None:
    """A fault without an end, or an objective that nothing can miss, would be taken for a drill."""
    request = drill_pb2.CreateDrillRequest(drill=drill_pb2.Drill(**drill), request_id="r")
    assert wrong_fields(request) == wrong


@pytest.mark.parametrize(
    ("field", "latest_ms"),
    [("not_before_time_ms", SCHEDULE_MAX_MS), ("accepted_at_branch_time_ms", CLOCK_SKEW_MAX_MS)],
)
def test_times_ahead_are_bounded(monkeypatch: pytest.MonkeyPatch, field: str, latest_ms: int) -> None:
    """A task scheduled for the next century would wait unseen, one accepted tomorrow would never be late; a branch's clock may be a little fast."""
    now_ms = 1_800_000_000_000
    monkeypatch.setattr("gateway.validation.task.time.time_ns", lambda: now_ms * 1_000_000)
    assert wrong_fields(create(**{field: now_ms + latest_ms})) == []
    assert wrong_fields(create(**{field: now_ms + latest_ms + 1})) == [f"task.{field}"]


@pytest.mark.parametrize(
    ("date", "wrong"),
    [
        ("2026-02-15", []),
        ("2024-02-29", []),
        *(
            (text, ["calendar.local_days[0].date"])
            for text in ("2026-02-29", "2026-2-15", "20260215", "2026-W07-7", "2026-02-15 ", "tomorrow", "")
        ),
    ],
)
def test_a_special_day_is_a_date_of_one_form(date: str, wrong: list[str]) -> None:
    """A holiday that is read as another day closes the branch on that one."""
    calendar = {"name": "provinces/fujian/calendar", "local_days": [{"date": date}]}
    request = province_pb2.UpdateCalendarRequest(calendar=calendar, reason="why", request_id="r")
    assert wrong_fields(request) == wrong


def test_a_renewal_needs_no_request_id() -> None:
    """Desks renew every few seconds; the contract makes the id optional there and nowhere else on work in hand."""
    hold = {"operator": "provinces/fujian/operators/a", "task": "provinces/fujian/tasks/fujian-1", "token": 1}
    assert wrong_fields(work_pb2.RenewAssignmentRequest(**hold)) == []
    assert wrong_fields(work_pb2.StartAssignmentRequest(**hold)) == ["request_id"]


@given(data=st.data())
def test_no_bytes_crash_the_checks(data: st.DataObject) -> None:
    """Whatever decodes is judged: a check that raises would leave as INTERNAL."""
    kind = data.draw(st.sampled_from(sorted(requests().values(), key=lambda kind: kind.DESCRIPTOR.name)))
    message = data.draw(messages(kind))
    for violation in validation.violations_of(message):
        assert violation.field and violation.description
        assert "\0" not in violation.description


def messages(kind: type[Message], depth: int = 3) -> st.SearchStrategy[Message]:
    """Messages with some fields set to anything that the wire can carry."""

    @st.composite
    def build(draw: st.DrawFn) -> Message:
        message = kind()
        fields = list(kind.DESCRIPTOR.fields)
        for field in draw(st.lists(st.sampled_from(fields), max_size=6)) if fields else []:
            if field.message_type is not None and depth == 0:
                continue
            if field.message_type is not None:
                child = type(getattr(message, field.name).add() if field.is_repeated else getattr(message, field.name))
                values = draw(st.lists(messages(child, depth - 1), min_size=1, max_size=2))
                target = getattr(message, field.name)
                if field.is_repeated:
                    del target[:]
                    target.extend(values)
                else:
                    target.CopyFrom(values[0])
            elif field.is_repeated:
                getattr(message, field.name)[:] = draw(st.lists(scalars(field), max_size=3))
            else:
                setattr(message, field.name, draw(scalars(field)))
        return message

    return build()


def scalars(field: Any) -> st.SearchStrategy[Any]:
    """Values that the wire can carry in a field."""
    if field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
        return st.text(max_size=80) | st.sampled_from(
            ["provinces/fujian", "provinces/fujian/tasks/fujian-1", "provinces/fujian/operators/a", "\0", "taskKinds/k"]
        )
    if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
        return st.booleans()
    if field.cpp_type == FieldDescriptor.CPPTYPE_INT64:
        return st.integers(-(2**63), 2**63 - 1)
    return st.integers(-(2**31), 2**31 - 1)
