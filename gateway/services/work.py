"""WorkService: the unary steps of desks, and the stream."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

from actors.core.ids import OperatorId, SessionId
from actors.core.operators import Operator
from gateway import names, permissions, validation
from gateway.answers import Provinces
from gateway.calls import Context, deadline_of
from gateway.clock import wall_ms
from gateway.conversion.work import ended_session_out
from gateway.desks import Desks
from gateway.identity import caller
from gateway.services.holding import Holding, Outcome
from gateway.services.work_stream import WorkStream
from gateway.v1 import work_pb2, work_pb2_grpc

_SERVICE = "/sharedops.v1.WorkService/"
#: A heartbeat waits no longer for a province to say who is signed in; the next one asks again.
ASKING_MAX_S = 0.5


class WorkService(work_pb2_grpc.WorkServiceServicer):
    """What operators' desks call."""

    def __init__(self, provinces: Provinces, desks: Desks) -> None:
        self._desks = desks
        self._holding = Holding(provinces, desks)

    async def Work(  # noqa: N802 - the contract's name
        self, request_iterator: AsyncIterator[work_pb2.WorkRequest], context: Context
    ) -> AsyncIterator[work_pb2.WorkResponse]:
        """The stream of a desk or a workbench."""
        del context
        stream = WorkStream(self._holding, self._desks, caller(), f"{_SERVICE}Work")
        async for response in stream.run(request_iterator):
            yield response

    async def _step(self, method: str, action: str, request: Any, context: Context) -> Outcome:
        deadline = deadline_of(context)
        validation.check(request)
        operator = self._operator(method, request.operator)
        session = self._desks.unary_session(operator, getattr(request, "desk_id", ""))
        await self._desks.silence.over(names.operator_province(operator))
        return await self._holding.step(
            action,
            request,
            operator,
            session,
            who=caller().who,
            request_id=request.request_id,
            deadline=deadline,
        )

    def _operator(self, method: str, name: str) -> OperatorId:
        _, operator = names.parse_operator(name)
        permissions.check_operator(caller(), f"{_SERVICE}{method}", operator)
        return operator

    async def Heartbeat(  # noqa: N802
        self, request: work_pb2.HeartbeatRequest, context: Context
    ) -> work_pb2.HeartbeatResponse:
        """Keep operators signed in who have no stream; tells which of them must sign in again."""
        deadline = deadline_of(context)
        validation.check(request)
        sessions: dict[OperatorId, SessionId] = {}
        for name in request.operators:
            operator = self._operator("Heartbeat", name)
            session = sessions[operator] = self._desks.unary_session(operator, request.desk_id)
            if self._desks.is_known(session):
                self._desks.hear(session)
        people = await self._look_up(sessions, min(deadline, asyncio.get_running_loop().time() + ASKING_MAX_S))
        response = work_pb2.HeartbeatResponse(server_time_ms=wall_ms())
        for name in request.operators:
            _, operator = names.parse_operator(name)
            if self._desks.is_known(sessions[operator]):
                continue
            response.signed_out_operators.append(name)
            person = people.get(operator)
            if person is not None:
                response.ended_sessions.append(ended_session_out(operator, _why_ended(person, request.desk_id)))
        return response

    async def _look_up(
        self, sessions: Mapping[OperatorId, SessionId], deadline: float
    ) -> Mapping[OperatorId, Operator | None]:
        """Ask after the operators whose sessions are over as far as is known here, or may be; what is found out is noted."""
        asked = [
            operator
            for operator, session in sessions.items()
            if self._desks.is_unsure(session) or not self._desks.is_known(session)
        ]
        people = await self._holding.people(asked, deadline=deadline)
        for operator, person in people.items():
            session = sessions[operator]
            if self._desks.is_unsure(session):
                self._desks.sure(session, lasts=person is not None and person.session == session)
        return people

    async def FetchNextTask(  # noqa: N802
        self, request: work_pb2.FetchNextTaskRequest, context: Context
    ) -> work_pb2.FetchNextTaskResponse:
        """Take the best waiting task, or learn why there is none."""
        outcome = await self._step("FetchNextTask", "fetch_next", request, context)
        if isinstance(outcome, work_pb2.NoWork):
            return work_pb2.FetchNextTaskResponse(no_work=outcome)
        assert isinstance(outcome, work_pb2.Assignment)
        return work_pb2.FetchNextTaskResponse(assignment=outcome)


def _why_ended(person: Operator, desk: str) -> str:
    """Why an operator is not signed in by a desk without a stream: as their province would answer its sign-in with `resume`."""
    if desk and person.desk not in ("", desk):
        return "TAKEN_OVER"
    return "SILENT" if person.signed_in or person.desk else "SIGNED_OUT"


def _unary(method: str, action: str, doc: str) -> Any:
    async def serve(self: WorkService, request: Any, context: Context) -> Outcome:
        return await self._step(method, action, request, context)

    serve.__name__ = method
    serve.__qualname__ = f"WorkService.{method}"
    serve.__doc__ = doc
    return serve


#: Unary method -> (action of the same meaning, what it does).
_METHODS = {
    "SignIn": ("sign_in", "Begin to work, or take the session over."),
    "SignOut": ("sign_out", "End the session; what is open goes back to the queue."),
    "AcceptOffer": ("accept", "Take an offered task."),
    "DeclineOffer": ("decline", "Refuse an offered task, for a while."),
    "StartAssignment": ("start", "Begin a task in hand."),
    "RenewAssignment": ("renew", "Show that the desk is alive."),
    "SuspendAssignment": ("suspend", "Set a task aside."),
    "CompleteAssignment": ("complete", "Decide a task, once and for all."),
    "ReturnTask": ("return_task", "Send a task back to its branch undecided."),
    "ReferAssignment": ("refer", "Pass a task on to a higher authority."),
    "ReleaseAssignment": ("release", "Give a task back to the queue."),
}
for _method, (_action, _doc) in _METHODS.items():
    setattr(WorkService, _method, _unary(_method, _action, _doc))
