"""Desks under chaos: workbenches whose every action goes into the history, and what can be sent again of it later."""

from collections.abc import Callable
from typing import Any

import grpc

from gateway.v1 import task_pb2, work_pb2
from loadtests.catalogue import Line
from loadtests.chaos.calls import METHODS, Recorded, Recorder, outcome_of, reason_of
from loadtests.chaos.history import OK, UNKNOWN, History, Operation
from loadtests.desks import DeskOperator, Workbench
from loadtests.handling import Behaviour
from loadtests.roster import Person

#: How the people of a chaos run behave: quick, and with everything that may happen to a task in it.
BEHAVIOUR = Behaviour(
    seconds_per_minute=0.04,
    reaction_s=(0.02, 0.2),
    decline=0.03,
    suspend=0.03,
    refer=0.0,
    return_task=0.02,
    release=0.03,
)
#: Void completions try to approve this much, so that one that were accepted could not be taken for the true one.
VOID_AMOUNT_FEN = 999_999_999

#: Action of the stream -> the request of the unary method of the same meaning.
_UNARY: dict[str, Callable[..., Any]] = {
    "decline": work_pb2.DeclineOfferRequest,
    "suspend": work_pb2.SuspendAssignmentRequest,
    "complete": work_pb2.CompleteAssignmentRequest,
    "return_task": work_pb2.ReturnTaskRequest,
    "release": work_pb2.ReleaseAssignmentRequest,
}
#: Actions after which the token is void.
_ENDING = ("suspend", "return_task", "release")


class ActionHistory:
    """Writes what one workbench does into the history.

    Args:
        on_suspended: told of tasks that wait for papers now.
    """

    def __init__(
        self, province: str, history: History, recorder: Recorder, on_suspended: Callable[[str], None]
    ) -> None:
        self._province = province
        self._history = history
        self._recorder = recorder
        self._on_suspended = on_suspended
        self._under_way: dict[str, Operation] = {}

    def made(self, action: work_pb2.WorkAction) -> None:
        """An action goes out."""
        kind = action.WhichOneof("action")
        assert kind is not None
        details = getattr(action, kind)
        self._under_way[action.action_id] = self._history.begin(
            Operation(
                kind=kind,
                identity=f"desk:{self._province}",
                province=self._province,
                request_id=action.request_id,
                operator=action.operator,
                task=getattr(details, "task", ""),
                token=getattr(details, "token", 0),
                verdict=getattr(details, "verdict", 0),
                amount_fen=getattr(details, "amount_fen", 0),
                invoked_s=0.0,
            )
        )

    def dropped(self, action: work_pb2.WorkAction) -> None:
        """An action will never be answered."""
        self._history.end(self._under_way.pop(action.action_id), UNKNOWN, reason="given up")

    def settled(self, action: work_pb2.WorkAction, result: work_pb2.ActionResult) -> None:
        """An action was answered."""
        operation = self._under_way.pop(action.action_id)
        if result.HasField("error"):
            self._history.end(operation, outcome_of(result.error.code), reason=reason_of(result.error))
            if operation.kind == "complete" and result.error.reason == "STALE_TOKEN":
                self._keep_void(operation, "after its lease was lost")
            return
        answer = getattr(result, result.WhichOneof("outcome") or "task")
        if operation.kind == "accept":
            operation.token = result.assignment.token
        self._history.end(operation, OK, answer=answer)
        self._remember(action, operation)

    def _remember(self, action: work_pb2.WorkAction, operation: Operation) -> None:
        kind = operation.kind
        if kind in _UNARY:
            request = unary_request(action)
            body = request.SerializeToString(deterministic=True)
            self._recorder.keep(Recorded(kind=kind, body=body, operation=operation))
        if kind == "suspend":
            self._on_suspended(operation.task)
        if kind in _ENDING:
            self._keep_void(operation, f"after {kind}")
        elif kind == "complete":
            self._keep_void(operation, "with another content")

    def _keep_void(self, operation: Operation, why: str) -> None:
        request = work_pb2.CompleteAssignmentRequest(
            operator=operation.operator,
            request_id=f"void-{operation.request_id}"[:64],
            task=operation.task,
            token=operation.token,
            verdict=task_pb2.VERDICT_APPROVED,
            amount_fen=VOID_AMOUNT_FEN,
        )
        self._recorder.void.append((request, why))


def unary_request(action: work_pb2.WorkAction) -> Any:
    """The unary request that says the same as an action of the stream."""
    kind = action.WhichOneof("action")
    assert kind in _UNARY and kind in METHODS
    request = _UNARY[kind](operator=action.operator, request_id=action.request_id)
    for field, value in getattr(action, kind).ListFields():
        setattr(request, field.name, value)
    return request


def open_bench(
    channel: grpc.aio.Channel, token: str, people: list[Person], watch: ActionHistory, *, name: str, seed: int
) -> Workbench:
    """A workbench for some people of one province."""
    return Workbench(
        channel,
        token,
        [DeskOperator(operator=person.operator, authority=dict.fromkeys(Line, 9)) for person in people],
        BEHAVIOUR,
        desk_id=name,
        seed=seed,
        watch=watch,
    )
