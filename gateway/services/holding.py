"""One step of a desk, whichever way it came: ask the operator's province, and put its answer into the contract's words."""

from typing import Any

from actors.core import commands as c
from actors.core.ids import OperatorId, SessionId, TaskId
from actors.core.refusal import Reason, Refused
from actors.core.replies import Done, NoWork, OperatorReply, SessionReply, TaskReply
from gateway import names
from gateway.answers import Provinces, check_known, expect
from gateway.clock import wall_ms
from gateway.conversion.action import GIVES_ASSIGNMENT, command_in
from gateway.conversion.task import brief_out
from gateway.conversion.work import (
    assignment_out,
    ended_session_out,
    no_work_of_refusal,
    no_work_out,
    session_out,
)
from gateway.desks import Desks
from gateway.errors import GatewayError, from_refused, stale_token
from gateway.v1 import task_pb2, work_pb2

#: What a step may be answered with.
Outcome = work_pb2.Assignment | work_pb2.NoWork | work_pb2.Session | task_pb2.TaskBrief


class Holding:
    """Carries out steps of desks."""

    def __init__(self, provinces: Provinces, desks: Desks) -> None:
        self._provinces = provinces
        self._desks = desks

    async def step(
        self,
        action: str,
        message: Any,
        operator: OperatorId,
        session: SessionId,
        *,
        who: str,
        request_id: str,
        deadline: float,
    ) -> Outcome:
        """Do one step.

        Args:
            action: name of the action in `WorkAction`.
            message: its fields, validated.

        Raises:
            GatewayError: the province refused or is away. A void token is STALE_TOKEN with the winning assignment.
        """
        province = names.operator_province(operator)
        check_known(self._provinces, province, "operator")
        command = command_in(action, message, operator, session, who, request_id)
        self._desks.hear(session)
        reply = await self._provinces.call(province, command, deadline=deadline)
        if isinstance(reply, Refused):
            return await self._refused(command, reply, deadline)
        if isinstance(command, c.SignIn):
            self._desks.signed_in(session, province)
        elif isinstance(command, c.SignOut):
            self._desks.signed_out(session)
        if isinstance(reply, SessionReply):
            return session_out(reply, wall_ms(), desk_id=getattr(message, "desk_id", ""))
        if isinstance(reply, NoWork):
            return no_work_out(reply)
        if isinstance(reply, Done):
            return ended_session_out(operator, "SIGNED_OUT")
        task = expect(reply, TaskReply).task
        if isinstance(command, GIVES_ASSIGNMENT):
            return assignment_out(task)
        if isinstance(command, c.RenewAssignment):
            return assignment_out(task, with_task=False)
        return brief_out(task)

    async def session_of(self, operator: OperatorId, *, deadline: float) -> SessionId | None:
        """The session by which the province has the operator signed in."""
        request = c.GetOperator(operator=operator)
        reply = await self._provinces.call(names.operator_province(operator), request, deadline=deadline)
        return expect(reply, OperatorReply).operator.session

    async def _refused(self, command: c.AnyCommand, refused: Refused, deadline: float) -> work_pb2.NoWork:
        """Say no in the contract's words; whoever shows a void token learns who has the task now, wherever that is."""
        if isinstance(command, c.FetchNextTask):
            no_work = no_work_of_refusal(refused)
            if no_work is not None:
                return no_work
        if not isinstance(command, c.HolderCommand):
            raise from_refused(refused)
        error = from_refused(refused, token=command.token)
        if error.reason == Reason.STALE_TOKEN.upper() and "winning_operator" not in error.metadata:
            raise await self._with_winner(command.task_id, error, deadline)
        raise error

    async def _with_winner(self, task_id: TaskId, error: GatewayError, deadline: float) -> GatewayError:
        try:
            reply = await self._provinces.follow_task(task_id, c.GetTask(task_id=task_id), deadline=deadline)
        except GatewayError:
            return error
        return stale_token(reply.task, error.message) if isinstance(reply, TaskReply) else error
