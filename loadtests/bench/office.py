"""One province as its people see it, at next to no cost: its branch system and its workbench, on a connection that provinces may share.

Requests to create tasks are bytes that are pasted together (`requests`); what the desks do in one turn of the loop goes in one message; answers are
parsed by protobuf. What comes back is told to a `Listener`, one thing after the other.
"""

import enum
from typing import NamedTuple, Protocol

import grpc
import msgspec

from gateway.v1 import error_pb2, operator_pb2, task_pb2, work_pb2
from loadtests.bench.connection import End
from loadtests.bench.header_block import plain_block
from loadtests.bench.requests import (
    AMOUNT_FEN,
    COMPLETE,
    CREATE,
    INGEST,
    NAMES,
    START,
    WORK,
    Requests,
    call_headers,
    stream_headers,
)
from loadtests.bench.streams import Stream, StreamingConnection

#: Actions in one message.
_ACTIONS_MAX = 500
_OK = grpc.StatusCode.OK.value[0]


class Way(enum.StrEnum):
    """How steps are asked for: on streams, or each by a call of its own."""

    STREAM = "stream"
    UNARY = "unary"


class Step(enum.StrEnum):
    """What somebody does. The letter begins the id of the action."""

    SIGN_IN = "i"
    SIGN_OUT = "o"
    START = "s"
    COMPLETE = "c"


class Post(msgspec.Struct, frozen=True, kw_only=True):
    """A province and who works there."""

    province: str
    branch_token: str
    desk_token: str
    #: Operator names. They accept at once: nobody here answers offers.
    operators: list[str]
    #: Kinds of the tasks, in turn.
    kinds: list[str]


class Held(NamedTuple):
    """A task in somebody's hands."""

    external_id: str
    task: str
    operator: str
    token: int


class Listener(Protocol):
    """Whom an office tells what has come."""

    def has_something_to_send(self, office: "Office") -> None:
        """Call `Office.pack`, and flush its connection, before the loop rests."""
        ...

    def created(self, external_id: str, why_not: str) -> None:
        """A creation was answered.

        Args:
            why_not: the reason of the refusal; empty: the task is there.
        """
        ...

    def given(self, office: "Office", held: Held) -> None:
        """Somebody has got a task."""
        ...

    def stepped(self, step: Step, key: str, why_not: str) -> None:
        """A step was answered.

        Args:
            key: external id of the task, or the operator's name.
            why_not: the reason of the refusal; empty: it is done.
        """
        ...

    def surprised(self, what: str) -> None:
        """Something happened that should not, such as an offer, a revocation, or the end of a stream."""
        ...


class Office:
    """The branch system and the workbench of one province."""

    def __init__(
        self,
        way: Way,
        address: str,
        post: Post,
        prefix: str,
        connection: StreamingConnection,
        listener: Listener,
    ) -> None:
        self.post = post
        self._way = way
        self.connection = connection
        self._listener = listener
        self._requests = [Requests(post.province, kind, prefix) for kind in post.kinds]
        self._heads = [_head(requests.body(0)) for requests in self._requests]
        self._create = plain_block(call_headers(address, CREATE, post.branch_token))
        self._start = plain_block(call_headers(address, START, post.desk_token))
        self._complete = plain_block(call_headers(address, COMPLETE, post.desk_token))
        self._actions: list[work_pb2.WorkAction] = []
        self._is_leaving = False
        self._work = connection.stream(stream_headers(address, WORK, post.desk_token), self._heard, self._ended)
        self._ingest: Stream | None = None
        if way is Way.STREAM:
            headers = stream_headers(address, INGEST, post.branch_token)
            self._ingest = connection.stream(headers, self._told, self._ended)

    # --- what is said ---

    def sign_in(self) -> None:
        """Everybody begins."""
        action = work_pb2.SignInAction(desk_id=f"bench-{self.post.province}", presence=operator_pb2.PRESENCE_AVAILABLE)
        for operator in self.post.operators:
            self._act(Step.SIGN_IN, operator, operator, sign_in=action)

    def sign_out(self) -> None:
        """Everybody goes home."""
        self._is_leaving = True
        for operator in self.post.operators:
            self._act(Step.SIGN_OUT, operator, operator, sign_out=work_pb2.SignOutAction())

    def close(self) -> None:
        """End the streams."""
        for stream in (self._work, self._ingest):
            if stream is not None:
                stream.close()
        self._listener.has_something_to_send(self)

    def beat(self) -> None:
        """Say that the desks live."""
        self._actions.append(work_pb2.WorkAction(heartbeat=work_pb2.HeartbeatAction()))
        self._listener.has_something_to_send(self)

    def create(self, number: int) -> str:
        """Create a task; returns its external id. The same number gives the same task."""
        kind = number % len(self._requests)
        requests = self._requests[kind]
        external_id, body = requests.external_id(number), requests.body(number)
        if self._ingest is not None:
            self._ingest.send(self._heads[kind] + body)
        else:
            self.connection.call(body, lambda end: self._listener.created(external_id, _why_not(end)), self._create)
        self._listener.has_something_to_send(self)
        return external_id

    def start(self, held: Held) -> None:
        """Let the operator begin."""
        if self._way is Way.STREAM:
            start = work_pb2.StartAction(task=held.task, token=held.token)
            self._act(Step.START, held.external_id, held.operator, start=start)
            return
        request = work_pb2.StartAssignmentRequest(
            operator=held.operator, request_id=Step.START + held.external_id, task=held.task, token=held.token
        )
        self._call(Step.START, held.external_id, request.SerializeToString(), self._start)

    def complete(self, held: Held) -> None:
        """Let the operator decide."""
        if self._way is Way.STREAM:
            complete = work_pb2.CompleteAction(
                task=held.task, token=held.token, verdict=task_pb2.VERDICT_APPROVED, amount_fen=AMOUNT_FEN
            )
            self._act(Step.COMPLETE, held.external_id, held.operator, complete=complete)
            return
        request = work_pb2.CompleteAssignmentRequest(
            operator=held.operator,
            request_id=Step.COMPLETE + held.external_id,
            task=held.task,
            token=held.token,
            verdict=task_pb2.VERDICT_APPROVED,
            amount_fen=AMOUNT_FEN,
        )
        self._call(Step.COMPLETE, held.external_id, request.SerializeToString(), self._complete)

    def pack(self) -> None:
        """Put what the desks did into messages; the connection's `flush` sends them."""
        while self._actions:
            actions, self._actions = self._actions[:_ACTIONS_MAX], self._actions[_ACTIONS_MAX:]
            self._work.send(work_pb2.WorkRequest(actions=actions).SerializeToString())

    def _act(self, step: Step, key: str, operator: str, **fields: object) -> None:
        action_id = step + (key if step in (Step.START, Step.COMPLETE) else operator.rpartition("/")[2])
        self._actions.append(
            work_pb2.WorkAction(action_id=action_id, operator=operator, request_id=action_id, **fields)  # pyright: ignore[reportArgumentType]
        )
        self._listener.has_something_to_send(self)

    def _call(self, step: Step, key: str, body: bytes, block: bytes) -> None:
        self.connection.call(body, lambda end: self._listener.stepped(step, key, _why_not(end)), block)
        self._listener.has_something_to_send(self)

    # --- what is heard ---

    def _told(self, message: bytes) -> None:
        for result in task_pb2.IngestTasksResponse.FromString(message).results:
            self._listener.created(result.request_id, result.error.reason if result.HasField("error") else "")

    def _heard(self, message: bytes) -> None:
        for update in work_pb2.WorkResponse.FromString(message).updates:
            kind = update.WhichOneof("update")
            if kind == "assignment":
                self._given(update.assignment)
            elif kind == "result":
                self._answered(update.result)
            elif not self._is_leaving:
                self._listener.surprised(f"{kind}".upper())

    def _given(self, assignment: work_pb2.Assignment) -> None:
        task = assignment.task
        self._listener.given(self, Held(task.external_id, task.name, assignment.operator, assignment.token))

    def _answered(self, result: work_pb2.ActionResult) -> None:
        kind = result.WhichOneof("outcome")
        if not result.action_id:
            if kind == "error":
                self._listener.surprised(result.error.reason)
            return
        step = Step(result.action_id[0])
        self._listener.stepped(step, result.action_id[1:], _reason(result.error) if kind == "error" else "")
        if step is Step.SIGN_IN and kind == "session":
            for assignment in result.session.assignments:
                self._given(assignment)

    def _ended(self, end: End) -> None:
        if not self._is_leaving or end.code != _OK:
            self._listener.surprised(f"STREAM_{_why_not(end) or 'ENDED'}")


def _head(body: bytes) -> bytes:
    """What stands before a request of this length in a message of that one alone."""
    message = task_pb2.IngestTasksRequest(requests=[task_pb2.CreateTaskRequest.FromString(body)])
    return message.SerializeToString().removesuffix(body)


def _why_not(end: End) -> str:
    return "" if end.code == _OK else NAMES.get(end.code, str(end.code))


def _reason(error: error_pb2.Error) -> str:
    return error.reason or NAMES.get(error.code, str(error.code))
