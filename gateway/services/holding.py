"""One step of a desk, whichever way it came: ask the operator's province, and put its answer into the contract's words."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any

from actors import protocol
from actors.core import commands as c
from actors.core.ids import OperatorId, ProvinceCode, SessionId, TaskId
from actors.core.operators import Operator
from actors.core.refusal import Reason, Refused
from actors.core.replies import Done, NoWork, OperatorReply, SessionReply, TaskReply
from gateway import names
from gateway.answers import Provinces, Replies, check_known, expect
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

    def command(
        self, action: str, message: Any, operator: OperatorId, session: SessionId, *, who: str, request_id: str
    ) -> tuple[ProvinceCode, c.AnyCommand]:
        """The command of a step, and the province that it is for.

        Args:
            action: name of the action in `WorkAction`.
            message: its fields, validated.

        Raises:
            GatewayError: there is no such province.
        """
        province = names.operator_province(operator)
        check_known(self._provinces, province, "operator")
        return province, command_in(action, message, operator, session, who, request_id)

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
            action, message: as of `command`.

        Raises:
            GatewayError: the province refused or is away. A void token is STALE_TOKEN with the winning assignment.
        """
        province, command = self.command(action, message, operator, session, who=who, request_id=request_id)
        self._desks.hear(session)
        if isinstance(command, (c.SignIn, c.SignOut)):
            reply = await self._begin_or_end(province, command, deadline)
        else:
            reply = await self._provinces.call(province, command, deadline=deadline)
        if isinstance(reply, Refused):
            return await self.refused(command, reply, deadline)
        if isinstance(reply, SessionReply):
            return session_out(reply, wall_ms(), desk_id=getattr(message, "desk_id", ""))
        if isinstance(reply, Done):
            return ended_session_out(operator, "SIGNED_OUT")
        return outcome(command, reply)

    async def _begin_or_end(
        self, province: ProvinceCode, command: c.SignIn | c.SignOut, deadline: float
    ) -> protocol.Response:
        """Begin or end a session, and note whether it is the one that the operator has then.

        A repeated request is answered as it was the first time and does nothing: who has the operator now is read behind it, since a desk
        that was believed to be signed in would never hear that it must sign in again.
        """
        if command.request_id:
            after = c.GetOperator(operator=command.operator)
            reply, found = await self._provinces.call_many(province, (command, after), deadline=deadline)
            is_signed_in = isinstance(found, OperatorReply) and found.operator.session == command.session
        else:
            reply = await self._provinces.call(province, command, deadline=deadline)
            is_signed_in = isinstance(command, c.SignIn)
        if isinstance(reply, Refused):
            return reply
        if is_signed_in:
            self._desks.signed_in(command.session, command.operator)
        else:
            self._desks.signed_out(command.session)
        return reply

    def ask_soon(self, province: ProvinceCode, commands: Sequence[c.AnyCommand]) -> Replies:
        """Do steps of one province together; see `Provinces.call_many_soon`. `outcome` and `refused` say what the replies mean."""
        return self._provinces.call_many_soon(province, commands)

    async def person(self, operator: OperatorId, *, deadline: float) -> Operator:
        """The operator as their province knows them."""
        request = c.GetOperator(operator=operator)
        reply = await self._provinces.call(names.operator_province(operator), request, deadline=deadline)
        return expect(reply, OperatorReply).operator

    async def people(self, operators: Iterable[OperatorId], *, deadline: float) -> dict[OperatorId, Operator | None]:
        """Operators as their provinces know them, None for whom they do not know; without those whose province does not say or does not exist."""
        by_province: dict[ProvinceCode, list[OperatorId]] = {}
        for operator in operators:
            by_province.setdefault(names.operator_province(operator), []).append(operator)
        found: dict[OperatorId, Operator | None] = {}
        known = [code for code in by_province if code in self._provinces.codes()]
        await asyncio.gather(*(self._people(code, by_province[code], found, deadline) for code in known))
        return found

    async def _people(
        self,
        province: ProvinceCode,
        operators: Sequence[OperatorId],
        found: dict[OperatorId, Operator | None],
        deadline: float,
    ) -> None:
        asked = [c.GetOperator(operator=operator) for operator in operators]
        try:
            replies = await self._provinces.call_many(province, asked, deadline=deadline)
        except GatewayError:
            return
        for operator, reply in zip(operators, replies, strict=True):
            if isinstance(reply, OperatorReply):
                found[operator] = reply.operator
            elif isinstance(reply, Refused) and reply.reason is Reason.UNKNOWN_OPERATOR:
                found[operator] = None

    async def refused(self, command: c.AnyCommand, refused: Refused, deadline: float) -> work_pb2.NoWork:
        """Say no in the contract's words; whoever shows a void token learns who has the task now, wherever that is.

        Raises:
            GatewayError: the refusal, unless it is "no work".
        """
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


def outcome(command: c.AnyCommand, reply: protocol.Response) -> Outcome:
    """What a step with work was answered with, if it was not refused.

    Raises:
        GatewayError: the task could not be found on its way.
        TypeError: an answer that does not belong to the command: a bug of ours.
    """
    if isinstance(reply, NoWork):
        return no_work_out(reply)
    found = expect(reply, TaskReply)
    if isinstance(command, GIVES_ASSIGNMENT):
        return assignment_out(found.task, found.standard_revision)
    if isinstance(command, c.RenewAssignment):
        return assignment_out(found.task, found.standard_revision, with_task=False)
    return brief_out(found.task)
