import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from gateway.v1 import error_pb2, operator_pb2, task_pb2, work_pb2
from loadtests.desks import DeskOperator, Workbench
from loadtests.handling import Behaviour

OPERATOR = "provinces/fujian/operators/fujian-op-1"
TASK = "provinces/fujian/tasks/fujian-1"
#: Bound of every wait.
PATIENCE_S = 10.0


class Stream:
    """One Work stream, seen from the server."""

    def __init__(self) -> None:
        self.received: asyncio.Queue[work_pb2.WorkAction] = asyncio.Queue()
        self._down: asyncio.Queue[work_pb2.WorkResponse | None] = asyncio.Queue()

    async def write(self, request: work_pb2.WorkRequest) -> None:
        for action in request.actions:
            if not action.HasField("heartbeat"):
                self.received.put_nowait(action)

    async def read(self) -> work_pb2.WorkResponse | None:
        return await self._down.get()

    def cancel(self) -> None:
        pass

    async def next(self, kind: str) -> work_pb2.WorkAction:
        """The next action, which must be of this kind."""
        action = await asyncio.wait_for(self.received.get(), PATIENCE_S)
        assert action.WhichOneof("action") == kind
        return action

    def send(self, **update: Any) -> None:
        """Send one update down."""
        self._down.put_nowait(work_pb2.WorkResponse(updates=[work_pb2.WorkUpdate(**update)]))

    def answer(self, action: work_pb2.WorkAction, **outcome: Any) -> None:
        """Answer an action."""
        self.send(result=work_pb2.ActionResult(action_id=action.action_id, **outcome))

    def break_off(self) -> None:
        """The line goes dead."""
        self._down.put_nowait(None)


class Server:
    """A channel whose Work streams end in the test."""

    def __init__(self) -> None:
        self.streams: asyncio.Queue[Stream] = asyncio.Queue()

    def unary_unary(self, *_: object, **__: object) -> None:
        return None

    def stream_stream(self, *_: object, **__: object) -> Callable[..., Stream]:
        def call(**_: object) -> Stream:
            stream = Stream()
            self.streams.put_nowait(stream)
            return stream

        return call

    async def next(self) -> Stream:
        """The next stream that the workbench opens."""
        return await asyncio.wait_for(self.streams.get(), PATIENCE_S)


@asynccontextmanager
async def working(server: Server) -> AsyncIterator[Workbench]:
    """A workbench with one operator who decides at once."""
    behaviour = Behaviour(seconds_per_minute=0.0, reaction_s=(0.0, 0.0))
    channel: Any = server
    bench = Workbench(channel, "token", [DeskOperator(operator=OPERATOR)], behaviour, desk_id="bench")
    running = asyncio.create_task(bench.run())
    try:
        yield bench
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def turns() -> None:
    """Let everything happen that waits for nothing."""
    for _ in range(20):
        await asyncio.sleep(0)


def task(state: task_pb2.TaskState) -> task_pb2.Task:
    """A claim."""
    return task_pb2.Task(name=TASK, home_province="fujian", line=operator_pb2.LINE_CLAIMS, state=state)


def assigned(state: task_pb2.TaskState = task_pb2.TASK_STATE_ASSIGNED) -> work_pb2.Assignment:
    """It, in the operator's hands."""
    return work_pb2.Assignment(operator=OPERATOR, token=5, lease_remaining_ms=10_000, task=task(state))


async def begin(server: Server, bench: Workbench) -> Stream:
    """Sign in, be offered a task and accept it, up to the start that is not answered yet."""
    stream = await server.next()
    stream.answer(await stream.next("sign_in"), session=work_pb2.Session(operator=OPERATOR))
    await asyncio.wait_for(bench.wait_signed_in(), PATIENCE_S)
    stream.send(offer=work_pb2.Offer(operator=OPERATOR, token=5, task=task(task_pb2.TASK_STATE_OFFERED)))
    stream.answer(await stream.next("accept"), assignment=assigned())
    return stream


async def test_a_task_goes_through_the_desk() -> None:
    """Would break if the workbench left out a step or lost an answer."""
    server = Server()
    async with working(server) as bench:
        stream = await begin(server, bench)
        start = await stream.next("start")
        stream.answer(start, assignment=assigned(task_pb2.TASK_STATE_IN_PROGRESS))
        complete = await stream.next("complete")
        assert (complete.complete.task, complete.complete.token, complete.operator) == (TASK, 5, OPERATOR)
        assert len({start.request_id, complete.request_id}) == 2
        stopping = asyncio.create_task(bench.stop())
        stream.answer(complete, task=task_pb2.TaskBrief(name=TASK))
        stream.answer(await stream.next("sign_out"), session=work_pb2.Session(operator=OPERATOR))
        await asyncio.wait_for(stopping, PATIENCE_S)


async def test_what_was_not_answered_is_repeated_unchanged_on_a_new_stream() -> None:
    """Would break if a lost line lost a decision, or a repetition were a new request."""
    server = Server()
    async with working(server) as bench:
        stream = await begin(server, bench)
        start = await stream.next("start")
        stream.break_off()
        again = await server.next()
        sign_in = await again.next("sign_in")
        assert await again.next("start") == start
        again.answer(sign_in, session=work_pb2.Session(operator=OPERATOR, assignments=[assigned()]))
        again.answer(start, assignment=assigned(task_pb2.TASK_STATE_IN_PROGRESS))
        await again.next("complete")
        assert bench.counts.reconnects == 1


@pytest.mark.parametrize("reason", ["TAKEN_OVER", "SIGNED_OUT"])
async def test_whoever_comes_back_is_taken_from_no_other_desk_nor_from_home(reason: str) -> None:
    """The desk that somebody had left would sign them in again with each new line, and take them from where they are."""
    server = Server()
    async with working(server) as bench:
        stream = await server.next()
        first = await stream.next("sign_in")
        assert not first.sign_in.resume, "a person sits down where they like"
        stream.answer(first, session=work_pb2.Session(operator=OPERATOR))
        await asyncio.wait_for(bench.wait_signed_in(), PATIENCE_S)
        stream.break_off()
        stream = await server.next()
        again = await stream.next("sign_in")
        assert again.sign_in.resume
        stream.answer(again, error=error_pb2.Error(code=9, reason=reason))
        await turns()
        assert not bench.signed_in
        stream.break_off()
        stream = await server.next()
        await turns()
        assert stream.received.empty()


async def taken_over(server: Server, bench: Workbench) -> Stream:
    """At work, and told that the operator has signed in at another desk."""
    stream = await begin(server, bench)
    await stream.next("start")
    stream.send(session=work_pb2.Session(operator=OPERATOR, end_reason="TAKEN_OVER"))
    await turns()
    return stream


async def test_whoever_was_taken_over_stays_where_they_sit() -> None:
    """The same, where the desk was told."""
    server = Server()
    async with working(server) as bench:
        stream = await taken_over(server, bench)
        assert (list(bench.holds()), bench.signed_in) == ([], {})
        stream.break_off()
        stream = await server.next()
        await stream.next("start")
        await turns()
        assert stream.received.empty()


async def test_whoever_was_taken_over_is_not_signed_out_where_they_sit() -> None:
    """A sign-out ends the session wherever it is: at the end of its day the desk that they had left took all work from the other one."""
    server = Server()
    async with working(server) as bench:
        stream = await taken_over(server, bench)
        await asyncio.wait_for(bench.stop(), PATIENCE_S)
        assert stream.received.empty()


async def test_what_a_province_gave_or_took_before_it_came_back_is_heard_of() -> None:
    """News are lost with a province's link; a desk that does not listen when it is told what it holds keeps assignments that nobody works on."""
    server = Server()
    async with working(server) as bench:
        stream = await begin(server, bench)
        await stream.next("start")
        other = assigned()
        other.task.name = f"{TASK}-given"
        stream.send(session=work_pb2.Session(operator=OPERATOR, assignments=[assigned(), other]))
        await turns()
        assert [held.task.name for held in bench.holds()] == [TASK, other.task.name]
        stream.send(session=work_pb2.Session(operator=OPERATOR, assignments=[assigned()]))
        await turns()
        assert [held.task.name for held in bench.holds()] == [TASK]


async def test_a_refusal_for_now_is_followed_by_the_same_action() -> None:
    """Would break if a province that restarts cost its desks their work."""
    server = Server()
    async with working(server) as bench:
        stream = await begin(server, bench)
        start = await stream.next("start")
        stream.answer(start, error=error_pb2.Error(code=14, reason="PROVINCE_UNAVAILABLE", retry_after_ms=1))
        assert await stream.next("start") == start


async def test_what_has_just_been_decided_is_not_renewed_unless_it_must_be_said_again() -> None:
    """Would break if a renewal followed a decision, to be refused as too late, or a decision that was refused for now cost the lease."""
    server = Server()
    async with working(server) as bench:
        stream = await begin(server, bench)
        start = await stream.next("start")
        assert [held.task.name for _, held in bench.at_work_on()] == [TASK]
        stream.answer(start, assignment=assigned(task_pb2.TASK_STATE_IN_PROGRESS))
        complete = await stream.next("complete")
        assert list(bench.holds()) and not list(bench.at_work_on())
        stream.answer(complete, error=error_pb2.Error(code=14, reason="PROVINCE_UNAVAILABLE", retry_after_ms=1))
        assert await stream.next("complete") == complete
        assert [held.task.name for _, held in bench.at_work_on()] == [TASK]


async def test_a_frozen_workbench_is_silent_and_learns_afterwards_who_decided() -> None:
    """Would break if a power cut leaked a heartbeat or an answer, or a late decision went unsent or uncounted."""
    server = Server()
    async with working(server) as bench:
        stream = await begin(server, bench)
        start = await stream.next("start")
        bench.freeze()
        held = next(iter(bench.holds()))
        bench.seats[OPERATOR].started(held)
        await turns()
        assert bench.late_sent == 1
        stream.send(revocation=work_pb2.Revocation(operator=OPERATOR, task=TASK, token=5, assignment=True))
        stream.answer(start, assignment=assigned(task_pb2.TASK_STATE_IN_PROGRESS))
        await turns()
        assert stream.received.empty()
        bench.thaw()
        complete = await stream.next("complete")
        winner = {"winning_operator": "provinces/jiangxi/operators/jiangxi-op-1", "host_province": "jiangxi"}
        stream.answer(complete, error=error_pb2.Error(code=9, reason="STALE_TOKEN", metadata=winner))
        await turns()
        late = bench.late_decisions[0]
        assert (late.task, late.operator, late.reason) == (TASK, OPERATOR, "STALE_TOKEN")
        assert (late.winner, late.host_province) == (winner["winning_operator"], "jiangxi")
        assert not list(bench.holds())
