"""DispatchService: why a task went to whom, what keeps a task waiting, and the matching model behind both."""
# ruff: noqa: N802 - the contract names the methods

from actors.core import commands as c
from actors.core.ids import OperatorId, TaskId, home_of
from actors.core.matching.explained import MatchPreview, QueueDiagnosis
from actors.core.task import Task
from gateway import conversion, names, pages, permissions, validation
from gateway.answers import Provinces, check_known, expect
from gateway.calls import Context, deadline_of
from gateway.errors import GatewayError
from gateway.identity import caller
from gateway.services import explaining, matching_catalogue, matching_model, routing
from gateway.v1 import dispatch_pb2, dispatch_pb2_grpc

_SERVICE = "/sharedops.v1.DispatchService/"


class DispatchService(dispatch_pb2_grpc.DispatchServiceServicer):
    """Matching made visible."""

    def __init__(self, provinces: Provinces) -> None:
        self._provinces = provinces

    # --- decisions ---

    async def GetRoutingDecision(
        self, request: dispatch_pb2.GetRoutingDecisionRequest, context: Context
    ) -> dispatch_pb2.RoutingDecision:
        """One decision, made again from the journal."""
        validation.check(request)
        deadline, task_id = deadline_of(context), names.parse_decision(request.name)[0]
        task = await self._admit("GetRoutingDecision", task_id, "name", deadline)
        return await routing.get_decision(self._provinces, task, request, deadline)

    async def ListRoutingDecisions(
        self, request: dispatch_pb2.ListRoutingDecisionsRequest, context: Context
    ) -> dispatch_pb2.ListRoutingDecisionsResponse:
        """A page of a task's decisions, as recorded."""
        validation.check(request)
        deadline = deadline_of(context)
        task = await self._admit("ListRoutingDecisions", names.parse_task(request.parent), "parent", deadline)
        return await routing.list_decisions(self._provinces, task, request, deadline)

    async def ExplainTask(
        self, request: dispatch_pb2.ExplainTaskRequest, context: Context
    ) -> dispatch_pb2.TaskExplanation:
        """Why a task is where it is."""
        validation.check(request)
        deadline = deadline_of(context)
        task = await self._admit("ExplainTask", names.parse_task(request.name), "name", deadline)
        operator = names.parse_operator(request.operator)[1] if request.operator else OperatorId("")
        language = conversion.LANGUAGES_IN[request.language]
        return await explaining.explain_task(self._provinces, task, operator, language, deadline)

    # --- now ---

    async def PreviewMatch(
        self, request: dispatch_pb2.PreviewMatchRequest, context: Context
    ) -> dispatch_pb2.MatchPreview:
        """Whom a task would go to now."""
        validation.check(request)
        deadline = deadline_of(context)
        task = await self._admit("PreviewMatch", names.parse_task(request.name), "name", deadline)
        command = c.PreviewMatch(
            task_id=task.task_id, candidates_max=request.candidates_max or explaining.CANDIDATES_MAX
        )
        reply = await self._provinces.follow_task(task.task_id, command, deadline=deadline)
        return conversion.match_preview_out(expect(reply, MatchPreview))

    async def DiagnoseQueue(
        self, request: dispatch_pb2.DiagnoseQueueRequest, context: Context
    ) -> dispatch_pb2.QueueDiagnosis:
        """What the tasks of a province wait for."""
        validation.check(request)
        province = names.parse_province(request.parent)
        permissions.check_province(caller(), f"{_SERVICE}DiagnoseQueue", province)
        check_known(self._provinces, province, "parent")
        place = pages.first_place(request.page_token, request.parent)
        command = c.DiagnoseQueue(offset=pages.number_of(place), page_size=pages.page_size_of(request.page_size))
        reply = await self._provinces.call(province, command, deadline=deadline_of(context))
        diagnosed = expect(reply, QueueDiagnosis)
        response = conversion.queue_diagnosis_out(diagnosed, conversion.LANGUAGES_IN[request.language])
        if diagnosed.next_offset:
            response.next_page_token = pages.next_token(place, "", str(diagnosed.next_offset))
        return response

    async def _admit(self, method: str, task_id: TaskId, field: str, deadline: float) -> Task:
        """The task, if the caller may ask about it: it is, or is worked on, in their province."""
        identity, full = caller(), f"{_SERVICE}{method}"
        permissions.admit(identity, full)
        home = home_of(task_id)
        check_known(self._provinces, home, field)
        if permissions.may_see_task(identity, full, home, ""):
            return await routing.read_task(self._provinces, task_id, deadline)
        try:
            task = await routing.read_task(self._provinces, task_id, deadline)
        except GatewayError as error:
            permissions.check_unread(identity, full, home, error)
            raise
        permissions.check_task(identity, full, home, task.host)
        return task

    # --- the model ---

    async def ListMatchingParameters(
        self, request: dispatch_pb2.ListMatchingParametersRequest, context: Context
    ) -> dispatch_pb2.ListMatchingParametersResponse:
        """A page of the catalogue."""
        validation.check(request)
        permissions.admit(caller(), f"{_SERVICE}ListMatchingParameters")
        return await matching_catalogue.list_parameters(self._provinces, request, deadline_of(context))

    async def GetMatchingModel(
        self, request: dispatch_pb2.GetMatchingModelRequest, context: Context
    ) -> dispatch_pb2.MatchingModel:
        """A revision of the model."""
        validation.check(request)
        permissions.admit(caller(), f"{_SERVICE}GetMatchingModel")
        model = await matching_model.get_model(self._provinces, request.revision, deadline_of(context))
        return conversion.model_out(model)

    async def UpdateMatchingModel(
        self, request: dispatch_pb2.UpdateMatchingModelRequest, context: Context
    ) -> dispatch_pb2.MatchingModel:
        """Change what is named, as a new revision for the whole country; answers after the fsync."""
        validation.check(request)
        permissions.admit(caller(), f"{_SERVICE}UpdateMatchingModel")
        model = await matching_model.update_model(self._provinces, caller().who, request, deadline_of(context))
        return conversion.model_out(model)

    async def ListMatchingModelRevisions(
        self, request: dispatch_pb2.ListMatchingModelRevisionsRequest, context: Context
    ) -> dispatch_pb2.ListMatchingModelRevisionsResponse:
        """A page of the revisions."""
        validation.check(request)
        permissions.admit(caller(), f"{_SERVICE}ListMatchingModelRevisions")
        return await matching_model.list_revisions(self._provinces, request, deadline_of(context))

    async def RollbackMatchingModel(
        self, request: dispatch_pb2.RollbackMatchingModelRequest, context: Context
    ) -> dispatch_pb2.MatchingModel:
        """Put an earlier revision in force again."""
        validation.check(request)
        permissions.admit(caller(), f"{_SERVICE}RollbackMatchingModel")
        model = await matching_model.roll_back_model(self._provinces, caller().who, request, deadline_of(context))
        return conversion.model_out(model)
