"""Every right that ends at the own province, used on another one: each service must ask for itself, since the gate knows only the method."""

from collections.abc import AsyncIterator, Callable
from typing import Any, cast

import pytest

from gateway import permissions
from gateway.admission import NO_LIMITS, Admission
from gateway.desks import Desks
from gateway.errors import GatewayError
from gateway.event_feed import EventFeed
from gateway.identity import Identity, Role, set_caller
from gateway.item_admission import ItemAdmission
from gateway.names import operator_id
from gateway.overview import Overviews
from gateway.permissions import Reach
from gateway.services.admin import AdminService
from gateway.services.dispatch import DispatchService
from gateway.services.drill import DrillService
from gateway.services.event import EventService
from gateway.services.monitor import MonitorService
from gateway.services.operator import OperatorService
from gateway.services.province import ProvinceService
from gateway.services.quality import QualityService
from gateway.services.task import TaskService
from gateway.services.work import WorkService
from gateway.v1 import dispatch_pb2, event_pb2, operator_pb2, province_pb2, task_pb2, work_pb2
from tests.unit.gateway.country import Country
from tests.unit.gateway.served import create
from tests.unit.gateway.test_event_service import OFFER, Call, Feed

DENIED = "PERMISSION_DENIED"


def task(province: str) -> str:
    """Name of a task of a province."""
    return f"provinces/{province}/tasks/{province}-1"


def hold(province: str) -> dict[str, Any]:
    """A task in hand."""
    return {"operator": person(province), "task": task(province), "token": 1, "request_id": "r"}


def person(province: str) -> str:
    """Name of an operator of a province."""
    return f"provinces/{province}/operators/wang"


def reassign(province: str) -> task_pb2.ReassignTaskRequest:
    """A task of a province for one of its operators."""
    return task_pb2.ReassignTaskRequest(name=task(province), operator=person(province), reason="why", request_id="r")


def changed(province: str) -> operator_pb2.UpdateOperatorRequest:
    """A change of a roster."""
    return operator_pb2.UpdateOperatorRequest(operator={"name": person(province), "team": "a"}, request_id="r")


def start(province: str) -> work_pb2.WorkAction:
    """A step on the stream."""
    action = work_pb2.StartAction(task=task(province), token=1)
    return work_pb2.WorkAction(action_id="a", operator=person(province), request_id="r", start=action)


def sign_in(province: str) -> work_pb2.WorkAction:
    """A step on the stream that travels by itself."""
    action = work_pb2.SignInAction(desk_id="d")
    return work_pb2.WorkAction(action_id="a", operator=person(province), request_id="r", sign_in=action)


async def stream(*messages: Any) -> AsyncIterator[Any]:
    """A client's messages."""
    for message in messages:
        yield message


#: Method whose right ends at the own province for some role -> its requests for a province.
REQUESTS: dict[str, tuple[Callable[[str], Any], ...]] = {
    "TaskService/CreateTask": (lambda code: create(1, code),),
    "TaskService/BatchCreateTasks": (
        lambda code: task_pb2.BatchCreateTasksRequest(requests=[create(1, code)]),
        lambda code: task_pb2.BatchCreateTasksRequest(
            parent=f"provinces/{code}", requests=[task_pb2.CreateTaskRequest(request_id="r", task=create(1, code).task)]
        ),
    ),
    "TaskService/IngestTasks": (lambda code: stream(task_pb2.IngestTasksRequest(requests=[create(1, code)])),),
    "TaskService/GetTask": (lambda code: task_pb2.GetTaskRequest(name=task(code)),),
    "TaskService/ListTasks": (lambda code: task_pb2.ListTasksRequest(parent=f"provinces/{code}"),),
    "TaskService/UpdateTask": (
        lambda code: task_pb2.UpdateTaskRequest(
            task={"name": task(code), "priority": 1}, update_mask={"paths": ["priority"]}, request_id="r"
        ),
    ),
    "TaskService/CancelTask": (lambda code: task_pb2.CancelTaskRequest(name=task(code), request_id="r"),),
    "TaskService/ResumeTask": (lambda code: task_pb2.ResumeTaskRequest(name=task(code), request_id="r"),),
    "TaskService/ReassignTask": (reassign,),
    "TaskService/BatchReassignTasks": (lambda code: task_pb2.BatchReassignTasksRequest(requests=[reassign(code)]),),
    "WorkService/SignIn": (lambda code: work_pb2.SignInRequest(operator=person(code), desk_id="d", request_id="r"),),
    "WorkService/SignOut": (lambda code: work_pb2.SignOutRequest(operator=person(code), request_id="r"),),
    "WorkService/Heartbeat": (lambda code: work_pb2.HeartbeatRequest(operators=[person(code)]),),
    "WorkService/Work": (
        lambda code: stream(work_pb2.WorkRequest(actions=[start(code)])),
        lambda code: stream(work_pb2.WorkRequest(actions=[sign_in(code)])),
    ),
    "WorkService/FetchNextTask": (lambda code: work_pb2.FetchNextTaskRequest(operator=person(code), request_id="r"),),
    "WorkService/AcceptOffer": (lambda code: work_pb2.AcceptOfferRequest(**hold(code)),),
    "WorkService/DeclineOffer": (lambda code: work_pb2.DeclineOfferRequest(**hold(code)),),
    "WorkService/StartAssignment": (lambda code: work_pb2.StartAssignmentRequest(**hold(code)),),
    "WorkService/RenewAssignment": (lambda code: work_pb2.RenewAssignmentRequest(**hold(code)),),
    "WorkService/SuspendAssignment": (lambda code: work_pb2.SuspendAssignmentRequest(**hold(code), reason="why"),),
    "WorkService/CompleteAssignment": (
        lambda code: work_pb2.CompleteAssignmentRequest(**hold(code), verdict=task_pb2.VERDICT_APPROVED),
    ),
    "WorkService/ReturnTask": (lambda code: work_pb2.ReturnTaskRequest(**hold(code), reason="why"),),
    "WorkService/ReferAssignment": (lambda code: work_pb2.ReferAssignmentRequest(**hold(code), reason="why"),),
    "WorkService/ReleaseAssignment": (lambda code: work_pb2.ReleaseAssignmentRequest(**hold(code)),),
    "OperatorService/GetOperator": (lambda code: operator_pb2.GetOperatorRequest(name=person(code)),),
    "OperatorService/ListOperators": (lambda code: operator_pb2.ListOperatorsRequest(parent=f"provinces/{code}"),),
    "OperatorService/CreateOperator": (
        lambda code: operator_pb2.CreateOperatorRequest(
            parent=f"provinces/{code}", operator_id="li", operator={"team": "a"}, request_id="r"
        ),
    ),
    "OperatorService/UpdateOperator": (changed,),
    "OperatorService/DeleteOperator": (
        lambda code: operator_pb2.DeleteOperatorRequest(name=person(code), request_id="r"),
    ),
    "OperatorService/BatchUpdateOperators": (
        lambda code: operator_pb2.BatchUpdateOperatorsRequest(requests=[changed(code)]),
    ),
    "OperatorService/GetOperatorWorkload": (lambda code: operator_pb2.GetOperatorWorkloadRequest(name=person(code)),),
    "ProvinceService/GetProvince": (lambda code: province_pb2.GetProvinceRequest(name=f"provinces/{code}"),),
    "ProvinceService/GetSharingPolicy": (
        lambda code: province_pb2.GetSharingPolicyRequest(name=f"provinces/{code}/sharingPolicy"),
    ),
    "ProvinceService/ListSharingPolicyRevisions": (
        lambda code: province_pb2.ListSharingPolicyRevisionsRequest(name=f"provinces/{code}/sharingPolicy"),
    ),
    "ProvinceService/GetCalendar": (lambda code: province_pb2.GetCalendarRequest(name=f"provinces/{code}/calendar"),),
    "DispatchService/GetRoutingDecision": (
        lambda code: dispatch_pb2.GetRoutingDecisionRequest(name=f"{task(code)}/decisions/1"),
    ),
    "DispatchService/ListRoutingDecisions": (lambda code: dispatch_pb2.ListRoutingDecisionsRequest(parent=task(code)),),
    "DispatchService/ExplainTask": (lambda code: dispatch_pb2.ExplainTaskRequest(name=task(code)),),
    "DispatchService/PreviewMatch": (lambda code: dispatch_pb2.PreviewMatchRequest(name=task(code)),),
    "DispatchService/DiagnoseQueue": (lambda code: dispatch_pb2.DiagnoseQueueRequest(parent=f"provinces/{code}"),),
    "EventService/ListEvents": (lambda code: event_pb2.ListEventsRequest(parent=f"provinces/{code}"),),
    "EventService/StreamEvents": (lambda code: event_pb2.StreamEventsRequest(cursors=[{"province": code}]),),
}
#: Methods of one person's.
OF_A_PERSON = (
    *(method for method in REQUESTS if method.startswith("WorkService/")),
    "OperatorService/GetOperator",
    "OperatorService/GetOperatorWorkload",
)


def rights() -> list[tuple[str, Role]]:
    """(method, role) of each right that ends at the own province."""
    return [
        (method.removeprefix("/sharedops.v1."), role)
        for method, row in permissions.TABLE.items()
        for role in Role
        if getattr(row, role.value) is Reach.OWN
    ]


def identity(role: Role, **fields: Any) -> Identity:
    """Somebody of Fujian."""
    return Identity(role=role, subject="s", province="fujian", **fields)


async def reasons(method: str, request: Any, who: Identity) -> list[str]:
    """Why a call, or items of it, were refused, where each province has a task; empty: it was carried out."""
    country = Country("fujian", "jiangxi")
    admission = ItemAdmission(Admission(NO_LIMITS, 0.0))
    services: dict[str, Any] = {
        "TaskService": TaskService(country, admission),
        "WorkService": WorkService(country, Desks("g1", lambda _province, _request: None)),
        "OperatorService": OperatorService(country),
        "ProvinceService": ProvinceService(country),
        "DispatchService": DispatchService(country),
        "EventService": EventService(country, cast("EventFeed", Feed(OFFER))),
        "QualityService": QualityService(country),
        "DrillService": DrillService(country),
        "AdminService": AdminService(country, "g1"),
        "MonitorService": MonitorService(cast("Overviews", None)),
    }
    set_caller(Identity(role=Role.OPS, subject="s", province="*"))
    for code in country.codes():
        await services["TaskService"].CreateTask(create(0, code), Call())
    set_caller(who)
    service, _, name = method.partition("/")
    call = getattr(services[service], name)(request, Call())
    try:
        if not hasattr(call, "__aiter__"):
            return [result.error.reason for result in getattr(await call, "results", ()) if result.HasField("error")]
        found = await anext(call)
        await call.aclose()
    except GatewayError as error:
        return [error.reason]
    items = [*getattr(found, "results", ()), *(update.result for update in getattr(found, "updates", ()))]
    return [item.error.reason for item in items if item.HasField("error")]


def test_every_right_that_ends_at_the_own_province_is_tried() -> None:
    """A method that is missing here may have forgotten to ask."""
    assert {method for method, _ in rights()} == set(REQUESTS)


@pytest.mark.parametrize(("method", "role"), rights())
async def test_a_right_that_ends_at_the_own_province_ends_there(method: str, role: Role) -> None:
    """I10: whoever belongs to one province neither reads nor changes anything of another one, in no form of a call."""
    for request in REQUESTS[method]:
        assert await reasons(method, request("jiangxi"), identity(role)) == [DENIED]
        assert DENIED not in await reasons(method, request("fujian"), identity(role))


@pytest.mark.parametrize("method", OF_A_PERSON)
async def test_a_desk_of_some_acts_for_nobody_else(method: str) -> None:
    """A stolen token of one desk must not open a colleague's work, nor their figures."""
    for request in REQUESTS[method]:
        colleague = identity(Role.OPERATOR, operators=(operator_id("fujian", "li"),))
        assert await reasons(method, request("fujian"), colleague) == [DENIED]
        own = identity(Role.OPERATOR, operators=(operator_id("fujian", "wang"),))
        assert DENIED not in await reasons(method, request("fujian"), own)
