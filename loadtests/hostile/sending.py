"""One attack over the wire: bytes to a method, and what came back.

Calls go through gRPC's own client without serializers, so that whatever bytes are wanted reach the server framed as a message. A method
that takes a stream gets a stream of one message, which on the wire is the same as a single message.
"""

from dataclasses import dataclass
from typing import Any

import grpc
import grpc.aio

from gateway.v1 import task_pb2
from loadtests.hostile.callers import Metadata
from loadtests.hostile.methods import Method
from loadtests.hostile.tally import Tally

#: Until an answer must be there, seconds.
TIMEOUT_S = 20.0
#: A stream that has no end of its own is left after its first answer, or after this, seconds.
STREAM_TIMEOUT_S = 0.5


@dataclass(frozen=True, slots=True)
class Attack:
    """A message to send."""

    family: str
    method: Method
    body: bytes
    metadata: Metadata
    #: The caller has no right to an answer.
    is_trespass: bool = False
    is_compressed: bool = False

    @property
    def options(self) -> dict[str, Any]:
        """How it is sent."""
        compression = grpc.Compression.Gzip if self.is_compressed else grpc.Compression.NoCompression
        return {"metadata": self.metadata, "compression": compression}


class Sender:
    """Sends attacks over one connection and counts what comes back."""

    def __init__(self, channel: grpc.aio.Channel, tally: Tally) -> None:
        self._channel = channel
        self._tally = tally
        self._calls: dict[str, Any] = {}

    async def send(self, attack: Attack) -> None:
        """Send it and count the answer."""
        self._tally.sent(attack.family)
        if attack.method.is_answered_by_stream:
            await self._send_to_stream(attack)
            return
        try:
            answer = await self._call(attack.method, "unary_unary")(attack.body, timeout=TIMEOUT_S, **attack.options)
        except grpc.aio.AioRpcError as error:
            self._refused(attack, error)
        else:
            self._served(attack, answer)

    async def _send_to_stream(self, attack: Attack) -> None:
        # A stream of ours has ended with its only message, so the server ends its own.
        timeout_s = TIMEOUT_S if attack.method.takes_stream else STREAM_TIMEOUT_S
        call = self._call(attack.method, "unary_stream")(attack.body, timeout=timeout_s, **attack.options)
        try:
            answer = await call.read()
        except grpc.aio.AioRpcError as error:
            self._refused(attack, error)
            return
        if answer is grpc.aio.EOF:
            self._tally.answered(await call.code(), (), self._what(attack), is_trespass=attack.is_trespass)
            return
        self._served(attack, answer)
        call.cancel()

    def _call(self, method: Method, form: str) -> Any:
        call = self._calls.get(method.path)
        if call is None:
            call = self._calls[method.path] = getattr(self._channel, form)(method.path)
        return call

    def _what(self, attack: Attack) -> str:
        return f"{attack.family} to {attack.method.service}/{attack.method.name}"

    def _refused(self, attack: Attack, error: grpc.aio.AioRpcError) -> None:
        said = said_by(error)
        is_endless = attack.method.is_answered_by_stream and not attack.method.takes_stream
        if is_endless and error.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
            # A stream that is open and has nothing to say yet: the message was accepted.
            self._tally.statuses["OPEN"] += 1
            return
        self._tally.answered(error.code(), said, self._what(attack), is_trespass=attack.is_trespass)

    def _served(self, attack: Attack, answer: bytes) -> None:
        self._tally.answered(grpc.StatusCode.OK, (), self._what(attack), is_trespass=attack.is_trespass)
        read_answer(self._tally, attack.method, answer)


def said_by(error: grpc.aio.AioRpcError) -> list[bytes]:
    """Everything that a failed call says about why."""
    said = [(error.details() or "").encode()]
    for _, value in error.trailing_metadata() or ():
        said.append(value if isinstance(value, bytes) else value.encode())
    return said


def read_answer(tally: Tally, method: Method, answer: bytes) -> None:
    """Note the tasks that an answer acknowledges, and look for leaks in the errors of its items."""
    if method.service != "TaskService":
        return
    if method.name == "CreateTask":
        tally.created.add(task_pb2.Task.FromString(answer).name)
    elif method.name in ("BatchCreateTasks", "IngestTasks"):
        for result in task_pb2.BatchCreateTasksResponse.FromString(answer).results:
            if result.HasField("task"):
                tally.created.add(result.task.name)
            else:
                what = f"an item of {method.name}: {result.error.reason} {result.error.message}"
                tally.statuses[f"ITEM_{grpc_name(result.error.code)}"] += 1
                tally.checked(result.error.SerializeToString(), what)
                if grpc_name(result.error.code) in ("UNKNOWN", "INTERNAL"):
                    tally.internal.add(what)


def grpc_name(number: int) -> str:
    """Name of a status code."""
    return next((code.name for code in grpc.StatusCode if code.value[0] == number), str(number))
