"""Routing decisions of a task, gathered from every province whose journal has a part of them.

A task's decisions lie where they were made. Its home knows where it is now; each journal knows from whom the task came; so the
provinces are asked from both ends, until nobody names another. Each is asked once, and answers from its journal (`actors.rewind`), which
takes a second or more. One that cannot do so in time is left out and named: the others' parts are told all the same where they make sense alone.
"""

import asyncio
from typing import NamedTuple

from actors import protocol
from actors.core import commands as c
from actors.core.ids import OperatorId, ProvinceCode, TaskId, home_of
from actors.core.matching.explained import ProvinceMove, RoutingRecord, RoutingReplay, TaskHistory
from actors.core.refusal import Reason, Refused
from actors.core.replies import TaskReply
from actors.core.task import Task
from gateway import conversion, names, pages
from gateway.answers import Provinces, expect
from gateway.errors import GatewayError, GatewayReason
from gateway.v1 import dispatch_pb2

#: Provinces asked about one task; a task moves twice, evacuation exempt.
PROVINCES_MAX = 8
PAGE_SIZE_DEFAULT = 20
PAGE_SIZE_MAX = 100
CANDIDATES_DEFAULT = 100
#: No decision is made again.
RECORDED_ONLY = -1


class Past(NamedTuple):
    """All that journals tell of a task's routing, the newest first."""

    decisions: list[RoutingRecord]
    moves: list[ProvinceMove]
    #: The replayed decision, by token.
    replays: dict[int, RoutingReplay]
    #: Provinces whose part lies too far back.
    missing: list[str]


class Question(NamedTuple):
    """What is to be made again."""

    #: Of the decision; 0: the last of each province; -1: none.
    token: int = RECORDED_ONLY
    operator: OperatorId = OperatorId("")
    candidates_max: int = CANDIDATES_DEFAULT


async def read_task(provinces: Provinces, task_id: TaskId, deadline: float) -> Task:
    """The task, wherever it is."""
    reply = await provinces.follow_task(task_id, c.GetTask(task_id=task_id), deadline=deadline)
    return expect(reply, TaskReply).task


async def past_of(provinces: Provinces, task: Task, question: Question, deadline: float) -> Past:
    """Ask every province that had the task."""
    past = Past([], [], {}, [])
    known = provinces.codes()
    asked: dict[str, None] = {}
    to_ask = [home_of(task.task_id), task.host, task.decision.province if task.decision else task.host]
    while to_ask:
        front = [code for code in dict.fromkeys(to_ask) if code not in asked and code in known]
        front = front[: PROVINCES_MAX - len(asked)]
        asked |= dict.fromkeys(front)
        told = await asyncio.gather(*(_ask(provinces, code, task.task_id, question, deadline) for code in front))
        past.missing.extend(code for code, history in zip(front, told, strict=True) if history is None)
        to_ask = [source for history in told if history is not None for source in _taken_in(past, history)]
    past.decisions.sort(key=lambda record: -record.token)
    past.moves.sort(key=lambda move: -move.at_ms)
    return past


def _taken_in(past: Past, history: TaskHistory) -> list[ProvinceCode]:
    """Add one province's part; the provinces that the task came from, and went to."""
    past.decisions.extend(history.decisions)
    past.moves.extend(history.moves)
    if history.replay is not None:
        past.replays[history.replay.token] = history.replay
    return [*history.sources, *(move.host for move in history.moves)]


async def _ask(
    provinces: Provinces, code: str, task_id: TaskId, question: Question, deadline: float
) -> TaskHistory | None:
    """What one province's journal tells; None: it lies too far back to be read in time."""
    request = protocol.ReadHistory(
        task_id=task_id,
        token=question.token,
        operator=question.operator,
        candidates_max=question.candidates_max,
    )
    reply = await provinces.call(code, request, deadline=deadline)
    if isinstance(reply, Refused) and reply.reason is Reason.TOO_FAR_BACK:
        return None
    return expect(reply, TaskHistory)


def _too_far_back(past: Past) -> GatewayError:
    return GatewayError(
        Reason.TOO_FAR_BACK,
        f"What the journals of {', '.join(past.missing)} tell of the task could not be read back in time.",
    )


async def get_decision(
    provinces: Provinces, task: Task, request: dispatch_pb2.GetRoutingDecisionRequest, deadline: float
) -> dispatch_pb2.RoutingDecision:
    """One decision with its candidates."""
    _, token = names.parse_decision(request.name)
    question = Question(token=token, candidates_max=request.candidates_max or CANDIDATES_DEFAULT)
    past = await past_of(provinces, task, question, deadline)
    record = next((record for record in past.decisions if record.token == token), None)
    if record is None and past.missing:
        raise _too_far_back(past)
    if record is None:
        raise GatewayError(
            GatewayReason.UNKNOWN_DECISION, f"Task {task.task_id} has no routing decision with token {token}."
        )
    return conversion.routing_out(record, past.replays.get(token))


async def list_decisions(
    provinces: Provinces, task: Task, request: dispatch_pb2.ListRoutingDecisionsRequest, deadline: float
) -> dispatch_pb2.ListRoutingDecisionsResponse:
    """A page of a task's decisions as recorded, the newest first."""
    place = pages.first_place(request.page_token, request.parent)
    before = pages.number_of(place)
    size = min(request.page_size, PAGE_SIZE_MAX) or PAGE_SIZE_DEFAULT
    past = await past_of(provinces, task, Question(), deadline)
    if past.missing:
        raise _too_far_back(past)
    left = [record for record in past.decisions if not before or record.token < before]
    response = dispatch_pb2.ListRoutingDecisionsResponse(
        routing_decisions=[conversion.routing_out(record) for record in left[:size]]
    )
    if len(left) > size:
        response.next_page_token = pages.next_token(place, "", str(left[size - 1].token))
    return response
