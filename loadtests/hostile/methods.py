"""Every method that the gateway answers, found in the contract's descriptors, and a valid message for each.

Control methods are aimed at a province of the attacker's own, and never at that of the honest client: a mutated message may well still be
a valid order to suspend a province, and must then be obeyed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from google.protobuf.descriptor import FieldDescriptor, MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2

from gateway.v1 import (
    admin_pb2,
    dispatch_pb2,
    event_pb2,
    monitor_pb2,
    operator_pb2,
    province_pb2,
    quality_pb2,
    task_pb2,
    work_pb2,
)

#: The contract's modules with services.
MODULES: tuple[Any, ...] = (
    task_pb2,
    work_pb2,
    operator_pb2,
    province_pb2,
    dispatch_pb2,
    quality_pb2,
    monitor_pb2,
    event_pb2,
    admin_pb2,
    health_pb2,
    reflection_pb2,
)
#: What must never come back in a status, nor be found in a log: it stands for a customer's data in every text that is sent.
PERSONAL = ("350102199003071234", "13800138000", "欧阳锋某")
_PERSONAL_TEXT = f"客户 {PERSONAL[2]} 身份证 {PERSONAL[0]} 电话 {PERSONAL[1]}"


@dataclass(frozen=True, slots=True)
class Method:
    """One method of the gateway."""

    path: str
    request: type[Message]
    is_answered_by_stream: bool
    takes_stream: bool

    @property
    def service(self) -> str:
        """Name of the service without its package."""
        return self.path.split("/")[1].rpartition(".")[2]

    @property
    def name(self) -> str:
        """Name within the service."""
        return self.path.rpartition("/")[2]


def every_method() -> list[Method]:
    """All methods of all services, health and reflection included."""
    return [
        _method(method)
        for module in MODULES
        for service in module.DESCRIPTOR.services_by_name.values()
        for method in service.methods
    ]


def _method(method: MethodDescriptor) -> Method:
    return Method(
        path=f"/{method.containing_service.full_name}/{method.name}",
        request=GetMessageClass(method.input_type),
        is_answered_by_stream=method.server_streaming,
        takes_stream=method.client_streaming,
    )


@dataclass(frozen=True, slots=True)
class Target:
    """Whom the messages are about."""

    #: The attacker's own province.
    province: str
    #: A kind of task that exists.
    kind: str


def sample(request: type[Message], target: Target, number: int) -> Message:
    """A valid, or nearly valid, message; `number` makes its ids unique."""
    message = request()
    _fill(message, target, number, depth=3)
    return message


def _fill(message: Message, target: Target, number: int, depth: int) -> None:
    taken: set[str] = set()
    for field in message.DESCRIPTOR.fields:
        group = field.containing_oneof
        if group is not None and group.name in taken:
            continue
        if _set(message, field, target, number, depth) and group is not None:
            taken.add(group.name)


def _set(message: Message, field: Any, target: Target, number: int, depth: int) -> bool:
    if field.message_type is not None:
        if depth == 0 or field.message_type.GetOptions().map_entry:
            return False
        part = getattr(message, field.name)
        _fill(part.add() if field.is_repeated else part, target, number, depth - 1)
        if not field.is_repeated:
            part.SetInParent()
        return True
    if field.name in _LEFT_OUT:
        return False
    value = _value(message, field, target, number)
    if field.is_repeated:
        getattr(message, field.name).append(value)
    else:
        setattr(message, field.name, value)
    return True


#: Set, they would make nearly every sample wrong in itself, or let it cost far more than it shows.
_LEFT_OUT = (
    "page_token",
    "etag",
    "filter",
    "order_by",
    "paths",
    "not_before_time_ms",
    "accepted_at_branch_time_ms",
    # A shift that ends when it begins; a table of one entry where five belong.
    "end_minute",
    "standard_minutes_by_complexity",
)


def _value(message: Message, field: Any, target: Target, number: int) -> Any:
    if field.enum_type is not None:
        return field.enum_type.values[min(1, len(field.enum_type.values) - 1)].number
    if field.type == FieldDescriptor.TYPE_STRING:
        if field.name == "name":
            return _name_of(message, target, number)
        if field.name == "reason" and message.DESCRIPTOR.file.name.endswith("province.proto"):
            # Why a province takes no work is told to everybody who sends it some, so nobody writes customers' data there.
            return "heavy snow"
        return _TEXTS.get(field.name, _plain)(target, number)
    if field.type == FieldDescriptor.TYPE_BOOL:
        return False
    return 2


def _name_of(message: Message, target: Target, number: int) -> str:
    kind = message.DESCRIPTOR.name
    for mark, form in _NAMES:
        if mark in kind:
            return form(target, number)
    return f"provinces/{target.province}"


def _plain(target: Target, number: int) -> str:
    del target
    return f"hostile-{number}"


def _task_name(target: Target, number: int) -> str:
    return f"provinces/{target.province}/tasks/{target.province}-{number % 500 + 1}"


def _operator_name(target: Target, number: int) -> str:
    return f"provinces/{target.province}/operators/{target.province}-op-{number % 3 + 1}"


_Text = Callable[[Target, int], str]
_NAMES: Sequence[tuple[str, _Text]] = (
    ("MatchingModel", lambda _target, _number: "matchingModels/national"),
    ("RoutingDecisionRequest", lambda target, number: f"{_task_name(target, number)}/decisions/1"),
    ("PreviewMatch", _task_name),
    ("SharingPolicy", lambda target, _: f"provinces/{target.province}/sharingPolicy"),
    ("TaskKind", lambda _target, number: f"taskKinds/hostile-{number % 50}"),
    ("Task", _task_name),
    ("Operator", _operator_name),
)
#: Plausible texts by the field's name.
_TEXTS: dict[str, _Text] = {
    "parent": lambda target, _: f"provinces/{target.province}",
    "province": lambda target, _: target.province,
    "kind": lambda target, _: target.kind,
    "task": _task_name,
    "prior_task": _task_name,
    "prior_operator": _operator_name,
    "training_kinds": lambda target, _: target.kind,
    "conflicts": lambda _target, _number: PERSONAL[0],
    "comment": lambda _target, _number: _PERSONAL_TEXT,
    "operator": _operator_name,
    "parameter": lambda _target, _number: "task_priority_class",
    "preferred_operator": _operator_name,
    "excluded_operators": _operator_name,
    "customer_id": lambda _target, _number: PERSONAL[0],
    "note": lambda _target, _number: _PERSONAL_TEXT,
    "reason": lambda _target, _number: _PERSONAL_TEXT,
    "display_name": lambda _target, _number: _PERSONAL_TEXT,
    # A journal that exists would be read whole for each such message.
    "journal": lambda _target, _number: "atlantis",
    "language": lambda _target, _number: "zh-CN",
    "local_rule_provinces": lambda target, _: target.province,
}
