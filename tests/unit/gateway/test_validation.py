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
from gateway.v1 import admin_pb2, event_pb2, monitor_pb2, operator_pb2, province_pb2, task_pb2, work_pb2
from gateway.validation.checks import Rules, anything

FILES = (admin_pb2, event_pb2, monitor_pb2, operator_pb2, province_pb2, task_pb2, work_pb2)


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
        (province_pb2.EvacuateProvinceRequest(name="provinces/fujian", request_id="r"), ["reason"]),
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
        (
            work_pb2.SetPresenceAction(presence=operator_pb2.PRESENCE_OFFLINE),
            ["set_presence.presence"],
        ),
        (work_pb2.HeartbeatRequest(operators=["provinces/fujian/operators/a"] * 501), ["operators"]),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Message) else "",
)
def test_requests_with_mistakes(message: Message, fields: list[str]) -> None:
    """One example or more of each kind of bound, over all services."""
    if isinstance(message, work_pb2.SetPresenceAction):
        message = work_pb2.WorkAction(operator="provinces/fujian/operators/a", request_id="r", set_presence=message)
    assert sorted(wrong_fields(message)) == fields


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
