"""How many messages of a work stream are under way, and in which order their actions begin."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import msgspec
import pytest

from actors.core.country import Line
from actors.core.ids import OperatorId, ProvinceCode, TaskId
from actors.core.replies import DeskUpdate, TaskReply
from actors.core.task import Task, TaskState
from gateway.answers import Replies
from gateway.desks import Desks
from gateway.errors import GatewayError, GatewayReason
from gateway.identity import Identity, Role
from gateway.services import work_stream
from gateway.services.holding import Holding
from gateway.services.work_stream import MESSAGES_IN_FLIGHT_MAX, WorkStream
from gateway.v1 import work_pb2
from tests.unit.core.harness import FUJIAN, MEDICAL, spec
from tests.unit.gateway_streams.served import PATIENCE_S

_METHOD = "/sharedops.v1.WorkService/Work"


class _Provinces:
    """A country that answers when the test says so."""

    def __init__(self) -> None:
        #: Tasks of the steps that were begun, in their order; and how many each bundle brought.
        self.begun: list[str] = []
        self.bundles: list[int] = []
        self._open: dict[str, tuple[list[str], Replies]] = {}

    def codes(self) -> Sequence[str]:
        return ["fujian"]

    def call_many_soon(self, province: str, requests: Sequence[Any]) -> Replies:
        assert province == "fujian"
        tasks = [request.task_id for request in requests]
        self.begun += tasks
        self.bundles.append(len(tasks))
        replies: Replies = asyncio.get_running_loop().create_future()
        self._open[tasks[0]] = tasks, replies
        return replies

    async def call(self, province: str, request: Any, *, deadline: float) -> Any:
        assert deadline > 0
        return (await self.call_many_soon(province, [request]))[0]

    def end(self, first: str, *, error: Exception | None = None) -> None:
        """Answer the bundle that begins with a task."""
        tasks, replies = self._open.pop(first)
        if error is not None:
            replies.set_exception(error)
        else:
            replies.set_result([TaskReply(task=_in_hand(task)) for task in tasks])

    def end_all(self) -> None:
        """Answer everything."""
        for first in list(self._open):
            self.end(first)


def _in_hand(task: str) -> Task:
    return Task(
        task_id=TaskId(task),
        spec=spec(MEDICAL),
        line=Line.CLAIMS,
        home=FUJIAN,
        host=FUJIAN,
        state=TaskState.IN_PROGRESS,
        operator=OperatorId("fujian-op-1"),
        token=1,
        created_by="branch",
        created_ms=1,
    )


class _Desk:
    """A client that sends messages of two actions each as fast as they are read."""

    def __init__(self, count: int) -> None:
        self.read = 0
        self._count = count
        self._ids = itertools.count(1)

    async def messages(self) -> AsyncIterator[work_pb2.WorkRequest]:
        for _ in range(self._count):
            self.read += 1
            yield work_pb2.WorkRequest(actions=[_action(next(self._ids)), _action(next(self._ids))])


def _action(number: int) -> work_pb2.WorkAction:
    start = work_pb2.StartAction(task=f"provinces/fujian/tasks/fujian-{number}", token=1)
    return work_pb2.WorkAction(
        action_id=f"a{number}",
        operator="provinces/fujian/operators/fujian-op-1",
        request_id=f"a{number}",
        start=start,
    )


def _stream(provinces: _Provinces, *, silent: Mapping[ProvinceCode, int] | None = None) -> WorkStream:
    desks = Desks("g1", lambda _province, _request: None)
    desks.silence.replace(silent or {})
    desks.signed_in(desks.new_session(), OperatorId("fujian-op-1"))
    identity = Identity(role=Role.OPERATOR, subject="desk", province="fujian")
    holding = Holding(provinces, desks)  # pyright: ignore[reportArgumentType] - what the stream needs of it
    return WorkStream(holding, desks, identity, _METHOD)


async def _run(stream: WorkStream, desk: _Desk, told: list[str]) -> None:
    async for response in stream.run(desk.messages()):
        told.extend(update.result.action_id for update in response.updates)


async def _sent(messages: "asyncio.Queue[work_pb2.WorkRequest]") -> AsyncIterator[work_pb2.WorkRequest]:
    while True:
        yield await messages.get()


def _large_news(stream: WorkStream) -> DeskUpdate:
    """An offer of some two thousand bytes."""
    return DeskUpdate(
        operator=OperatorId("fujian-op-1"),
        session=stream.session,
        what="offered",
        task=msgspec.structs.replace(_in_hand("fujian-1"), spec=spec(MEDICAL, note="n" * 2_000)),
        token=1,
    )


async def _turns() -> None:
    """Let the loop do whatever it can without news from outside."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_a_message_is_under_way_until_its_last_bundle_is_answered() -> None:
    """Would break if a client had more messages under way than the bound, or a message never left and the stream stood still."""
    provinces, desk = _Provinces(), _Desk(MESSAGES_IN_FLIGHT_MAX + 3)
    told: list[str] = []
    running = asyncio.create_task(_run(_stream(provinces), desk, told))
    await _turns()
    # The next one is read and waits for its turn. The actions of a message travel together.
    assert (desk.read, len(provinces.begun)) == (MESSAGES_IN_FLIGHT_MAX + 1, 2 * MESSAGES_IN_FLIGHT_MAX)
    assert provinces.bundles == [2] * MESSAGES_IN_FLIGHT_MAX
    provinces.end("fujian-1")
    await _turns()
    assert (desk.read, len(provinces.begun)) == (MESSAGES_IN_FLIGHT_MAX + 2, 2 * MESSAGES_IN_FLIGHT_MAX + 2)
    while len(told) < 2 * (MESSAGES_IN_FLIGHT_MAX + 3):
        provinces.end_all()
        await _turns()
    await asyncio.wait_for(running, PATIENCE_S)
    assert sorted(told) == sorted(f"a{number}" for number in range(1, 2 * (MESSAGES_IN_FLIGHT_MAX + 3) + 1))


async def test_actions_begin_in_the_order_in_which_they_came() -> None:
    """One operator's actions are decided in the order in which they reach the province, so none may overtake another on the way there."""
    provinces, desk = _Provinces(), _Desk(MESSAGES_IN_FLIGHT_MAX)
    running = asyncio.create_task(_run(_stream(provinces), desk, []))
    await _turns()
    assert provinces.begun == [f"fujian-{number}" for number in range(1, 2 * MESSAGES_IN_FLIGHT_MAX + 1)]
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_province_that_does_not_answer_is_told_for_each_action_of_its_bundle() -> None:
    """An action without a result leaves a desk waiting for ever."""
    provinces = _Provinces()
    results: list[work_pb2.ActionResult] = []

    async def run() -> None:
        async for response in _stream(provinces).run(_Desk(1).messages()):
            results.extend(update.result for update in response.updates)

    running = asyncio.create_task(run())
    await _turns()
    provinces.end("fujian-1", error=GatewayError(GatewayReason.PROVINCE_UNAVAILABLE, "It is away."))
    await asyncio.wait_for(running, PATIENCE_S)
    assert [(result.action_id, result.error.reason) for result in results] == [
        ("a1", "PROVINCE_UNAVAILABLE"),
        ("a2", "PROVINCE_UNAVAILABLE"),
    ]


async def test_an_action_that_is_wrong_does_not_fail_its_neighbours() -> None:
    """Desks of a whole workbench share a message."""
    provinces = _Provinces()
    results: dict[str, str] = {}

    async def messages() -> AsyncIterator[work_pb2.WorkRequest]:
        foreign = work_pb2.StartAction(task="provinces/fujian/tasks/fujian-2", token=1)
        yield work_pb2.WorkRequest(
            actions=[
                _action(1),
                work_pb2.WorkAction(action_id="bad", operator="nobody", request_id="b", start=foreign),
                work_pb2.WorkAction(
                    action_id="foreign", operator="provinces/jiangxi/operators/x", request_id="c", start=foreign
                ),
                work_pb2.WorkAction(action_id="beat", heartbeat=work_pb2.HeartbeatAction()),
                _action(3),
            ]
        )

    async def run() -> None:
        async for response in _stream(provinces).run(messages()):
            for update in response.updates:
                found = update.result
                results[found.action_id] = found.error.reason or found.WhichOneof("outcome") or ""

    running = asyncio.create_task(run())
    await _turns()
    provinces.end_all()
    await asyncio.wait_for(running, PATIENCE_S)
    assert results == {
        "a1": "assignment",
        "bad": "INVALID_ARGUMENT",
        "foreign": "PERMISSION_DENIED",
        "beat": "heartbeat",
        "a3": "assignment",
    }
    assert provinces.bundles == [2]


@pytest.mark.parametrize("silent", [{}, {ProvinceCode("jiangxi"): 60_000}], ids=["bundled", "each by itself"])
async def test_of_heartbeats_and_renewals_without_an_id_only_failures_are_told(silent: dict[ProvinceCode, int]) -> None:
    """Answers to each would be most of what a stream brings down, and without the failures a desk would work on without a lease."""
    provinces = _Provinces()
    results: list[tuple[str, str]] = []

    def renewal(number: int, action_id: str = "") -> work_pb2.WorkAction:
        renew = work_pb2.RenewAction(task=f"provinces/fujian/tasks/fujian-{number}", token=1)
        return work_pb2.WorkAction(action_id=action_id, operator="provinces/fujian/operators/fujian-op-1", renew=renew)

    async def messages() -> AsyncIterator[work_pb2.WorkRequest]:
        unnamed = _action(3)
        unnamed.action_id = ""
        beat = work_pb2.HeartbeatAction()
        yield work_pb2.WorkRequest(actions=[renewal(1), renewal(2, "kept"), unnamed])
        yield work_pb2.WorkRequest(
            actions=[work_pb2.WorkAction(heartbeat=beat), work_pb2.WorkAction(action_id="beat", heartbeat=beat)]
        )
        yield work_pb2.WorkRequest(actions=[renewal(4)])

    async def run() -> None:
        async for response in _stream(provinces, silent=silent).run(messages()):
            for update in response.updates:
                found = update.result
                results.append((found.action_id, found.error.reason or found.WhichOneof("outcome") or ""))

    running = asyncio.create_task(run())
    await _turns()
    assert provinces.bundles == ([1] * 4 if silent else [3, 1])
    provinces.end("fujian-4", error=GatewayError(GatewayReason.PROVINCE_UNAVAILABLE, "It is away."))
    provinces.end_all()
    await asyncio.wait_for(running, PATIENCE_S)
    assert sorted(results) == [
        ("", "PROVINCE_UNAVAILABLE"),
        ("", "assignment"),
        ("beat", "heartbeat"),
        ("kept", "assignment"),
    ]


async def test_a_bug_in_reading_ends_the_stream() -> None:
    """An end like any other would tell the client that everything it has sent was read."""
    provinces = _Provinces()

    async def messages() -> AsyncIterator[work_pb2.WorkRequest]:
        yield work_pb2.WorkRequest(actions=[_action(1)])
        raise RuntimeError("a bug")

    async def run() -> None:
        async for _ in _stream(provinces).run(messages()):
            pass

    running = asyncio.create_task(run())
    await _turns()
    if not running.done():
        provinces.end_all()
    with pytest.raises(GatewayError) as caught:
        await asyncio.wait_for(running, PATIENCE_S)
    assert caught.value.reason == "SHUTTING_DOWN"


async def test_news_wait_for_the_steps_before_them_and_for_no_others() -> None:
    """Before an answer that is older, news would be undone by it; behind every answer, whoever always has a step under way never heard any."""
    provinces = _Provinces()
    stream = _stream(provinces)
    messages: asyncio.Queue[work_pb2.WorkRequest] = asyncio.Queue()
    told: list[str] = []

    async def run() -> None:
        async for response in stream.run(_sent(messages)):
            told.extend(update.result.action_id or update.session.end_reason for update in response.updates)

    def news(reason: str) -> DeskUpdate:
        return DeskUpdate(
            operator=OperatorId("fujian-op-1"), session=stream.session, what="session_ended", reason=reason
        )

    running = asyncio.create_task(run())
    stream.push(news("alone"))
    for number in range(1, 5):
        messages.put_nowait(work_pb2.WorkRequest(actions=[_action(number)]))
        await _turns()
        stream.push(news(f"behind {number}"))
    assert told == ["ALONE"]
    # The news come in the turn in which their answer does, whatever else is still under way.
    for number in range(1, 4):
        provinces.end(f"fujian-{number}")
        await _turns()
    assert told == ["ALONE", *(word for number in range(1, 4) for word in (f"a{number}", f"BEHIND {number}"))]
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_large_updates_are_bounded_by_their_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that reads nothing and keeps asking for what its people hold would have gigabytes wait for it before the bound on their number."""
    monkeypatch.setattr(work_stream, "UPDATES_BYTES_MAX", 10_000)
    stream = _stream(_Provinces())
    responses = stream.run(_never())

    # What was taken is not counted any more.
    for _ in range(2):
        for _ in range(4):
            stream.push(_large_news(stream))
        assert len((await asyncio.wait_for(anext(responses), PATIENCE_S)).updates) == 4
    for _ in range(5):
        stream.push(_large_news(stream))
    with pytest.raises(GatewayError) as caught:
        await asyncio.wait_for(anext(responses), PATIENCE_S)
    assert caught.value.reason == "OVERLOADED"


async def test_large_news_that_wait_for_an_answer_are_bounded_by_their_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind a step that its province does not answer, news of a few thousand tasks would be as much as gigabytes."""
    monkeypatch.setattr(work_stream, "UPDATES_BYTES_MAX", 10_000)
    provinces = _Provinces()
    stream = _stream(provinces)
    messages: asyncio.Queue[work_pb2.WorkRequest] = asyncio.Queue()

    told: list[str] = []

    async def run() -> None:
        async for response in stream.run(_sent(messages)):
            told.extend(update.WhichOneof("update") or "" for update in response.updates)

    running = asyncio.create_task(run())
    # What was told is not counted any more.
    for number in (1, 2):
        messages.put_nowait(work_pb2.WorkRequest(actions=[_action(number)]))
        await _turns()
        for _ in range(4):
            stream.push(_large_news(stream))
        provinces.end(f"fujian-{number}")
        await _turns()
        assert told == ["result", *["offer"] * 4] * number
    messages.put_nowait(work_pb2.WorkRequest(actions=[_action(3)]))
    await _turns()
    for _ in range(5):
        stream.push(_large_news(stream))
    with pytest.raises(GatewayError) as caught:
        await asyncio.wait_for(running, PATIENCE_S)
    assert caught.value.reason == "OVERLOADED"


async def test_news_that_wait_for_an_answer_count_among_what_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind a step that is not answered any number of news could gather."""
    monkeypatch.setattr(work_stream, "UPDATES_MAX", 10)
    provinces = _Provinces()
    stream = _stream(provinces)
    messages: asyncio.Queue[work_pb2.WorkRequest] = asyncio.Queue()

    told = 0

    async def run() -> None:
        nonlocal told
        async for response in stream.run(_sent(messages)):
            told += len(response.updates)

    def news(number: int) -> DeskUpdate:
        operator = OperatorId(f"fujian-op-{number}")
        return DeskUpdate(operator=operator, session=stream.session, what="session_ended", reason="silent")

    running = asyncio.create_task(run())
    for number in (1, 2):
        messages.put_nowait(work_pb2.WorkRequest(actions=[_action(number)]))
        await _turns()
        for _ in range(9):
            stream.push(news(1))
        await _turns()
        assert told == 10 * (number - 1)
        provinces.end(f"fujian-{number}")
        await _turns()
        assert told == 10 * number
    messages.put_nowait(work_pb2.WorkRequest(actions=[_action(3)]))
    await _turns()
    for _ in range(10):
        stream.push(news(1))
    stream.push(news(2))
    with pytest.raises(GatewayError) as caught:
        await asyncio.wait_for(running, PATIENCE_S)
    assert caught.value.reason == "OVERLOADED"


async def _never() -> AsyncIterator[work_pb2.WorkRequest]:
    await asyncio.Event().wait()
    yield work_pb2.WorkRequest()


async def test_a_bug_in_an_answer_ends_the_stream() -> None:
    """Nothing waits for a bundle but a callback: an exception there would leave every desk of the stream without an answer."""
    provinces = _Provinces()
    running = asyncio.create_task(_run(_stream(provinces), _Desk(1), []))
    await _turns()
    provinces.end("fujian-1", error=RuntimeError("a bug"))
    with pytest.raises(GatewayError) as caught:
        await asyncio.wait_for(running, PATIENCE_S)
    assert caught.value.reason == "SHUTTING_DOWN"
