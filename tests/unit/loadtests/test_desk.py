"""The terminal desk against a server that answers as the contract says."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import cast

import grpc
import pytest
import typer
from typer.testing import CliRunner

from gateway.v1 import error_pb2, task_pb2, work_pb2, work_pb2_grpc
from loadtests import wire
from loadtests.desk import Desk, DeskRefused, main, say
from loadtests.wire import open_channel

OPERATOR = "provinces/fujian/operators/fujian-op-1"


def held(number: int, state: task_pb2.TaskState, *, green: bool = False) -> work_pb2.Assignment:
    """An assignment of a claim of Fujian."""
    task = task_pb2.Task(name=f"provinces/fujian/tasks/fujian-{number}", state=state, green_channel=green)
    return work_pb2.Assignment(operator=OPERATOR, token=number, task=task)


class Office(work_pb2_grpc.WorkServiceServicer):
    """Gives the same assignments at each sign-in, writes down what is done, and cuts the line once after `cut_after`."""

    def __init__(
        self, assignments: list[work_pb2.Assignment], cut_after: str = "", refusals: list[error_pb2.Error] | None = None
    ) -> None:
        self.assignments = assignments
        self.refusals = refusals or []
        self.cut_after = cut_after
        self.done: list[str] = []
        #: Of each sign-in, whether the desk only comes back, and which desk it is.
        self.resumes: list[bool] = []
        self.desk_ids: list[str] = []
        self.sign_outs = 0

    async def Work(  # noqa: N802 - gRPC's name
        self,
        request_iterator: AsyncIterator[work_pb2.WorkRequest],
        context: grpc.aio.ServicerContext[work_pb2.WorkRequest, work_pb2.WorkResponse],
    ) -> AsyncIterator[work_pb2.WorkResponse]:
        """Answer every action with success."""
        async for request in request_iterator:
            for action in request.actions:
                yield work_pb2.WorkResponse(updates=[work_pb2.WorkUpdate(result=self._answer(action))])
                if self.cut_after and self.done[-1:] == [self.cut_after]:
                    self.cut_after = ""
                    await context.abort(grpc.StatusCode.UNAVAILABLE, "cable")

    def _answer(self, action: work_pb2.WorkAction) -> work_pb2.ActionResult:
        what = action.WhichOneof("action")
        result = work_pb2.ActionResult(action_id=action.action_id)
        if what == "sign_in":
            self.resumes.append(action.sign_in.resume)
            self.desk_ids.append(action.sign_in.desk_id)
        self.sign_outs += what == "sign_out"
        if what == "sign_in" and self.refusals:
            result.error.CopyFrom(self.refusals.pop(0))
        elif what == "sign_in":
            result.session.CopyFrom(work_pb2.Session(operator=OPERATOR, assignments=self.assignments))
        elif what in ("start", "complete"):
            task = getattr(action, what).task
            self.done.append(f"{what} {task.rpartition('/')[2]}")
            self._note(what, task)
        return result

    def _note(self, what: str, name: str) -> None:
        if what == "complete":
            self.assignments = [given for given in self.assignments if given.task.name != name]
        for given in self.assignments:
            if given.task.name == name:
                given.task.state = task_pb2.TASK_STATE_IN_PROGRESS


class Restarting(Office):
    """Comes back from a restart while the first task is worked on, with another one that was given meanwhile."""

    def __init__(self, given: work_pb2.Assignment, later: work_pb2.Assignment) -> None:
        super().__init__([given])
        self._later = [later]

    async def Work(  # noqa: N802 - gRPC's name
        self,
        request_iterator: AsyncIterator[work_pb2.WorkRequest],
        context: grpc.aio.ServicerContext[work_pb2.WorkRequest, work_pb2.WorkResponse],
    ) -> AsyncIterator[work_pb2.WorkResponse]:
        """As ever, and say what is held behind the first start."""
        async for response in super().Work(request_iterator, context):
            yield response
            if self.done and self._later:
                self.assignments += self._later
                self._later = []
                session = work_pb2.Session(operator=OPERATOR, assignments=self.assignments)
                yield work_pb2.WorkResponse(updates=[work_pb2.WorkUpdate(session=session)])


class Elsewhere(Office):
    """Says behind the first start that the operator has signed in at another desk."""

    async def Work(  # noqa: N802 - gRPC's name
        self,
        request_iterator: AsyncIterator[work_pb2.WorkRequest],
        context: grpc.aio.ServicerContext[work_pb2.WorkRequest, work_pb2.WorkResponse],
    ) -> AsyncIterator[work_pb2.WorkResponse]:
        """As ever until then."""
        async for response in super().Work(request_iterator, context):
            yield response
            if self.done[-1:] == ["start fujian-1"]:
                ended = work_pb2.Session(operator=OPERATOR, end_reason="TAKEN_OVER")
                yield work_pb2.WorkResponse(updates=[work_pb2.WorkUpdate(session=ended)])


class FullDisk(Office):
    """Refuses the first of each step for want of room on its disk."""

    def __init__(self, assignments: list[work_pb2.Assignment]) -> None:
        super().__init__(assignments)
        self.asked: list[tuple[str | None, str]] = []

    def _answer(self, action: work_pb2.WorkAction) -> work_pb2.ActionResult:
        what = action.WhichOneof("action")
        is_first = what in ("start", "complete") and what not in dict(self.asked)
        if what in ("start", "complete"):
            self.asked.append((what, action.request_id))
        if is_first:
            full = error_pb2.Error(code=8, reason="STORE_FULL", message="No room.", retry_after_ms=1)
            return work_pb2.ActionResult(action_id=action.action_id, error=full)
        return super()._answer(action)


async def work_at(office: Office, *, tasks: int, work_s: float = 0.0) -> None:
    """Let a desk decide so many tasks."""
    server = grpc.aio.server()
    work_pb2_grpc.add_WorkServiceServicer_to_server(office, server)
    address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    await server.start()
    channel = open_channel(address)
    try:
        desk = Desk(channel, "token", OPERATOR, address=address, ask=False, work_s=work_s, tasks_max=tasks)
        await asyncio.wait_for(desk.run(), 20)
    finally:
        await channel.close()
        await server.stop(None)


def test_a_sign_in_that_came_too_early_is_tried_again() -> None:
    """After a restart the gateway answers before the provinces do; a desk that then gave up stayed away for good."""
    away = error_pb2.Error(code=14, reason="PROVINCE_UNAVAILABLE", message="It is away.", retry_after_ms=1)
    office = Office([held(1, task_pb2.TASK_STATE_ASSIGNED)], refusals=[away, away])
    asyncio.run(work_at(office, tasks=1))
    assert office.done == ["start fujian-1", "complete fujian-1"]
    unknown = error_pb2.Error(code=5, reason="OPERATOR_UNKNOWN", message="There is no such operator.")
    with pytest.raises(DeskRefused):
        asyncio.run(work_at(Office([], refusals=[unknown]), tasks=1))


def test_a_step_that_is_refused_for_now_is_asked_again_as_the_same_request() -> None:
    """After a disk had been full for a minute, three tasks lay on a desk that had given them up, and whose heart went on beating for them."""
    office = FullDisk([held(1, task_pb2.TASK_STATE_ASSIGNED)])
    asyncio.run(work_at(office, tasks=1))
    assert office.done == ["start fujian-1", "complete fujian-1"]
    assert [what for what, _ in office.asked] == ["start", "start", "complete", "complete"]
    assert len({request_id for _, request_id in office.asked}) == 2


class Lines:
    """Stands for a channel whose streams end as they are read, each by the next of these errors."""

    def __init__(self, *ends: grpc.aio.AioRpcError) -> None:
        self.ends = list(ends)

    def unary_unary(self, *_: object, **__: object) -> None:
        return None

    def stream_stream(self, *_: object, **__: object) -> Callable[..., "Lines"]:
        return lambda **_: self

    async def write(self, _request: object) -> None:
        return None

    async def read(self) -> object:
        raise self.ends.pop(0)

    def cancel(self) -> bool:
        return True


def test_a_desk_tells_the_time_that_explanations_tell(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a machine that keeps UTC the decision of 16:40 was explained as one of 00:40."""
    monkeypatch.setattr("loadtests.desk.time.time", lambda: 60.0)
    say("hello")
    assert capsys.readouterr().out == "08:01:00  hello\n"


async def test_what_was_given_while_the_province_was_away_is_worked_on() -> None:
    """The news of it are lost, and only this tells: without it the task stays in hands that do not know of it."""
    office = Restarting(held(1, task_pb2.TASK_STATE_ASSIGNED), held(2, task_pb2.TASK_STATE_ASSIGNED))
    await work_at(office, tasks=2)
    assert office.done == ["start fujian-1", "complete fujian-1", "start fujian-2", "complete fujian-2"]


async def test_a_desk_comes_again_when_it_was_writing_as_its_stream_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """Streams end after half an hour; a desk whose heartbeat was just going out is told INTERNAL by gRPC, and gave up."""
    monkeypatch.setattr(wire, "RETRY_AFTER_S", 0.0)

    def end(code: grpc.StatusCode, details: str) -> grpc.aio.AioRpcError:
        return grpc.aio.AioRpcError(code, grpc.aio.Metadata(), grpc.aio.Metadata(), details=details)

    lines = Lines(
        end(grpc.StatusCode.INTERNAL, wire.HIDDEN),
        end(grpc.StatusCode.UNAVAILABLE, "old"),
        end(grpc.StatusCode.INTERNAL, "a bug"),
        end(grpc.StatusCode.UNAVAILABLE, "never read"),
    )
    channel = cast("grpc.aio.Channel", lines)
    desk = Desk(channel, "token", OPERATOR, address="here", ask=False, work_s=0.0, tasks_max=1)
    with pytest.raises(grpc.aio.AioRpcError, match="a bug"):
        await asyncio.wait_for(desk.run(), 20)
    assert len(lines.ends) == 1


class ShutLines(Lines):
    """Nothing can be written any more before the reader has been told why."""

    async def write(self, _request: object) -> None:
        raise asyncio.InvalidStateError("RPC already finished.")

    async def read(self) -> object:
        for _ in range(5):
            await asyncio.sleep(0)
        return await super().read()


async def test_a_desk_that_writes_to_a_line_that_is_over_comes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seen when a cable was pulled just as a decision went out: the desk ended with a traceback, and left its task."""
    monkeypatch.setattr(wire, "RETRY_AFTER_S", 0.0)
    ends = [
        grpc.aio.AioRpcError(code, grpc.aio.Metadata(), grpc.aio.Metadata(), details="cable")
        for code in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.PERMISSION_DENIED)
    ]
    channel = cast("grpc.aio.Channel", ShutLines(*ends))
    desk = Desk(channel, "token", OPERATOR, address="here", ask=False, work_s=0.0, tasks_max=1)
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await asyncio.wait_for(desk.run(), 20)
    assert error.value.code() is grpc.StatusCode.PERMISSION_DENIED


def test_the_task_in_progress_goes_on_before_others_begin(capsys: pytest.CaptureFixture[str]) -> None:
    """Would break if a desk that signs in again left what is half done and began something else."""
    waiting, urgent = task_pb2.TASK_STATE_ASSIGNED, held(5, task_pb2.TASK_STATE_ASSIGNED, green=True)
    office = Office([held(4, waiting), urgent, held(3, task_pb2.TASK_STATE_IN_PROGRESS)])
    asyncio.run(work_at(office, tasks=3))
    expected = ["complete fujian-3", "start fujian-5", "complete fujian-5", "start fujian-4", "complete fujian-4"]
    assert office.done == expected
    told = capsys.readouterr().out
    assert "IN PROGRESS provinces/fujian/tasks/fujian-3 still in your hands, going on with it" in told
    assert "ASSIGNED    provinces/fujian/tasks/fujian-3" not in told


def test_after_a_lost_line_the_work_that_was_done_counts(capsys: pytest.CaptureFixture[str]) -> None:
    """Would break if a desk began its task from zero, or another one, when the line was back."""
    waiting = task_pb2.TASK_STATE_ASSIGNED
    office = Office([held(3, waiting), held(4, waiting)], cut_after="start fujian-3")
    asyncio.run(work_at(office, tasks=1, work_s=60.0 / 1000))
    assert office.resumes == [False, True], "it takes nobody back from a desk that they have gone to meanwhile"
    assert office.done[:2] == ["start fujian-3", "complete fujian-3"]
    told = capsys.readouterr().out
    assert "is down; trying again" in told
    assert "fujian-3 still in your hands, going on with it, lease token 3, 0 s of work" in told


def test_a_desk_that_was_left_signs_nobody_out(capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever went on at another desk lost what they had in hand there, since a sign-out ends the session wherever it is."""
    office = Elsewhere([held(1, task_pb2.TASK_STATE_ASSIGNED)])
    asyncio.run(work_at(office, tasks=1, work_s=3_600.0))
    assert "The session has ended: TAKEN_OVER" in capsys.readouterr().out
    assert office.sign_outs == 0


def test_two_terminals_are_two_desks_and_one_stays_the_same() -> None:
    """By one name the terminal that somebody had left could not be told from the one where they sit."""
    waiting = task_pb2.TASK_STATE_ASSIGNED
    office = Office([held(3, waiting)], cut_after="start fujian-3")
    asyncio.run(work_at(office, tasks=1))
    office.assignments = [held(4, waiting)]
    asyncio.run(work_at(office, tasks=1))
    first, again, other = office.desk_ids
    assert first == again != other


def test_a_desk_without_a_server_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    """Would break if a stranger had to read gRPC's own words to learn that nothing is started."""

    async def call_nobody() -> None:
        channel = open_channel("127.0.0.1:1")
        desk = Desk(channel, "token", OPERATOR, address="127.0.0.1:1", ask=False, work_s=0, tasks_max=1)
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(desk.run(), 1.5)
        await channel.close()

    asyncio.run(call_nobody())
    told = capsys.readouterr().out
    assert "No server at 127.0.0.1:1 (is sharedops serve running?); trying again" in told
    assert "ipv4" not in told


@pytest.mark.parametrize(
    ("folder", "province", "said"),
    [
        ("nowhere", "fujian", "there is no directory"),
        ("empty", "fujian", "dev-tokens.json"),
        ("damaged", "fujian", "cannot be read"),
        ("data", "hunan", "it has fujian"),
    ],
)
def test_a_desk_without_a_token_says_what_is_missing(tmp_path: Path, folder: str, province: str, said: str) -> None:
    """A missing folder was blamed on the province, and one looked for the fault in the wrong place."""
    for name, content in (
        ("empty", ""),
        ("damaged", "[]"),
        ("data", '{"ops": "o", "branch": {}, "desk": {"fujian": "t"}}'),
    ):
        (tmp_path / name).mkdir()
        if content:
            (tmp_path / name / "dev-tokens.json").write_text(content)
    command = typer.Typer()
    command.command()(main)
    options = ["--data-dir", str(tmp_path / folder), "--province", province, "--operator", "fujian-op-1"]
    refused = CliRunner().invoke(command, options)
    assert refused.exit_code == 2
    assert said in refused.output
