"""Who may do what: one table, method by role. What is not in it is denied.

Theory of operation
-------------------
A cell says how far the role's right to the method reaches:

* OWN: the identity's own province. For a branch system that is the province where its tasks arose (their home), wherever they are
  worked on. For a team lead and a workbench it is also what their province hosts, since somebody has to work there.
* ALL: the whole country.

`admit` answers for the method as a whole, before the request is read; `check_province`, `check_task` and `check_operator` answer for
what the request names. An identity of province ``*`` passes every OWN.

Nobody but an operator's desk takes, holds or decides work: operations staff and team leads may only end a session.

A token that names its operators reads of a task what these may see: what one of them has, or has had, and what one of them is cleared for.
A token of everybody of a province stands for those who are cleared, too.

Why a task went to whom is for those who lead people, and for auditors: an explanation compares named persons by their speed, errors and
absences. A branch system asks where its task is (GetTask); an operator sees their own figures, nobody else's.
"""

from collections.abc import Iterable
from enum import Enum
from typing import NamedTuple

from actors.core.refusal import Reason
from actors.core.task import Task
from gateway import names
from gateway.errors import GatewayError, GatewayReason
from gateway.identity import Identity, Role

_PACKAGE = "/sharedops.v1."

#: Services that answer anybody: they hold nothing of the trade.
PUBLIC_SERVICES = (
    "grpc.health.v1.Health",
    "grpc.reflection.v1.ServerReflection",
    "grpc.reflection.v1alpha.ServerReflection",
)


class Reach(Enum):
    """How far a right goes."""

    OWN = "own"
    ALL = "all"


class Row(NamedTuple):
    """The rights to one method, by role; None: denied."""

    branch: Reach | None = None
    operator: Reach | None = None
    team_lead: Reach | None = None
    ops: Reach | None = None
    auditor: Reach | None = None
    finance: Reach | None = None


#: Failures to read a task that tell something of it.
_TELLING = (Reason.UNKNOWN_TASK.value.upper(), GatewayReason.IN_TRANSIT.value.upper())
_O, _A = Reach.OWN, Reach.ALL
_N = None

#: Full method name -> rights.       branch, operator, team lead, ops, auditor, finance
TABLE: dict[str, Row] = {
    f"{_PACKAGE}{method}": row
    for method, row in {
        "TaskService/CreateTask": Row(_O, _N, _N, _A, _N, _N),
        "TaskService/BatchCreateTasks": Row(_O, _N, _N, _A, _N, _N),
        "TaskService/IngestTasks": Row(_O, _N, _N, _A, _N, _N),
        "TaskService/GetTask": Row(_O, _O, _O, _A, _A, _A),
        "TaskService/ListTasks": Row(_O, _N, _O, _A, _A, _A),
        "TaskService/UpdateTask": Row(_O, _N, _O, _A, _N, _N),
        "TaskService/CancelTask": Row(_O, _N, _O, _A, _N, _N),
        "TaskService/ResumeTask": Row(_O, _N, _O, _A, _N, _N),
        "TaskService/ReassignTask": Row(_N, _N, _O, _A, _N, _N),
        "TaskService/BatchReassignTasks": Row(_N, _N, _O, _A, _N, _N),
        "WorkService/SignIn": Row(_N, _O, _N, _N, _N, _N),
        "WorkService/SignOut": Row(_N, _O, _O, _A, _N, _N),
        "WorkService/Heartbeat": Row(_N, _O, _N, _N, _N, _N),
        "WorkService/Work": Row(_N, _O, _N, _N, _N, _N),
        "WorkService/FetchNextTask": Row(_N, _O, _N, _N, _N, _N),
        "WorkService/AcceptOffer": Row(_N, _O, _N, _N, _N, _N),
        "WorkService/DeclineOffer": Row(_N, _O, _N, _N, _N, _N),
        "WorkService/StartAssignment": Row(_N, _O, _N, _N, _N, _N),
        "WorkService/RenewAssignment": Row(_N, _O, _N, _N, _N, _N),
        "WorkService/SuspendAssignment": Row(_N, _O, _N, _N, _N, _N),
        "WorkService/CompleteAssignment": Row(_N, _O, _N, _N, _N, _N),
        "WorkService/ReturnTask": Row(_N, _O, _N, _N, _N, _N),
        "WorkService/ReferAssignment": Row(_N, _O, _N, _N, _N, _N),
        "WorkService/ReleaseAssignment": Row(_N, _O, _N, _N, _N, _N),
        "OperatorService/GetOperator": Row(_N, _O, _O, _A, _A, _A),
        "OperatorService/ListOperators": Row(_N, _N, _O, _A, _A, _A),
        "OperatorService/CreateOperator": Row(_N, _N, _O, _A, _N, _N),
        "OperatorService/UpdateOperator": Row(_N, _N, _O, _A, _N, _N),
        "OperatorService/DeleteOperator": Row(_N, _N, _O, _A, _N, _N),
        "OperatorService/BatchUpdateOperators": Row(_N, _N, _O, _A, _N, _N),
        "OperatorService/GetTaskKind": Row(_A, _A, _A, _A, _A, _A),
        "OperatorService/ListTaskKinds": Row(_A, _A, _A, _A, _A, _A),
        "OperatorService/UpdateTaskKind": Row(_N, _N, _N, _A, _N, _N),
        "OperatorService/GetOperatorWorkload": Row(_N, _O, _O, _A, _A, _A),
        "ProvinceService/GetProvince": Row(_O, _O, _O, _A, _A, _A),
        "ProvinceService/ListProvinces": Row(_N, _N, _A, _A, _A, _A),
        "ProvinceService/UpdateProvince": Row(_N, _N, _N, _A, _N, _N),
        "ProvinceService/SuspendProvince": Row(_N, _N, _N, _A, _N, _N),
        "ProvinceService/ResumeProvince": Row(_N, _N, _N, _A, _N, _N),
        "ProvinceService/DrainProvince": Row(_N, _N, _N, _A, _N, _N),
        "ProvinceService/EvacuateProvince": Row(_N, _N, _N, _A, _N, _N),
        "ProvinceService/GetSharingPolicy": Row(_N, _N, _O, _A, _A, _A),
        "ProvinceService/UpdateSharingPolicy": Row(_N, _N, _N, _A, _N, _N),
        "ProvinceService/ListSharingPolicyRevisions": Row(_N, _N, _O, _A, _A, _A),
        "ProvinceService/RollbackSharingPolicy": Row(_N, _N, _N, _A, _N, _N),
        "ProvinceService/ApproveSharingPolicyChange": Row(_N, _N, _N, _A, _N, _N),
        "ProvinceService/GetCalendar": Row(_O, _O, _O, _A, _A, _A),
        "ProvinceService/UpdateCalendar": Row(_N, _N, _N, _A, _N, _N),
        "DispatchService/GetRoutingDecision": Row(_N, _N, _O, _A, _A, _N),
        "DispatchService/ListRoutingDecisions": Row(_N, _N, _O, _A, _A, _N),
        "DispatchService/ExplainTask": Row(_N, _N, _O, _A, _A, _N),
        "DispatchService/PreviewMatch": Row(_N, _N, _O, _A, _A, _N),
        "DispatchService/DiagnoseQueue": Row(_N, _N, _O, _A, _A, _N),
        "DispatchService/ListMatchingParameters": Row(_N, _N, _A, _A, _A, _N),
        "DispatchService/GetMatchingModel": Row(_N, _N, _A, _A, _A, _N),
        "DispatchService/UpdateMatchingModel": Row(_N, _N, _N, _A, _N, _N),
        "DispatchService/ListMatchingModelRevisions": Row(_N, _N, _A, _A, _A, _N),
        "DispatchService/RollbackMatchingModel": Row(_N, _N, _N, _A, _N, _N),
        "MonitorService/GetOverview": Row(_N, _N, _A, _A, _A, _A),
        "MonitorService/WatchOverview": Row(_N, _N, _A, _A, _A, _A),
        "EventService/ListEvents": Row(_O, _N, _O, _A, _A, _A),
        "EventService/StreamEvents": Row(_O, _N, _O, _A, _A, _A),
        "QualityService/SubmitReview": Row(_N, _N, _N, _A, _A, _N),
        "DrillService/CreateDrill": Row(_N, _N, _N, _A, _N, _N),
        "DrillService/StartDrill": Row(_N, _N, _N, _A, _N, _N),
        "DrillService/AbortDrill": Row(_N, _N, _N, _A, _N, _N),
        "DrillService/GetDrill": Row(_N, _N, _N, _A, _A, _N),
        "DrillService/ListDrills": Row(_N, _N, _N, _A, _A, _N),
        "AdminService/GetServerInfo": Row(_A, _A, _A, _A, _A, _A),
        "AdminService/ListProvinceRuntimes": Row(_N, _N, _N, _A, _A, _N),
        "AdminService/VerifyJournal": Row(_N, _N, _N, _A, _A, _A),
    }.items()
}


def is_public(method: str) -> bool:
    """Whether a method (``/package.Service/Method``) answers without an identity."""
    return method[1:].partition("/")[0] in PUBLIC_SERVICES


def reach_of(identity: Identity, method: str) -> Reach | None:
    """How far the identity's right to the method goes; None: denied."""
    row = TABLE.get(method)
    reach: Reach | None = getattr(row, identity.role.value) if row is not None else None
    if reach is Reach.OWN and identity.is_of("*"):
        return Reach.ALL
    return reach


def admit(identity: Identity, method: str) -> None:
    """Let a call in, as far as its method alone decides.

    Raises:
        GatewayError: PERMISSION_DENIED.
    """
    if reach_of(identity, method) is None:
        raise denied(f"The role {identity.role.value} may not call {method.rpartition('/')[2]}.")


def visible_province(identity: Identity, method: str) -> str | None:
    """The only province that the identity may use the method on; None: all of them."""
    return identity.province if reach_of(identity, method) is Reach.OWN else None


def check_province(identity: Identity, method: str, province: str) -> None:
    """Let a request for one province in.

    Raises:
        GatewayError: PERMISSION_DENIED.
    """
    admit(identity, method)
    if reach_of(identity, method) is Reach.OWN and province != identity.province:
        raise denied(f"The identity belongs to province {identity.province}, not to {province}.")


def check_operator(identity: Identity, method: str, operator: str) -> None:
    """Let a request for (or on behalf of) an operator in; `operator` is a domain id.

    Raises:
        GatewayError: PERMISSION_DENIED.
    """
    check_province(identity, method, names.operator_province(operator))
    if identity.role is Role.OPERATOR and identity.operators and operator not in identity.operators:
        raise denied("The identity may not act for this operator.")


def may_see_task(identity: Identity, method: str, home: str, host: str) -> bool:
    """Whether a task of `home` that `host` works on is within the identity's reach.

    A branch system sees the tasks of its own home only, though its province may be working on others' (I10).
    """
    reach = reach_of(identity, method)
    if reach is not Reach.OWN:
        return reach is Reach.ALL
    return home == identity.province or (identity.role is not Role.BRANCH and host == identity.province)


def check_task(identity: Identity, method: str, home: str, host: str = "") -> None:
    """Let a request for a task in. Without a host, only the home decides.

    Raises:
        GatewayError: PERMISSION_DENIED, the same whether the task exists or not.
    """
    admit(identity, method)
    if not may_see_task(identity, method, home, host):
        raise denied(f"The identity belongs to province {identity.province}; the task does not.")


def needs_clearance(identity: Identity, task: Task) -> bool:
    """Whether only somebody's clearance can let the identity read the task: its operators neither have nor had it, and it is not for everybody."""
    if identity.role is not Role.OPERATOR or not identity.operators:
        return False
    decider = task.decision.operator if task.decision is not None else None
    return _privacy_level(task) > 1 and not {task.operator, task.prefers, decider} & set(identity.operators)


def check_clearance(task: Task, clearances: Iterable[int]) -> None:
    """Let somebody read a task who acts for people of these clearances.

    Raises:
        GatewayError: PERMISSION_DENIED.
    """
    if max(clearances, default=0) < _privacy_level(task):
        raise denied("Nobody whom the identity may act for is cleared for this task.")


def _privacy_level(task: Task) -> int:
    return task.spec.privacy_level or 1


def check_unread(identity: Identity, method: str, home: str, error: GatewayError) -> None:
    """Let whoever may see a task know why it could not be read; of others it is hidden that there is none, or where it is going.

    Raises:
        GatewayError: PERMISSION_DENIED.
    """
    if error.reason in _TELLING:
        check_task(identity, method, home, error.metadata.get("host_province", ""))


def denied(message: str) -> GatewayError:
    """PERMISSION_DENIED."""
    return GatewayError(GatewayReason.PERMISSION_DENIED, message)
