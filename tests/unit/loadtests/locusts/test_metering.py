import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any, cast

import grpc
import pytest
from google.protobuf import any_pb2, duration_pb2
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2

from gateway.v1 import error_pb2, event_pb2, event_pb2_grpc, task_pb2, task_pb2_grpc, work_pb2
from loadtests.locusts.metering import DISORDER, DOUBTFUL_RESULT, Meter, MeteredChannel, MeteredStream, Row
from loadtests.wire import HIDDEN, RETRYABLE_CODES, call_patiently, retry_info_s

EXHAUSTED, UNAVAILABLE = grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.UNAVAILABLE


def refusal(code: grpc.StatusCode, reason: str, retry_ms: int = 0) -> grpc.aio.AioRpcError:
    """A refused unary call, as the gateway refuses one."""
    details: list[Message] = [error_details_pb2.ErrorInfo(reason=reason)]
    if retry_ms:
        delay = duration_pb2.Duration()
        delay.FromMilliseconds(retry_ms)
        details.append(error_details_pb2.RetryInfo(retry_delay=delay))
    packed = []
    for detail in details:
        packed.append(any_pb2.Any())
        packed[-1].Pack(detail)
    status = status_pb2.Status(code=code.value[0], details=packed)
    trailing = grpc.aio.Metadata(("grpc-status-details-bin", status.SerializeToString()))
    return grpc.aio.AioRpcError(code, grpc.aio.Metadata(), trailing, details=reason)


class Calls:
    """Stands for a channel: answers unary calls with what it was given, in turn."""

    def __init__(self, *answers: object) -> None:
        self._answers = list(answers)

    def unary_unary(self, *_arguments: Any, **_options: Any) -> Callable[..., Any]:
        async def answer(_request: object, **_how: object) -> object:
            given = self._answers.pop(0)
            if isinstance(given, Exception):
                raise given
            return given

        return answer

    unary_stream = stream_stream = unary_unary


class Stream:
    """Stands for a stream: hands out what it was given."""

    def __init__(self, *responses: object) -> None:
        self._responses = list(responses)

    async def write(self, _request: object) -> None:
        return None

    async def read(self) -> object:
        return self._responses.pop(0)


def tasks(meter: Meter, *answers: object) -> Any:
    """A stub whose calls are measured."""
    channel: Any = MeteredChannel(cast("grpc.aio.Channel", Calls(*answers)), meter)
    return task_pb2_grpc.TaskServiceStub(channel)


def kinds(rows: list[Row]) -> list[tuple[str, str, str]]:
    """Rows without their waits."""
    return [(row.kind, row.name, row.failure) for row in rows]


@pytest.mark.parametrize("code", RETRYABLE_CODES)
async def test_a_refusal_that_says_when_is_asked_again_until_it_is_let_in(code: grpc.StatusCode) -> None:
    """Would break if an overload, or a province that is away, counted as a failure though the contract knows it, or if the task were given up."""
    meter = Meter()
    stub = tasks(meter, *[refusal(code, "OVERLOADED", retry_ms=1)] * 2, task_pb2.Task(name="t"))
    created = await call_patiently(lambda: stub.CreateTask(task_pb2.CreateTaskRequest()), attempts_max=9)
    assert created.name == "t"
    refused = ("refused", "CreateTask: OVERLOADED", "")
    assert kinds(meter.take()) == [refused, refused, ("unary", "CreateTask", "")]
    assert meter.take() == []


@pytest.mark.parametrize(
    ("code", "retry_ms"),
    [(EXHAUSTED, 0), (UNAVAILABLE, 0), (grpc.StatusCode.INTERNAL, 0), (grpc.StatusCode.ABORTED, 500)],
)
async def test_any_other_end_is_a_failure(code: grpc.StatusCode, retry_ms: int) -> None:
    """Would break if a refusal without RetryInfo, or one that no client sends again, passed for an orderly refusal."""
    meter = Meter()
    stub = tasks(meter, refusal(code, "WHY", retry_ms))
    with pytest.raises(grpc.aio.AioRpcError):
        await stub.GetTask(task_pb2.GetTaskRequest())
    assert kinds(meter.take()) == [("unary", "GetTask", f"{code.name} WHY")]


def test_the_pause_is_what_the_server_asks_for() -> None:
    """Would break if clients came back before they were told to."""
    assert retry_info_s(refusal(EXHAUSTED, "OVERLOADED", retry_ms=1_500)) == 1.5
    assert retry_info_s(refusal(EXHAUSTED, "OVERLOADED")) == 0


async def test_items_of_a_batch_and_of_a_stream_are_judged_one_by_one() -> None:
    """Would break if one refused item among many went unseen because its call succeeded."""
    soon = error_pb2.Error(code=EXHAUSTED.value[0], reason="QUEUE_FULL", retry_after_ms=1_000)
    away = error_pb2.Error(code=UNAVAILABLE.value[0], reason="PROVINCE_AWAY", retry_after_ms=500)
    silent = error_pb2.Error(code=UNAVAILABLE.value[0], reason="PROVINCE_AWAY")
    never = error_pb2.Error(code=grpc.StatusCode.INVALID_ARGUMENT.value[0], reason="UNKNOWN_KIND")
    results = [
        task_pb2.TaskResult(index=0, request_id="1", task=task_pb2.TaskBrief(name="t")),
        task_pb2.TaskResult(index=1, request_id="2", error=soon),
        task_pb2.TaskResult(index=2, request_id="3", error=never),
        task_pb2.TaskResult(index=3, request_id="4", error=away),
        task_pb2.TaskResult(index=4, request_id="5", error=silent),
    ]
    meter = Meter()
    await tasks(meter, task_pb2.BatchCreateTasksResponse(results=results)).BatchCreateTasks(
        task_pb2.BatchCreateTasksRequest()
    )
    assert kinds(meter.take()) == [
        ("unary", "BatchCreateTasks", ""),
        ("refused", "BatchCreateTasks item: QUEUE_FULL", ""),
        ("unary", "BatchCreateTasks item", "INVALID_ARGUMENT UNKNOWN_KIND"),
        ("refused", "BatchCreateTasks item: PROVINCE_AWAY", ""),
        ("unary", "BatchCreateTasks item", "UNAVAILABLE PROVINCE_AWAY"),
    ]
    stream = MeteredStream(Stream(task_pb2.IngestTasksResponse(results=results)), "IngestTasks", meter, lambda: False)
    requests = [task_pb2.CreateTaskRequest(request_id=str(number)) for number in range(1, 6)]
    await stream.write(task_pb2.IngestTasksRequest(requests=requests))
    await stream.read()
    assert kinds(meter.take()) == [
        ("stream", "IngestTasks item", ""),
        ("refused", "IngestTasks item: QUEUE_FULL", ""),
        ("stream", "IngestTasks item", "INVALID_ARGUMENT UNKNOWN_KIND"),
        ("refused", "IngestTasks item: PROVINCE_AWAY", ""),
        ("stream", "IngestTasks item", "UNAVAILABLE PROVINCE_AWAY"),
    ]


async def test_each_item_of_a_stream_has_one_result_and_its_own_place() -> None:
    """Would break if a task were acknowledged twice, or for another item, without the run failing."""
    meter = Meter()
    made = [
        task_pb2.TaskResult(index=1, request_id="2", task=task_pb2.TaskBrief(name="t2")),
        task_pb2.TaskResult(index=1, request_id="1", task=task_pb2.TaskBrief(name="t1")),
        task_pb2.TaskResult(index=1, request_id="2", task=task_pb2.TaskBrief(name="t2")),
        task_pb2.TaskResult(index=2, request_id="1", task=task_pb2.TaskBrief(name="t1")),
    ]
    stream = MeteredStream(Stream(task_pb2.IngestTasksResponse(results=made)), "IngestTasks", meter, lambda: False)
    # What was refused for now is sent again on the same stream, and is another item of it.
    for request_ids in (("1", "2"), ("1",)):
        requests = [task_pb2.CreateTaskRequest(request_id=request_id) for request_id in request_ids]
        await stream.write(task_pb2.IngestTasksRequest(requests=requests))
    await stream.read()
    assert kinds(meter.take()) == [
        ("stream", "IngestTasks item", ""),
        ("stream", "IngestTasks item", DOUBTFUL_RESULT),
        ("stream", "IngestTasks item", DOUBTFUL_RESULT),
        ("stream", "IngestTasks item", ""),
    ]


async def test_events_that_come_twice_or_out_of_order_are_failures() -> None:
    """Would break if a feed that repeats or goes back were hidden by the client that skips what it knows."""
    meter = Meter()

    async def follow(_request: object, **_how: object) -> AsyncIterator[event_pb2.StreamEventsResponse]:
        for positions in ((("fujian", 10), ("jiangxi", 3)), (("fujian", 11), ("fujian", 11)), (("jiangxi", 2),)):
            yield event_pb2.StreamEventsResponse(
                events=[event_pb2.Event(province=province, position=position) for province, position in positions]
            )

    class Feed(Calls):
        def unary_stream(self, *_arguments: Any, **_options: Any) -> Callable[..., Any]:
            return follow

    channel: Any = MeteredChannel(cast("grpc.aio.Channel", Feed()), meter)
    request = event_pb2.StreamEventsRequest(cursors=[event_pb2.EventCursor(province="fujian", after_position=10)])
    async for _ in event_pb2_grpc.EventServiceStub(channel).StreamEvents(request):
        pass
    assert [row.failure for row in meter.take()] == [DISORDER, "", DISORDER, "", DISORDER, ""]


@pytest.mark.parametrize(
    ("action", "was_silent", "expected"),
    [
        ("complete", True, ("fenced", "Work complete: STALE_TOKEN", "")),
        ("complete", False, ("stream", "Work complete", "FAILED_PRECONDITION STALE_TOKEN")),
        ("accept", False, ("fenced", "Work accept: STALE_TOKEN", "")),
    ],
)
async def test_only_who_was_silent_may_come_too_late(action: str, was_silent: bool, expected: tuple[str, ...]) -> None:
    """Would break if a desk that was heard all the time could lose its work without the run failing."""
    stale = error_pb2.Error(code=grpc.StatusCode.FAILED_PRECONDITION.value[0], reason="STALE_TOKEN")
    answer = work_pb2.WorkResponse(
        updates=[work_pb2.WorkUpdate(result=work_pb2.ActionResult(action_id="a1", error=stale))]
    )
    meter = Meter()
    stream = MeteredStream(Stream(answer), "Work", meter, lambda: was_silent)
    done = work_pb2.WorkAction(action_id="a1")
    getattr(done, action).task = "t"
    await stream.write(work_pb2.WorkRequest(actions=[done]))
    await stream.read()
    assert kinds(meter.take()) == [expected]


async def test_a_start_tells_how_long_the_customer_waited() -> None:
    """Would break if the journey from creation to start were not measured, which is what the shapes load."""
    task = task_pb2.Task(create_time_ms=1_000, start_time_ms=1_250)
    started = work_pb2.ActionResult(action_id="a1", assignment=work_pb2.Assignment(task=task))
    meter = Meter()
    answer = work_pb2.WorkResponse(updates=[work_pb2.WorkUpdate(result=started)])
    stream = MeteredStream(Stream(answer), "Work", meter, lambda: False)
    start = work_pb2.WorkAction(action_id="a1", start=work_pb2.StartAction(task="t"))
    await stream.write(work_pb2.WorkRequest(actions=[start]))
    await stream.read()
    rows = meter.take()
    assert [row.name for row in rows] == ["Work start", "created to started"]
    assert rows[1].wait_ms == 250


class Ended:
    """Stands for a stream that has ended: whoever reads is told so, and whoever writes, as gRPC tells it."""

    def __init__(self, read: Exception, write: Exception) -> None:
        self._read, self._write = read, write

    async def write(self, _request: object) -> None:
        raise self._write

    async def read(self) -> object:
        raise self._read

    async def code(self) -> grpc.StatusCode:
        return self._status().code()

    async def details(self) -> str | None:
        return self._status().details()

    async def initial_metadata(self) -> object:
        return self._status().initial_metadata()

    async def trailing_metadata(self) -> object:
        return self._status().trailing_metadata()

    def _status(self) -> grpc.aio.AioRpcError:
        assert isinstance(self._read, grpc.aio.AioRpcError)
        return self._read


AGED = refusal(UNAVAILABLE, "STREAM_AGED", retry_ms=100)
BROKEN = refusal(UNAVAILABLE, "")
BUG = grpc.aio.AioRpcError(grpc.StatusCode.INTERNAL, grpc.aio.Metadata(), grpc.aio.Metadata(), details="a bug")
LOST = grpc.aio.AioRpcError(grpc.StatusCode.INTERNAL, grpc.aio.Metadata(), grpc.aio.Metadata(), details=HIDDEN)


@pytest.mark.parametrize("is_written_first", [True, False])
@pytest.mark.parametrize(
    ("age_minutes", "read", "write", "expected"),
    [
        (30, AGED, asyncio.InvalidStateError(), ("refused", "Work: STREAM_AGED", "")),
        (30, LOST, LOST, ("refused", "Work: ended at its age", "")),
        (5, LOST, LOST, ("stream", "Work", f"INTERNAL {HIDDEN}")),
        (30, BUG, BUG, ("stream", "Work", "INTERNAL a bug")),
        (5, BROKEN, asyncio.InvalidStateError(), ("stream", "Work", "UNAVAILABLE")),
    ],
)
async def test_the_end_of_a_stream_is_measured_once_whoever_is_told(
    age_minutes: int, read: Exception, write: Exception, expected: tuple[str, ...], is_written_first: bool
) -> None:
    """A stream that broke while it was written to left nothing; and one that ended at its age, as streams do, would fail the run."""
    now_s = 0.0
    meter = Meter(clock=lambda: now_s)
    call: Any = Ended(read, write)
    stream = MeteredStream(call, "Work", meter, lambda: False)
    now_s = 60.0 * age_minutes
    attempts: list[Callable[[], Any]] = [lambda: stream.write(work_pb2.WorkRequest()), stream.read]
    for attempt in attempts if is_written_first else reversed(attempts):
        with pytest.raises((grpc.aio.AioRpcError, asyncio.InvalidStateError)):
            await attempt()
    assert kinds(meter.take()) == [expected]
