"""The table method by role."""

from collections.abc import Iterator

import pytest

from gateway import permissions
from gateway.errors import GatewayError
from gateway.identity import Identity, Role
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
DECIDING = (
    "Work",
    "FetchNextTask",
    "AcceptOffer",
    "DeclineOffer",
    "StartAssignment",
    "RenewAssignment",
    "SuspendAssignment",
    "CompleteAssignment",
    "ReturnTask",
    "ReferAssignment",
    "ReleaseAssignment",
)
READING = ("Get", "List", "Watch", "Stream", "Verify", "Explain", "Preview", "Diagnose")


def methods() -> Iterator[str]:
    """Every method of the contract, as calls name it."""
    for file in FILES:
        for service in file.DESCRIPTOR.services_by_name.values():
            for method in service.methods:
                yield f"/{service.full_name}/{method.name}"


def identity(role: Role, province: str = "fujian") -> Identity:
    """An identity of this role."""
    return Identity(role=role, subject="s", province=province)


def may(role: Role, method: str) -> bool:
    """Whether the role may call the method at all."""
    return permissions.reach_of(identity(role), method) is not None


def test_the_table_has_a_row_for_every_method_and_for_nothing_else() -> None:
    """A method without a row is denied to all; a row without a method is a right that nobody reviews."""
    assert sorted(permissions.TABLE) == sorted(methods())


@pytest.mark.parametrize("role", list(Role))
def test_what_is_not_listed_is_denied(role: Role) -> None:
    """A new method must not be open until somebody has thought about it."""
    with pytest.raises(GatewayError, match="PERMISSION_DENIED"):
        permissions.admit(identity(role, "*"), "/sharedops.v1.TaskService/BurnTask")


@pytest.mark.parametrize("method", DECIDING)
def test_only_desks_take_and_decide_work(method: str) -> None:
    """Operations staff who can decide a task could approve a claim without any operator's authority."""
    full = f"/sharedops.v1.WorkService/{method}"
    assert [role for role in Role if may(role, full)] == [Role.OPERATOR]


@pytest.mark.parametrize(("role", "reports"), [(Role.AUDITOR, ["SubmitReview"]), (Role.FINANCE, [])])
def test_auditors_and_finance_change_nothing(role: Role, reports: list[str]) -> None:
    """An auditor who can change what they audit is no auditor; what they have found is theirs to say."""
    allowed = [method.rpartition("/")[2] for method in methods() if may(role, method)]
    assert [name for name in allowed if not name.startswith(READING)] == reports


def test_nobody_who_is_reviewed_writes_reviews() -> None:
    """A desk or a team lead would pass its own decisions."""
    full = "/sharedops.v1.QualityService/SubmitReview"
    assert [role for role in Role if may(role, full)] == [Role.OPS, Role.AUDITOR]


def test_operations_staff_may_do_everything_else() -> None:
    """A duty officer who is refused in an outage loses minutes."""
    denied = {method.rpartition("/")[2] for method in methods() if not may(Role.OPS, method)}
    assert denied == {*DECIDING, "SignIn", "Heartbeat"}


def test_those_who_are_compared_do_not_read_the_comparison() -> None:
    """A branch system, or a colleague, would learn how fast and how faulty a named person works."""
    for method in methods():
        service, _, name = method.rpartition("/")
        if service.endswith(".DispatchService"):
            readers = {role for role in Role if may(role, method)}
            assert readers <= {Role.TEAM_LEAD, Role.OPS, Role.AUDITOR}, name
            assert ("Model" in name and not name.startswith(READING)) is (readers == {Role.OPS}), name


@pytest.mark.parametrize("role", list(Role))
def test_a_method_that_is_denied_is_open_for_no_province(role: Role) -> None:
    """A service may ask for what a request names alone, and must not let in whom the method is closed to."""
    for method in methods():
        if not may(role, method):
            with pytest.raises(GatewayError, match="PERMISSION_DENIED"):
                permissions.check_province(identity(role), method, "fujian")
            with pytest.raises(GatewayError, match="PERMISSION_DENIED"):
                permissions.check_task(identity(role), method, "fujian", "fujian")


@pytest.mark.parametrize("role", list(Role))
def test_an_identity_of_every_province_passes_in_each(role: Role) -> None:
    """One workbench may serve several provinces; a head office's branch system creates for all."""
    for method in methods():
        if may(role, method):
            permissions.check_province(identity(role, "*"), method, "jiangxi")
            permissions.check_task(identity(role, "*"), method, "jiangxi", "hunan")
            assert permissions.visible_province(identity(role, "*"), method) is None


GET_TASK = "/sharedops.v1.TaskService/GetTask"


@pytest.mark.parametrize(
    ("role", "home", "host", "seen"),
    [
        (Role.BRANCH, "fujian", "jiangxi", True),
        (Role.BRANCH, "jiangxi", "fujian", False),
        (Role.TEAM_LEAD, "jiangxi", "fujian", True),
        (Role.TEAM_LEAD, "jiangxi", "hunan", False),
        (Role.OPERATOR, "jiangxi", "fujian", True),
        (Role.OPS, "jiangxi", "hunan", True),
        (Role.AUDITOR, "jiangxi", "hunan", True),
    ],
)
def test_who_sees_a_task(role: Role, home: str, host: str, seen: bool) -> None:
    """I10: a branch system reads no other branch's tasks, not even those that its own province works on."""
    assert permissions.may_see_task(identity(role), GET_TASK, home, host) is seen


def test_a_workbench_acts_for_its_own_operators_only() -> None:
    """A stolen desk token of one province must not complete tasks in another."""
    method = "/sharedops.v1.WorkService/CompleteAssignment"
    workbench = Identity(role=Role.OPERATOR, subject="s", province="fujian", operators=("fujian-op-1",))
    permissions.check_operator(workbench, method, "fujian-op-1")
    for other in ("fujian-op-2", "jiangxi-op-1", "fujian-~op-1"):
        with pytest.raises(GatewayError, match="PERMISSION_DENIED"):
            permissions.check_operator(workbench, method, other)


def test_health_and_reflection_need_no_identity() -> None:
    """A load balancer has no token; a method that only looks public must not slip through."""
    assert permissions.is_public("/grpc.health.v1.Health/Check")
    assert not permissions.is_public("/sharedops.v1.TaskService/GetTask")
    assert not permissions.is_public("/grpc.health.v1.HealthX/Check")
