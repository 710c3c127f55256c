"""A desk for one operator in a terminal: signs in, shows offers, accepts, starts and decides.

Example: python -m loadtests.desk --data-dir ./data --province fujian --operator fujian-op-1

With --ask you decide yourself; without it the desk accepts every offer, works for a few seconds and approves. Every step prints the lease
token that came with the task: it is what a decision must show, and an old one is refused. Ctrl-C signs the operator out.
"""

import asyncio
import contextlib
import itertools
import secrets
import sys
import threading
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Annotated

import grpc
import typer

from gateway.v1 import error_pb2, task_pb2, work_pb2, work_pb2_grpc
from loadtests.wire import STREAM_OVER, RequestIds, backoff_s, bearer, is_hidden, open_channel, read_development_tokens

HEARTBEAT_S = 1.0
#: Results of the goodbye are waited for this long.
GOODBYE_S = 2.0
#: The country's time; no summer time since 1991.
SHANGHAI = timezone(timedelta(hours=8))


class DeskRefused(Exception):
    """The operator could not sign in; why has been said."""


class Desk:
    """One operator's desk on one work stream.

    A person works on one task at a time, however many they hold. After a lost line the task that was in progress goes on first.

    Args:
        address: where the channel leads to, for messages.
        ask: ask the person at the keyboard; otherwise accept and approve.
        work_s: how long a task takes when nobody is asked.
        tasks_max: leave after so many decisions; 0: never.
    """

    def __init__(
        self,
        channel: grpc.aio.Channel,
        token: str,
        operator: str,
        *,
        address: str,
        ask: bool,
        work_s: float,
        tasks_max: int,
    ) -> None:
        self._stub = work_pb2_grpc.WorkServiceStub(channel)
        self._metadata = bearer(token)
        self._operator = operator
        self._address = address
        self._ask = ask
        self._work_s = work_s
        self._tasks_max = tasks_max
        self._decided = 0
        self._request_ids = RequestIds(operator.rpartition("/")[2])
        #: No other terminal's: whoever goes on at another one has left this one.
        self._desk_id = f"terminal-{secrets.token_hex(8)}"
        self._action_ids = itertools.count(1)
        self._results: dict[str, asyncio.Future[work_pb2.ActionResult]] = {}
        self._outbox: asyncio.Queue[work_pb2.WorkAction] = asyncio.Queue()
        self._jobs: dict[str, asyncio.Task[None]] = {}
        self._keyboard = asyncio.Lock()
        #: A person works on one task at a time.
        self._hands = asyncio.Lock()
        self._is_done = asyncio.Event()
        #: (task, lease token) -> monotonic second at which we began to work on it.
        self._begun_s: dict[tuple[str, int], float] = {}
        self._is_signed_in = False
        #: Whether it ever was: from then on it only comes back, and takes nobody from another desk.
        self._was_signed_in = False

    async def run(self) -> None:
        """Work until enough is decided or we are cancelled; then sign out."""
        failures = 0
        while True:
            try:
                await self._converse()
                return
            except grpc.aio.AioRpcError as error:
                if error.code() is not grpc.StatusCode.UNAVAILABLE and not is_hidden(error):
                    raise
            failures = 1 if self._is_signed_in else failures + 1
            self._say_down(failures)
            self._is_signed_in = False
            await asyncio.sleep(backoff_s(failures))

    def _say_down(self, failures: int) -> None:
        """Say that the line is down, but not with every try."""
        if self._is_signed_in:
            say(f"The line to {self._address} is down; trying again")
        elif failures & (failures - 1) == 0:
            say(f"No server at {self._address} (is sharedops serve running?); trying again")

    async def _converse(self) -> None:
        # What was not sent on the line before is void; the sign-in tells what is still ours.
        self._outbox = asyncio.Queue()
        call = self._stub.Work(metadata=self._metadata)
        reading = asyncio.create_task(self._read(call))
        jobs = [reading, *(asyncio.create_task(job) for job in (self._write(call), self._beat()))]
        work = asyncio.create_task(self._work())
        try:
            done, _ = await asyncio.wait([*jobs, work], return_when=asyncio.FIRST_COMPLETED)
            if any(isinstance(job.exception(), STREAM_OVER) for job in done):
                # A write that fails knows only that the line is gone; why, the reader is told.
                await reading
            for job in done:
                job.result()
        except asyncio.CancelledError:
            if self._is_signed_in:
                await self._sign_out()
            raise
        finally:
            for job in [*jobs, work, *self._jobs.values()]:
                job.cancel()
            call.cancel()
            self._jobs.clear()
            self._results.clear()

    async def _work(self) -> None:
        say(f"Signing in as {self._operator}")
        session = await self._sign_in()
        say("Signed in; waiting for work (Ctrl-C signs out)")
        self._is_signed_in = self._was_signed_in = True
        self._resume(session)
        await self._is_done.wait()
        # Once the session has ended, a sign-out would be that of another desk.
        if self._is_signed_in:
            await self._sign_out()

    def _resume(self, session: work_pb2.Session) -> None:
        """Take up what is ours and is not being worked on."""
        busy = [task for task, job in self._jobs.items() if not job.done()]
        # What is in progress goes on first: the hands are given to the tasks in this order.
        for given in sorted(session.assignments, key=_urgency):
            if given.task.name not in busy:
                self._take_up(given.task.name, self._handle(given.task, given.token, "still in your hands"))
        for offer in session.offers:
            if offer.task.name not in busy:
                self._take_up(offer.task.name, self._answer(offer))

    async def _sign_in(self) -> work_pb2.Session:
        """The session. A refusal that names a time is asked again: after a restart the gateway is there before the provinces are."""
        while True:
            sign_in = work_pb2.SignInAction(desk_id=self._desk_id, resume=self._was_signed_in)
            result = await self._send(work_pb2.WorkAction(sign_in=sign_in, request_id=self._request_ids()))
            if result.WhichOneof("outcome") != "error":
                return result.session
            _say_refused(result.error)
            if not result.error.retry_after_ms:
                raise DeskRefused
            await asyncio.sleep(result.error.retry_after_ms / 1000)

    async def _sign_out(self) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._act(work_pb2.WorkAction(sign_out=work_pb2.SignOutAction())), GOODBYE_S)
            say(f"Signed out; {self._decided} decided")

    # --- one task ---

    async def _answer(self, offer: work_pb2.Offer) -> None:
        task = offer.task
        say(f"OFFER       {describe(task)}, lease token {offer.token}, {offer.remaining_ms / 1000:.0f} s to answer")
        if self._ask and not await self._yes(f"accept {task.task_id}?"):
            decline = work_pb2.DeclineAction(task=task.name, token=offer.token, reason="declined at the desk")
            if await self._act(work_pb2.WorkAction(decline=decline)) is not None:
                say("declined")
            return
        accept = work_pb2.AcceptAction(task=task.name, token=offer.token)
        result = await self._act(work_pb2.WorkAction(accept=accept))
        if result is not None:
            await self._handle(result.assignment.task, result.assignment.token, "accepted")

    async def _handle(self, task: task_pb2.Task, token: int, how: str) -> None:
        if task.state != task_pb2.TASK_STATE_IN_PROGRESS:
            say(f"ASSIGNED    {task.name} {how}, lease token {token}")
        async with self._hands:
            await self._decide(task, token)

    async def _decide(self, task: task_pb2.Task, token: int) -> None:
        goes_on = task.state == task_pb2.TASK_STATE_IN_PROGRESS
        if not goes_on:
            start = work_pb2.StartAction(task=task.name, token=token)
            if await self._act(work_pb2.WorkAction(start=start)) is None:
                return
        begun_s = self._begun_s.setdefault((task.name, token), time.monotonic())
        left_s = max(0.0, self._work_s - (time.monotonic() - begun_s))
        how = f" still in your hands, going on with it, lease token {token}" if goes_on else ""
        say(f"IN PROGRESS {task.name}{how}" + ("" if self._ask else f", {left_s:.0f} s of work"))
        verdict = task_pb2.VERDICT_APPROVED
        if not self._ask:
            await asyncio.sleep(left_s)
        elif not await self._yes(f"approve {task.task_id}? (no: the verdict is declined)"):
            verdict = task_pb2.VERDICT_DECLINED
        amount_fen = task.amount_fen if verdict == task_pb2.VERDICT_APPROVED else 0
        complete = work_pb2.CompleteAction(task=task.name, token=token, verdict=verdict, amount_fen=amount_fen)
        result = await self._act(work_pb2.WorkAction(complete=complete))
        self._begun_s.pop((task.name, token), None)
        if result is not None:
            self._decided += 1
            say(f"COMPLETED   {task.name}: {task_pb2.Verdict.Name(verdict)}, {amount_fen / 100:,.2f} yuan")
            if self._decided == self._tasks_max:
                self._is_done.set()

    def _take_up(self, task: str, job: "asyncio._CoroutineLike[None]") -> None:
        before = self._jobs.pop(task, None)
        if before is not None:
            before.cancel()
        self._jobs[task] = asyncio.get_running_loop().create_task(job)

    async def _yes(self, question: str) -> bool:
        async with self._keyboard:
            answer = await ask_person(f"            {question} [Y/n] ")
        return not answer.strip().lower().startswith("n")

    # --- the stream ---

    async def _act(self, action: work_pb2.WorkAction) -> work_pb2.ActionResult | None:
        """Send an action and wait for its result; None, and said why, when it was refused.

        A refusal that names a time is asked again: the task stays in these hands for as long as their heart beats, and nobody else is given it.
        """
        action.request_id = self._request_ids()
        while (result := await self._send(action)).WhichOneof("outcome") == "error":
            _say_refused(result.error)
            if not result.error.retry_after_ms:
                return None
            await asyncio.sleep(result.error.retry_after_ms / 1000)
        return result

    async def _send(self, action: work_pb2.WorkAction) -> work_pb2.ActionResult:
        action.operator = self._operator
        action.action_id = f"a{next(self._action_ids)}"
        answered = self._results[action.action_id] = asyncio.get_running_loop().create_future()
        self._outbox.put_nowait(action)
        return await answered

    async def _write(self, call: grpc.aio.StreamStreamCall) -> None:
        while True:
            await call.write(work_pb2.WorkRequest(actions=[await self._outbox.get()]))

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_S)
            self._outbox.put_nowait(work_pb2.WorkAction(heartbeat=work_pb2.HeartbeatAction()))

    async def _read(self, call: grpc.aio.StreamStreamCall) -> None:
        while isinstance(response := await call.read(), work_pb2.WorkResponse):
            for update in response.updates:
                self._take(update)

    def _take(self, update: work_pb2.WorkUpdate) -> None:
        match update.WhichOneof("update"):
            case "result":
                answered = self._results.pop(update.result.action_id, None)
                if answered is not None and not answered.done():
                    answered.set_result(update.result)
            case "offer":
                self._take_up(update.offer.task.name, self._answer(update.offer))
            case "assignment":
                given = update.assignment
                self._take_up(given.task.name, self._handle(given.task, given.token, "given to you"))
            case "revocation":
                gone = update.revocation
                reason = work_pb2.RevocationReason.Name(gone.reason).removeprefix("REVOCATION_REASON_")
                say(f"TAKEN AWAY  {gone.task}: {reason} {gone.detail}")
                job = self._jobs.pop(gone.task, None)
                if job is not None:
                    job.cancel()
            case "session" if update.session.end_reason:
                say(f"The session has ended: {update.session.end_reason}")
                self._is_signed_in = False
                self._is_done.set()
            case "session":
                # The province came back: what it told meanwhile is lost, and this is what it says that we hold.
                self._resume(update.session)
            case _:
                pass


def _say_refused(error: error_pb2.Error) -> None:
    winner = error.metadata.get("winning_operator")
    say(f"REFUSED     {error.reason}: {error.message}" + (f" It is with {winner} now." if winner else ""))


def _urgency(assignment: work_pb2.Assignment) -> tuple[bool, bool]:
    """Sorts what is in progress first, then the green channel."""
    task = assignment.task
    return (task.state != task_pb2.TASK_STATE_IN_PROGRESS, not task.green_channel)


def describe(task: task_pb2.Task) -> str:
    """A task in one line."""
    green = "GREEN CHANNEL " if task.green_channel else ""
    away = f", from {task.home_province}" if task.home_province != task.host_province else ""
    return f"{green}{task.kind} {task.external_id} ({task.name}), {task.amount_fen / 100:,.2f} yuan{away}"


async def ask_person(question: str) -> str:
    """A line from the keyboard. The thread that waits for it holds nobody up: Ctrl-C ends the desk at once."""
    loop = asyncio.get_running_loop()
    answered: asyncio.Future[str] = loop.create_future()

    def settle(line: str) -> None:
        if not answered.done():
            answered.set_result(line)

    def read() -> None:
        print(question, end="", flush=True)
        line = sys.stdin.readline()
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(settle, line)

    threading.Thread(target=read, daemon=True).start()
    return await answered


def say(text: str) -> None:
    """A line with the time of day in Asia/Shanghai, as explanations and policies tell it."""
    print(f"{datetime.fromtimestamp(time.time(), SHANGHAI):%H:%M:%S}  {text}", flush=True)


def main(
    province: Annotated[str, typer.Option(help="Code of the branch.")],
    operator: Annotated[str, typer.Option(help="Id of the operator, as on the roster.")],
    address: Annotated[str, typer.Option(help="Where gRPC listens.")] = "127.0.0.1:50051",
    token: Annotated[str, typer.Option(help="Bearer token of a desk.", envvar="SHAREDOPS_TOKEN")] = "",
    data_dir: Annotated[Path | None, typer.Option(help="Take the development token from this data directory.")] = None,
    ask: Annotated[bool, typer.Option(help="Ask before each step.")] = False,
    work_seconds: Annotated[float, typer.Option(min=0, help="How long a task takes without --ask.")] = 3.0,
    tasks: Annotated[int, typer.Option(min=0, help="Leave after so many decisions; 0: never.")] = 0,
) -> None:
    """An operator's desk in the terminal.

    Example: python -m loadtests.desk --data-dir ./data --province fujian --operator fujian-op-1 --ask

    Exit code 0 after signing out, 1 if the operator was refused, 2 if there is no token to sign in with.
    """
    if not token:
        token = _development_token(data_dir, province)
    name = f"provinces/{province}/operators/{operator}"
    try:
        asyncio.run(_run(address, token, name, ask=ask, work_s=work_seconds, tasks_max=tasks))
    except KeyboardInterrupt:
        raise typer.Exit(0) from None
    except DeskRefused:
        raise typer.Exit(1) from None
    except grpc.aio.AioRpcError as error:
        typer.echo(f"desk: {error.code().name}: {error.details()}", err=True)
        raise typer.Exit(1) from None


def _development_token(data_dir: Path | None, province: str) -> str:
    """The token of the province's desks, or the reason why there is none, and the end with code 2."""
    if data_dir is None:
        raise _unusable("give --token, or --data-dir of a system on this machine")
    if not data_dir.is_dir():
        raise _unusable(f"there is no directory {data_dir}; --data-dir is the one that sharedops serve was given")
    try:
        tokens = read_development_tokens(data_dir).desk
    except FileNotFoundError:
        raise _unusable(
            f"{data_dir} holds no dev-tokens.json: it is not sharedops serve's data directory, or its system has tokens of its own; give --token"
        ) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _unusable(f"{data_dir / 'dev-tokens.json'} cannot be read: {type(error).__name__}: {error}") from None
    if province not in tokens:
        raise _unusable(f"{data_dir} has no province {province!r}; it has {', '.join(tokens)}")
    return tokens[province]


def _unusable(problem: str) -> typer.Exit:
    typer.echo(f"desk: {problem}", err=True)
    return typer.Exit(2)


async def _run(address: str, token: str, operator: str, *, ask: bool, work_s: float, tasks_max: int) -> None:
    channel = open_channel(address)
    try:
        await Desk(channel, token, operator, address=address, ask=ask, work_s=work_s, tasks_max=tasks_max).run()
    finally:
        await channel.close()


if __name__ == "__main__":
    typer.run(main)
