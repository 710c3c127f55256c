"""Unary calls that are recorded, repeated while they are refused for now, and remembered so that they can be sent again much later.

What travels is bytes: a repetition is the very request of the first time, byte for byte.
"""

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf.message import Message

from gateway.v1 import error_pb2, operator_pb2, province_pb2, task_pb2, work_pb2
from loadtests.chaos.history import FAILED, OK, REFUSED, UNKNOWN, History, Operation
from loadtests.wire import RETRYABLE_CODES, bearer

_PACKAGE = "/sharedops.v1."
#: Kind of operation -> (method, what it answers with).
METHODS: dict[str, tuple[str, type[Message]]] = {
    "create": ("TaskService/CreateTask", task_pb2.Task),
    "create_item": ("TaskService/BatchCreateTasks", task_pb2.BatchCreateTasksResponse),
    "get": ("TaskService/GetTask", task_pb2.Task),
    "update": ("TaskService/UpdateTask", task_pb2.Task),
    "cancel": ("TaskService/CancelTask", task_pb2.Task),
    "resume": ("TaskService/ResumeTask", task_pb2.Task),
    "decline": ("WorkService/DeclineOffer", task_pb2.TaskBrief),
    "suspend": ("WorkService/SuspendAssignment", task_pb2.TaskBrief),
    "complete": ("WorkService/CompleteAssignment", task_pb2.TaskBrief),
    "return_task": ("WorkService/ReturnTask", task_pb2.TaskBrief),
    "refer": ("WorkService/ReferAssignment", task_pb2.TaskBrief),
    "release": ("WorkService/ReleaseAssignment", task_pb2.TaskBrief),
    "evacuate": ("ProvinceService/EvacuateProvince", province_pb2.EvacuateProvinceResponse),
    "resume_province": ("ProvinceService/ResumeProvince", province_pb2.Province),
    "update_policy": ("ProvinceService/UpdateSharingPolicy", province_pb2.UpdateSharingPolicyResponse),
    "list_kinds": ("OperatorService/ListTaskKinds", operator_pb2.ListTaskKindsResponse),
}
#: One try of a call ends by then.
TRY_MAX_S = 4.0
#: An operation that has no definite answer by then is given up.
GIVE_UP_S = 30.0
#: Pause between two tries.
RETRY_EVERY_S = 0.15

_REFUSALS = frozenset(
    code.value[0]
    for code in (
        grpc.StatusCode.INVALID_ARGUMENT,
        grpc.StatusCode.NOT_FOUND,
        grpc.StatusCode.ALREADY_EXISTS,
        grpc.StatusCode.PERMISSION_DENIED,
        grpc.StatusCode.FAILED_PRECONDITION,
        grpc.StatusCode.ABORTED,
        grpc.StatusCode.OUT_OF_RANGE,
        grpc.StatusCode.UNAUTHENTICATED,
    )
)
_RETRYABLE = frozenset((*RETRYABLE_CODES, grpc.StatusCode.DEADLINE_EXCEEDED))


def outcome_of(code: int) -> str:
    """What a gRPC status code (other than OK) means for whether the operation happened."""
    if code in _REFUSALS:
        return REFUSED
    return FAILED if code == grpc.StatusCode.RESOURCE_EXHAUSTED.value[0] else UNKNOWN


def reason_of(error: error_pb2.Error) -> str:
    """Reason of an item's refusal."""
    return error.reason or str(error.code)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A request that was acknowledged, as it can be sent again."""

    kind: str
    body: bytes
    operation: Operation


class Recorder:
    """Requests of one province that were acknowledged: the oldest and the latest, a bounded number of each."""

    def __init__(self, oldest_max: int = 200, latest_max: int = 100) -> None:
        self.oldest: list[Recorded] = []
        self.latest: deque[Recorded] = deque(maxlen=latest_max)
        #: Completions that must never be accepted: (request, what it is), the token is void or the content another.
        self.void: deque[tuple[work_pb2.CompleteAssignmentRequest, str]] = deque(maxlen=latest_max)
        self._oldest_max = oldest_max

    def keep(self, recorded: Recorded) -> None:
        """Remember a request."""
        if len(self.oldest) < self._oldest_max:
            self.oldest.append(recorded)
        self.latest.append(recorded)


class Caller:
    """Calls of one identity over one channel.

    Args:
        identity: as it stands in the history.
        recorder: remembers acknowledged writes; None: they are not sent again.
    """

    def __init__(
        self, channel: grpc.aio.Channel, token: str, identity: str, history: History, recorder: Recorder | None = None
    ) -> None:
        self.identity = identity
        self.history = history
        self._metadata = bearer(token)
        self._recorder = recorder
        self._methods = {
            kind: channel.unary_unary(
                f"{_PACKAGE}{method}", request_serializer=None, response_deserializer=answer.FromString
            )
            for kind, (method, answer) in METHODS.items()
        }

    async def call(
        self,
        kind: str,
        request: Message,
        operation: Operation,
        *,
        try_max_s: float = TRY_MAX_S,
        give_up_s: float = GIVE_UP_S,
    ) -> Any | None:
        """Make a call, again while it is refused for now, and record it; the answer, or None.

        A write must carry its request id in `request`.
        """
        body = request.SerializeToString(deterministic=True)
        answer = await self._call(kind, body, operation, try_max_s, give_up_s)
        if answer is not None and operation.request_id and self._recorder is not None:
            self._recorder.keep(Recorded(kind=kind, body=body, operation=operation))
        return answer

    async def repeat(self, recorded: Recorded, *, give_up_s: float) -> None:
        """Send a recorded request again, and record what it was answered with this time."""
        before = recorded.operation
        again = Operation(
            kind=before.kind,
            identity=before.identity,
            province=before.province,
            request_id=before.request_id,
            task=before.task,
            external_id=before.external_id,
            operator=before.operator,
            token=before.token,
            verdict=before.verdict,
            amount_fen=before.amount_fen,
            content=before.content,
            invoked_s=0.0,
            is_repetition=True,
        )
        await self._call(recorded.kind, recorded.body, again, give_up_s, give_up_s)

    async def _call(
        self, kind: str, body: bytes, operation: Operation, try_max_s: float, give_up_s: float
    ) -> Message | None:
        loop = asyncio.get_running_loop()
        self.history.begin(operation)
        give_up = loop.time() + give_up_s
        while True:
            try:
                answer = await self._methods[kind](body, metadata=self._metadata, timeout=try_max_s)
                break
            except grpc.aio.AioRpcError as error:
                if error.code() not in _RETRYABLE or loop.time() >= give_up:
                    self.history.end(operation, outcome_of(error.code().value[0]), reason=_reason(error))
                    return None
            except asyncio.CancelledError:
                self.history.end(operation, UNKNOWN, reason="given up")
                raise
            await asyncio.sleep(RETRY_EVERY_S)
        return self._acknowledged(kind, answer, operation)

    def _acknowledged(self, kind: str, answer: Any, operation: Operation) -> Message | None:
        if kind == "create_item":
            result = answer.results[0]
            if result.WhichOneof("result") == "error":
                self.history.end(operation, outcome_of(result.error.code), reason=reason_of(result.error))
                return None
            answer = result.task
        if not operation.task:
            operation.task = getattr(answer, "name", "")
        self.history.end(operation, OK, answer=answer)
        return answer


def _reason(error: grpc.aio.AioRpcError) -> str:
    """The status; of one that must never be seen, what it said, too."""
    code = error.code()
    if code in (grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN):
        return f"{code.name}: {(error.details() or '')[:120]}"
    return code.name
