"""TaskService: what branch systems and team leads ask of tasks. Creation in bulk is in `ingest`, lists are in `task_list`."""
# ruff: noqa: N802 - the contract names the methods

import asyncio
from collections.abc import AsyncIterator

from actors.core import commands as c
from actors.core.ids import OperatorId, TaskId, home_of
from actors.core.replies import OperatorReply, TaskReply
from actors.core.task import Task
from actors.protocol import Request
from gateway import conversion, names, permissions, validation
from gateway.answers import Provinces, check_known, expect
from gateway.calls import Context, deadline_of
from gateway.errors import GatewayError, to_wire_error
from gateway.identity import Identity, Role, caller
from gateway.item_admission import ItemAdmission
from gateway.services.ingest import create_tasks, ingest
from gateway.services.task_list import list_tasks
from gateway.v1 import task_pb2, task_pb2_grpc

_SERVICE = "/sharedops.v1.TaskService/"


class TaskService(task_pb2_grpc.TaskServiceServicer):
    """Tasks of the branch systems."""

    def __init__(self, provinces: Provinces, admission: ItemAdmission) -> None:
        self._provinces = provinces
        self._admission = admission

    async def CreateTask(self, request: task_pb2.CreateTaskRequest, context: Context) -> task_pb2.Task:
        """Create a task at its home; answers after the fsync."""
        identity = caller()
        validation.check(request)
        home = names.parse_province(request.parent)
        permissions.check_province(identity, f"{_SERVICE}CreateTask", home)
        check_known(self._provinces, home, "parent")
        command = c.CreateTask(who=identity.who, request_id=request.request_id, spec=conversion.spec_in(request.task))
        reply = await self._provinces.call(home, command, deadline=deadline_of(context))
        return conversion.task_out(expect(reply, TaskReply).task)

    async def BatchCreateTasks(
        self, request: task_pb2.BatchCreateTasksRequest, context: Context
    ) -> task_pb2.BatchCreateTasksResponse:
        """Create many tasks, each succeeding or failing by itself."""
        validation.check(request)
        self._admission.admit_batch(caller().share, len(request.requests))
        for item in request.requests:
            item.parent = item.parent or request.parent
        results = await create_tasks(
            self._provinces, caller(), f"{_SERVICE}BatchCreateTasks", request.requests, deadline_of(context)
        )
        return task_pb2.BatchCreateTasksResponse(results=results)

    async def IngestTasks(
        self, request_iterator: AsyncIterator[task_pb2.IngestTasksRequest], context: Context
    ) -> AsyncIterator[task_pb2.IngestTasksResponse]:
        """Create tasks without end."""
        del context
        async for response in ingest(
            self._provinces, caller(), f"{_SERVICE}IngestTasks", request_iterator, self._admission
        ):
            yield response

    async def GetTask(self, request: task_pb2.GetTaskRequest, context: Context) -> task_pb2.Task:
        """Read a task, wherever it is hosted."""
        validation.check(request)
        identity, deadline, task_id = caller(), deadline_of(context), self._task_id(request.name)
        task = await self._read(identity, f"{_SERVICE}GetTask", task_id, deadline)
        if permissions.needs_clearance(identity, task):
            permissions.check_clearance(task, await self._clearances(identity, deadline))
        return conversion.task_out(task)

    async def ListTasks(self, request: task_pb2.ListTasksRequest, context: Context) -> task_pb2.ListTasksResponse:
        """A page of the tasks of one home, or of all."""
        validation.check(request)
        return await list_tasks(self._provinces, caller(), f"{_SERVICE}ListTasks", request, deadline_of(context))

    async def UpdateTask(self, request: task_pb2.UpdateTaskRequest, context: Context) -> task_pb2.Task:
        """Amend priority, due time or green channel."""
        validation.check(request)
        identity, deadline = caller(), deadline_of(context)
        task_id = self._task_id(request.task.name, "task.name")
        await self._admit(identity, f"{_SERVICE}UpdateTask", task_id, deadline)
        paths = request.update_mask.paths
        command = c.UpdateTask(
            who=identity.who,
            request_id=request.request_id,
            task_id=task_id,
            etag=request.task.etag,
            priority=request.task.priority if "priority" in paths else None,
            green_channel=request.task.green_channel if "green_channel" in paths else None,
            due_ms=request.task.due_time_ms if "due_time_ms" in paths else None,
        )
        return conversion.task_out(await self._change(task_id, command, deadline))

    async def CancelTask(self, request: task_pb2.CancelTaskRequest, context: Context) -> task_pb2.Task:
        """End a task undecided, wherever it is."""
        validation.check(request)
        identity, deadline, task_id = caller(), deadline_of(context), self._task_id(request.name)
        await self._admit(identity, f"{_SERVICE}CancelTask", task_id, deadline)
        command = c.CancelTask(
            who=identity.who,
            request_id=request.request_id,
            task_id=task_id,
            etag=request.etag,
            reason=request.reason,
        )
        return conversion.task_out(await self._change(task_id, command, deadline))

    async def ResumeTask(self, request: task_pb2.ResumeTaskRequest, context: Context) -> task_pb2.Task:
        """Queue a suspended task again."""
        validation.check(request)
        identity, deadline, task_id = caller(), deadline_of(context), self._task_id(request.name)
        await self._admit(identity, f"{_SERVICE}ResumeTask", task_id, deadline)
        command = c.ResumeTask(
            who=identity.who,
            request_id=request.request_id,
            task_id=task_id,
            etag=request.etag,
            reason=request.reason,
        )
        return conversion.task_out(await self._change(task_id, command, deadline))

    async def ReassignTask(self, request: task_pb2.ReassignTaskRequest, context: Context) -> task_pb2.Task:
        """Give a task to a named operator of its host province."""
        return conversion.task_out(
            await self._reassign(request, caller(), f"{_SERVICE}ReassignTask", deadline_of(context))
        )

    async def BatchReassignTasks(
        self, request: task_pb2.BatchReassignTasksRequest, context: Context
    ) -> task_pb2.BatchReassignTasksResponse:
        """Reassign many tasks, each succeeding or failing by itself."""
        validation.check(request)
        identity, deadline = caller(), deadline_of(context)

        async def one(index: int, item: task_pb2.ReassignTaskRequest) -> task_pb2.TaskResult:
            result = task_pb2.TaskResult(index=index, request_id=item.request_id[:64])
            try:
                task = await self._reassign(item, identity, f"{_SERVICE}BatchReassignTasks", deadline)
                result.task.CopyFrom(conversion.brief_out(task))
            except GatewayError as error:
                result.error.CopyFrom(to_wire_error(error))
            return result

        results = await asyncio.gather(*(one(index, item) for index, item in enumerate(request.requests)))
        return task_pb2.BatchReassignTasksResponse(results=results)

    # --- steps ---

    def _task_id(self, name: str, field: str = "name") -> TaskId:
        task_id = names.parse_task(name)
        check_known(self._provinces, home_of(task_id), field)
        return task_id

    async def _reassign(
        self, request: task_pb2.ReassignTaskRequest, identity: Identity, method: str, deadline: float
    ) -> Task:
        validation.check(request)
        task_id = self._task_id(request.name)
        province, operator = names.parse_operator(request.operator)
        # The operator must be of the host province, so the right to reassign there is the right over the operator.
        permissions.check_operator(identity, method, operator)
        check_known(self._provinces, province, "operator")
        # Of a task that is neither of nor in their province, a refusal would tell its state and who has it.
        await self._admit(identity, method, task_id, deadline)
        command = c.ReassignTask(
            who=identity.who,
            request_id=request.request_id,
            task_id=task_id,
            operator=operator,
            etag=request.etag,
            reason=request.reason,
        )
        return await self._change(task_id, command, deadline)

    async def _change(self, task_id: TaskId, command: Request, deadline: float) -> Task:
        reply = await self._provinces.follow_task(task_id, command, deadline=deadline)
        return expect(reply, TaskReply).task

    async def _read(self, identity: Identity, method: str, task_id: TaskId, deadline: float) -> Task:
        """The task, if the caller may see it; a task out of reach is denied whether it exists or not."""
        home = home_of(task_id)
        if identity.role is Role.BRANCH or permissions.may_see_task(identity, method, home, ""):
            permissions.check_task(identity, method, home)
            return await self._change(task_id, c.GetTask(task_id=task_id), deadline)
        try:
            task = await self._change(task_id, c.GetTask(task_id=task_id), deadline)
        except GatewayError as error:
            permissions.check_unread(identity, method, home, error)
            raise
        permissions.check_task(identity, method, home, conversion.host_of(task))
        return task

    async def _clearances(self, identity: Identity, deadline: float) -> list[int]:
        """Of the operators whom the identity may act for, as far as they are on the roster."""
        asked = [c.GetOperator(operator=OperatorId(operator)) for operator in identity.operators]
        replies = await self._provinces.call_many(identity.province, asked, deadline=deadline)
        return [reply.operator.clearance for reply in replies if isinstance(reply, OperatorReply)]

    async def _admit(self, identity: Identity, method: str, task_id: TaskId, deadline: float) -> None:
        """Let a change in; only a right that hangs on the host costs a read."""
        if not permissions.may_see_task(identity, method, home_of(task_id), ""):
            await self._read(identity, method, task_id, deadline)
