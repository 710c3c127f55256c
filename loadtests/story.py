"""The play: a day of the country in about a minute, over the wire, and one branch that loses power in the middle of it.

1. Everybody signs in: one workbench (one Work stream) per branch.
2. The branch systems send the day's tasks as they arise.
3. About a third in, a green-channel claim of one branch comes in and is taken up. As soon as it is open on a desk, all desks of that
   branch fall silent. Nothing is announced to the system; it has to see it.
4. Later the power is back: the desks send what they decided meanwhile, and are told who has decided instead.
5. The day is over when every task that was created has been decided.
"""

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import grpc

from gateway.v1 import event_pb2
from loadtests.branch import BranchSystem
from loadtests.catalogue import Branch, Kind
from loadtests.day import DayTask
from loadtests.desks import DeskOperator, Workbench
from loadtests.handling import Behaviour
from loadtests.narration import counted, in_words
from loadtests.observer import Observer, home_of
from loadtests.preparation import enrol, share_by_wait
from loadtests.roster import Person
from loadtests.watch import EventWatch, PictureWatch
from loadtests.wire import DevelopmentTokens, open_channel

#: How often due tasks are sent.
SEND_EVERY_S = 0.05
#: Of a province's tasks that are due together, this share goes as a batch call; and this share of all as calls of their own.
BATCH_SHARE = 0.1
UNARY_SHARE = 0.02
#: Papers of a suspended task come in after this time.
PAPERS_AFTER_S = 1.5
#: The power stays off for this long, and until everything that was open has left.
POWER_OFF_S = 12.0
POWER_OFF_MAX_S = 25.0
#: The green-channel claim must be open on a desk by then.
GREEN_OPEN_MAX_S = 15.0
#: After the last task was sent, everything must be decided by then.
WIND_UP_MAX_S = 60.0
SIGN_IN_MAX_S = 30.0


class PlayFailed(Exception):
    """The play could not be played to its end; `str` says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """Everything that is decided before the play begins."""

    seed: int
    branches: Sequence[Branch]
    kinds: Sequence[Kind]
    people: Sequence[Person]
    tasks: Sequence[DayTask]
    #: External id of the green-channel claim; it belongs to the branch that loses power.
    green: str
    outage: str
    behaviour: Behaviour
    activation_wait_ms: int
    release_wait_ms: int


@dataclass(slots=True)
class Progress:
    """How far the play is, for whoever shows it."""

    tasks: int
    sent: int = 0
    operators: int = 0
    #: Monotonic second at which the day began; 0: not yet.
    began_s: float = 0.0
    is_over: bool = False
    refusals: list[str] = field(default_factory=list)


#: Told what happens: English, Chinese.
Tell = Callable[[str, str], None]


class Play:
    """One play of a script against the system at `address`.

    Args:
        tell: told what happens, in English and Chinese.
    """

    def __init__(self, script: Script, address: str, tokens: DevelopmentTokens, tell: Tell) -> None:
        self.script = script
        self.progress = Progress(tasks=len(script.tasks))
        self.observer = Observer(script.green, time.monotonic, self._suspended)
        self.observer.on_change = self._changed
        self._address = address
        self._tokens = tokens
        self._tell = tell
        self._names = {branch.province: (branch.name, branch.name_zh) for branch in script.branches}
        self._channels: list[grpc.aio.Channel] = []
        self._benches: dict[str, Workbench] = {}
        self._systems: dict[str, BranchSystem] = {}
        self._jobs: dict[asyncio.Task[None], None] = {}
        self._green_open = asyncio.Event()
        #: Told as soon as the outage has been detected: English, Chinese.
        self._held_back: list[tuple[str, str]] = []
        self._rng = random.Random(f"play/{script.seed}")

    @property
    def dark_bench(self) -> Workbench:
        """The workbench of the branch that loses power."""
        return self._benches[self.script.outage]

    async def run(self) -> None:
        """Play it to the end.

        Raises:
            PlayFailed: something did not come about in time.
        """
        try:
            await self._prepare()
            self.progress.began_s = time.monotonic()
            outage = asyncio.create_task(self._lose_power())
            try:
                await self._send_day()
                await outage
            finally:
                outage.cancel()
            await self._wind_up()
            self.progress.is_over = True
        finally:
            await self._leave()

    # --- before ---

    async def _prepare(self) -> None:
        script, tokens = self.script, self._tokens
        provinces = [branch.province for branch in script.branches]
        control = self._open_channel()
        await enrol(control, tokens.ops, script.people)
        await share_by_wait(control, tokens.ops, provinces, script.activation_wait_ms, script.release_wait_ms)
        self._tell(
            f"{counted(len(script.people), 'operator')} are on the rosters of {counted(len(provinces), 'branch', 'branches')}",
            f"{len(provinces)} 家分公司的 {len(script.people)} 名作业人员已登记",
        )
        watch = EventWatch(self._open_channel(), tokens.ops, provinces, self.observer.take, after_position=0)
        self._start(watch.run())
        self._start(PictureWatch(control, tokens.ops, self.observer.take_picture).run())
        for province in provinces:
            self._open_branch(province)
        try:
            async with asyncio.timeout(SIGN_IN_MAX_S):
                await asyncio.gather(*(bench.wait_signed_in() for bench in self._benches.values()))
        except TimeoutError:
            raise PlayFailed(f"not everybody could sign in within {SIGN_IN_MAX_S:.0f} s") from None
        self.progress.operators = sum(len(bench.signed_in) for bench in self._benches.values())
        self._tell(
            f"{counted(self.progress.operators, 'operator')} have signed in on {counted(len(self._benches), 'work stream')}; "
            "each may hold several tasks; the day begins",
            f"{self.progress.operators} 名作业人员经 {len(self._benches)} 条作业流签到，每人可同时持有多件，一天开始",
        )

    def _open_branch(self, province: str) -> None:
        people = [person for person in self.script.people if person.province == province]
        bench = Workbench(
            self._open_channel(),
            self._tokens.desk[province],
            [DeskOperator(operator=person.operator, authority=person.authority) for person in people],
            self.script.behaviour,
            desk_id=f"{province}-workbench",
            seed=self.script.seed,
        )
        system = BranchSystem(
            self._open_channel(), self._tokens.branch[province], province, lambda external, task: None
        )
        self._benches[province], self._systems[province] = bench, system
        self._start(bench.run())
        self._start(system.run())

    def _open_channel(self) -> grpc.aio.Channel:
        channel = open_channel(self._address)
        self._channels.append(channel)
        return channel

    def _start(self, job: "asyncio._CoroutineLike[None]") -> None:
        task = asyncio.get_running_loop().create_task(job)
        self._jobs[task] = None
        task.add_done_callback(lambda done: self._jobs.pop(done, None))

    # --- the day ---

    async def _send_day(self) -> None:
        waiting = list(reversed(self.script.tasks))
        while waiting:
            now_s = time.monotonic() - self.progress.began_s
            due: dict[str, list[DayTask]] = {}
            while waiting and waiting[-1].at_s <= now_s:
                task = waiting.pop()
                due.setdefault(task.province, []).append(task)
            for province, tasks in due.items():
                self._send(self._systems[province], tasks)
            await asyncio.sleep(SEND_EVERY_S)

    def _send(self, system: BranchSystem, tasks: list[DayTask]) -> None:
        """Most by the stream, some as a batch, a few one by one: all three ways of the contract."""
        self.progress.sent += len(tasks)
        now_ms = time.time_ns() // 1_000_000
        wire = [task.to_wire(now_ms) for task in tasks]
        if len(wire) > 1 and self._rng.random() < BATCH_SHARE:
            self._start(system.create_batch(wire))
            return
        for task in wire:
            if self._rng.random() < UNARY_SHARE:
                self._start(system.create_one(task))
            else:
                system.create(task)

    def _suspended(self, task: str) -> None:
        self._start(self._bring_papers(task))

    async def _bring_papers(self, task: str) -> None:
        await asyncio.sleep(PAPERS_AFTER_S)
        await self._systems[home_of(task)].resume(task)

    # --- the outage ---

    async def _lose_power(self) -> None:
        province = self.script.outage
        name, name_zh = self._names[province]
        at_s = next(task.at_s for task in self.script.tasks if task.external_id == self.script.green)
        await asyncio.sleep(max(0.0, self.progress.began_s + at_s - time.monotonic()))
        try:
            async with asyncio.timeout(GREEN_OPEN_MAX_S):
                await self._green_open.wait()
        except TimeoutError:
            raise PlayFailed(
                f"the green-channel claim of {name} was not taken up in {GREEN_OPEN_MAX_S:.0f} s"
            ) from None
        bench = self.dark_bench
        bench.freeze()
        outage = self.observer.begin_outage(province)
        seats, held, open_tasks = len(bench.seats), sum(1 for _ in bench.holds()), len(outage.open_tasks)
        self._tell(
            f"{name} loses power: {counted(seats, 'desk')} fall silent with {counted(held, 'task')} on them; "
            f"open in the branch: {open_tasks}",
            f"{name_zh}断电：{seats} 个作业终端失去响应，终端上有 {held} 件，该分公司共在途 {open_tasks} 件",
        )
        await self._until_evacuated(bench)
        bench.thaw()
        self._tell(
            f"The power is back in {name}; its desks send what they decided",
            f"{name_zh}恢复供电，终端补发离线期间的结论",
        )

    async def _until_evacuated(self, bench: Workbench) -> None:
        """Keep the desks dark until what was open has left, within bounds."""
        outage = self.observer.outage
        assert outage is not None
        await asyncio.sleep(POWER_OFF_S)
        while time.monotonic() - outage.began_s < POWER_OFF_MAX_S and bench.is_frozen:
            left = [task for task in self.observer.open_at(outage.province) if task in outage.open_tasks]
            if not left and self.observer.green.decided_s is not None:
                return
            await asyncio.sleep(0.1)

    def _changed(self, what: str, event: event_pb2.Event) -> None:
        if what == "green_open":
            self._green_open.set()
        told = in_words(what, event, self.observer, self._names, self.script.outage)
        if told is None:
            return
        outage = self.observer.outage
        if outage is not None and outage.detected_s is None:
            # Events of several provinces have no common order; the story begins with the detection.
            self._held_back.append(told)
            return
        self._tell(*told)
        if what == "detected":
            for later in self._held_back:
                self._tell(*later)
            self._held_back.clear()

    # --- the end ---

    def open_tasks(self) -> list[str]:
        """Tasks that were created and are not decided, as far as seen."""
        observer = self.observer
        return [task for task in observer.created if task not in observer.decided and task not in observer.ended]

    async def _wind_up(self) -> None:
        """Wait until every task was created and decided."""
        until_s = time.monotonic() + WIND_UP_MAX_S
        while time.monotonic() < until_s:
            refused = [refusal for system in self._systems.values() for refusal in system.refused]
            self.progress.refusals = [str(refusal) for refusal in refused]
            is_sent = len(self.observer.created) + len(refused) >= len(self.script.tasks)
            has_returned = self.observer.outage is None or self.observer.outage.returned_s is not None
            if is_sent and has_returned and not self.open_tasks():
                return
            await asyncio.sleep(0.05)
        left = self.open_tasks()
        raise PlayFailed(
            f"{len(self.observer.created)} of {len(self.script.tasks)} tasks created, {len(left)} not decided "
            f"{WIND_UP_MAX_S:.0f} s after the last was sent, for instance {', '.join(left[:5])}"
        )

    async def _leave(self) -> None:
        """Everybody signs out; all connections are closed."""
        for system in self._systems.values():
            system.stop()
        await asyncio.gather(*(bench.stop() for bench in self._benches.values()), return_exceptions=True)
        for job in list(self._jobs):
            job.cancel()
        await asyncio.gather(*self._jobs, return_exceptions=True)
        await asyncio.gather(*(channel.close() for channel in self._channels), return_exceptions=True)
