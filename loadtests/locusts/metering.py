"""Measures every call of a channel: what Locust is to be told of it, as rows. The clients above do not notice.

A unary call is a row. On a stream each item and each action is one, from when it is written until its result is read; of what a server sends
by itself, a row a message says how old its news was.

What a refusal counts as:

* RESOURCE_EXHAUSTED or UNAVAILABLE that says when to come back (RetryInfo, ``retry_after_ms``) is no failure. It is a row of the type ``refused``;
  the client asks again until it is let in. Only these two are sent again (``RETRYABLE_CODES``), whatever another one says.
* A desk that was silent is told that what it held is no longer its own, once it is back. That is the contract, too: type ``fenced``.
* An offer that was withdrawn while its answer was under way likewise: nobody had begun, nothing is lost.
* A stream ends with a refusal of this kind when it is as old as streams get. Of a stream that is just being written to gRPC's asyncio client
  forgets what the server said, and tells INTERNAL in words of its own (grpc/grpc#36066: 185 of 300 streams that are written to all the time). At
  the age at which streams end that counts as what it must have been, ``refused``; before it, as a failure.
* Anything else is a failure, by status and reason. So is a second result of an item, a result at another's place, and an event that comes twice
  or out of order: clients pass over these without a word.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import Any, NamedTuple

import grpc

from gateway.v1 import error_pb2, event_pb2, monitor_pb2, task_pb2, work_pb2
from loadtests.wire import RETRYABLE_CODES, is_hidden, is_retryable, reason_of, retry_info_s

#: Types of rows besides ``unary``, ``stream``, ``push`` and ``journey``.
REFUSED, FENCED = "refused", "fenced"
#: Reasons for which a desk that was silent, or whose offer is gone, is refused.
FENCED_REASONS = ("STALE_TOKEN", "NOT_SIGNED_IN", "ALREADY_DECIDED")
#: What is wrong without a status.
DOUBTFUL_RESULT = "a second result of its item, or one at the place of another"
DISORDER = "an event that came before, or one from before that"
#: From this age on streams end by themselves (half an hour, spread by a tenth either way), seconds.
STREAM_AGE_MIN_S = 27 * 60.0
_STATUS_NAMES = {code.value[0]: code.name for code in grpc.StatusCode}


class Row(NamedTuple):
    """One measured call. `failure` is empty when it is none."""

    kind: str
    name: str
    wait_ms: float
    failure: str = ""


class Meter:
    """Rows of one process, until somebody takes them."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self.clock = clock
        self._rows: list[Row] = []

    def take(self) -> list[Row]:
        """All rows since the last time."""
        rows, self._rows = self._rows, []
        return rows

    def done(self, kind: str, name: str, began_s: float) -> None:
        """It was answered."""
        self._rows.append(Row(kind, name, (self.clock() - began_s) * 1000))

    def aged(self, kind: str, name: str, age_ms: float) -> None:
        """It came, so old."""
        self._rows.append(Row(kind, name, max(0.0, age_ms)))

    def ended(self, kind: str, name: str, began_s: float, error: grpc.aio.AioRpcError) -> None:
        """A call ended with a status other than OK."""
        if error.code() in RETRYABLE_CODES and retry_info_s(error) > 0:
            self.refused(name, began_s, reason_of(error) or error.code().name)
        else:
            self.failed(kind, name, began_s, f"{error.code().name} {reason_of(error) or error.details() or ''}".strip())

    def item(self, kind: str, name: str, began_s: float, error: error_pb2.Error) -> None:
        """An item of a batch or stream was refused."""
        if is_retryable(error) and error.retry_after_ms > 0:
            self.refused(name, began_s, error.reason)
        else:
            self.failed(kind, name, began_s, f"{_STATUS_NAMES.get(error.code, error.code)} {error.reason}".strip())

    def refused(self, name: str, began_s: float, reason: str, kind: str = REFUSED) -> None:
        """It was refused as the contract has it."""
        self.done(kind, f"{name}: {reason}", began_s)

    def failed(self, kind: str, name: str, began_s: float, failure: str) -> None:
        """It failed."""
        self._rows.append(Row(kind, name, (self.clock() - began_s) * 1000, failure))


class MeteredChannel:
    """A channel as the generated stubs use one; every call of it is measured.

    Args:
        was_silent: whether the client of this channel has been silent on purpose.
    """

    def __init__(self, channel: grpc.aio.Channel, meter: Meter, was_silent: Callable[[], bool] = lambda: False) -> None:
        self._channel = channel
        self._meter = meter
        self._was_silent = was_silent

    def unary_unary(self, method: str, *arguments: Any, **options: Any) -> Callable[..., Any]:
        """A unary method."""
        call: Any = self._channel.unary_unary(method, *arguments, **options)
        name, meter = method.rpartition("/")[2], self._meter

        async def measured(request: Any, **how: Any) -> Any:
            began_s = meter.clock()
            try:
                answer = await call(request, **how)
            except grpc.aio.AioRpcError as error:
                meter.ended("unary", name, began_s, error)
                raise
            meter.done("unary", name, began_s)
            if isinstance(answer, task_pb2.BatchCreateTasksResponse):
                for result in answer.results:
                    if result.HasField("error"):
                        meter.item("unary", f"{name} item", began_s, result.error)
            return answer

        return measured

    def unary_stream(self, method: str, *arguments: Any, **options: Any) -> Callable[..., AsyncIterator[Any]]:
        """A method that sends by itself."""
        call: Any = self._channel.unary_stream(method, *arguments, **options)
        name, meter = method.rpartition("/")[2], self._meter

        async def measured(request: Any, **how: Any) -> AsyncIterator[Any]:
            began_s = meter.clock()
            #: Last position by province, of events.
            known = {cursor.province: cursor.after_position for cursor in getattr(request, "cursors", ())}
            try:
                async for message in call(request, **how):
                    for _ in range(_disorders(message, known)):
                        meter.failed("push", name, began_s, DISORDER)
                    meter.aged("push", name, _age_ms(message))
                    yield message
            except grpc.aio.AioRpcError as error:
                meter.ended("push", name, began_s, error)
                raise

        return measured

    def stream_stream(self, method: str, *arguments: Any, **options: Any) -> Callable[..., "MeteredStream"]:
        """A method of two streams."""
        call: Any = self._channel.stream_stream(method, *arguments, **options)
        name = method.rpartition("/")[2]
        return lambda **how: MeteredStream(call(**how), name, self._meter, self._was_silent)


class MeteredStream:
    """An ingest or work stream."""

    def __init__(self, call: Any, name: str, meter: Meter, was_silent: Callable[[], bool]) -> None:
        self._call = call
        self._name = name
        self._meter = meter
        self._was_silent = was_silent
        self._began_s = meter.clock()
        #: Request id or action id -> when it was written, and what it is called.
        self._under_way: dict[str, tuple[float, str]] = {}
        #: Place of an item in the stream -> its request id, until its result is there.
        self._items: dict[int, str] = {}
        self._item_count = 0
        self._has_ended = False

    async def write(self, request: Any) -> None:
        """Write a message."""
        now_s = self._meter.clock()
        if isinstance(request, work_pb2.WorkRequest):
            for action in request.actions:
                if action.action_id:
                    name = f"{self._name} {action.WhichOneof('action')}"
                    self._under_way[action.action_id] = (now_s, name)
        else:
            for item in request.requests:
                self._under_way[item.request_id] = (now_s, f"{self._name} item")
                self._items[self._item_count] = item.request_id
                self._item_count += 1
        try:
            await self._call.write(request)
        except grpc.aio.AioRpcError as error:
            self._note_end(error)
            raise
        except asyncio.InvalidStateError:
            # It has ended, and whoever reads has not been told yet.
            self._note_end(await _end_of(self._call))
            raise

    async def read(self) -> Any:
        """Read a message."""
        try:
            response = await self._call.read()
        except grpc.aio.AioRpcError as error:
            self._note_end(error)
            raise
        if isinstance(response, work_pb2.WorkResponse):
            for update in response.updates:
                if update.HasField("result"):
                    self._take_result(update.result)
        elif isinstance(response, task_pb2.IngestTasksResponse):
            for result in response.results:
                self._take_item(result)
        return response

    def cancel(self) -> bool:
        """End it."""
        return self._call.cancel()

    def _note_end(self, error: grpc.aio.AioRpcError) -> None:
        """A stream ends once, whoever is told of it first."""
        if self._has_ended or error.code() is grpc.StatusCode.OK:
            return
        self._has_ended = True
        if is_hidden(error) and self._meter.clock() - self._began_s >= STREAM_AGE_MIN_S:
            self._meter.refused(self._name, self._began_s, "ended at its age")
        else:
            self._meter.ended("stream", self._name, self._began_s, error)

    def _take_item(self, result: task_pb2.TaskResult) -> None:
        began_s, name = self._under_way.pop(result.request_id, (self._began_s, f"{self._name} item"))
        if self._items.pop(result.index, None) != result.request_id:
            self._meter.failed("stream", name, began_s, DOUBTFUL_RESULT)
        elif result.HasField("error"):
            self._meter.item("stream", name, began_s, result.error)
        else:
            self._meter.done("stream", name, began_s)

    def _take_result(self, result: work_pb2.ActionResult) -> None:
        began_s, name = self._under_way.pop(result.action_id, (self._began_s, self._name))
        if result.WhichOneof("outcome") != "error":
            self._meter.done("stream", name, began_s)
            task = result.assignment.task
            if name.endswith(" start") and task.create_time_ms:
                self._meter.aged("journey", "created to started", task.start_time_ms - task.create_time_ms)
        elif result.error.reason in FENCED_REASONS and (self._was_silent() or name.endswith((" accept", " decline"))):
            self._meter.refused(name, began_s, result.error.reason, FENCED)
        else:
            self._meter.item("stream", name, began_s, result.error)


def _disorders(message: Any, known: dict[str, int]) -> int:
    """How many events of a message came twice or out of order.

    Args:
        known: last position by province; brought up to date.
    """
    disorders = 0
    for event in message.events if isinstance(message, event_pb2.StreamEventsResponse) else ():
        last = known.get(event.province, 0)
        disorders += event.position <= last
        known[event.province] = max(last, event.position)
    return disorders


async def _end_of(call: Any) -> grpc.aio.AioRpcError:
    """The status that a stream has ended with."""
    initial, trailing = await call.initial_metadata(), await call.trailing_metadata()
    return grpc.aio.AioRpcError(await call.code(), initial, trailing, await call.details())


def _age_ms(message: Any) -> float:
    """How old the news of a message is."""
    now_ms = time.time_ns() / 1e6
    if isinstance(message, event_pb2.StreamEventsResponse):
        return now_ms - message.events[-1].time_ms
    if isinstance(message, monitor_pb2.Overview):
        return now_ms - message.snapshot_time_ms
    return 0.0
