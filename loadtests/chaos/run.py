"""One chaos run from the first process to the verdict: start, load, storm, heal, rest, read, stop, verify, check."""

import asyncio
import json
import random
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Iterable, Sequence
from pathlib import Path

import grpc
import msgspec

from loadtests.catalogue import LINES_OUT, Kind, Line, read_kinds
from loadtests.chaos import check
from loadtests.chaos.availability import Availability, availability
from loadtests.chaos.branches import BranchLoad
from loadtests.chaos.calls import Caller, Recorder
from loadtests.chaos.history import History, read_history
from loadtests.chaos.journals import read_journals
from loadtests.chaos.proxy import Proxy
from loadtests.chaos.rest import wait_at_rest
from loadtests.chaos.schedule import Fault, plan
from loadtests.chaos.staff import Staff
from loadtests.chaos.storm import Answers, Injected, Storm
from loadtests.chaos.system import LiveSystem, SystemDown
from loadtests.chaos.victims import Victims
from loadtests.chaos.workbenches import ActionHistory, open_bench
from loadtests.desks import Workbench
from loadtests.preparation import enrol
from loadtests.roster import Person
from loadtests.stolen_time import StolenTime
from loadtests.wire import DevelopmentTokens, open_channel, read_development_tokens

#: People of a province, and how many of them sit at one workbench.
PEOPLE = 6
BENCH_PEOPLE = 3
#: After the run everything under way is answered within this.
DRAIN_MAX_S = 90.0
LOOK_EVERY_S = 0.5
VERIFY_MAX_S = 300
#: Tasks created, and reads and amendments made, a second; with desks some 300 operations.
CREATES_PER_S, CALLS_PER_S = 75.0, 40.0
#: Ray's own test hook: so many percent of the requests and of the answers between Ray's processes are lost.
RPC_LOSS_PERCENT = 1


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What to run."""

    seconds: float
    seed: int
    #: Codes; empty: all 36.
    provinces: tuple[str, ...] = ()
    #: For the system's data and our history.
    directory: Path
    #: Tasks created, and reads and amendments made, per second in the whole country.
    creates_per_s: float = CREATES_PER_S
    calls_per_s: float = CALLS_PER_S
    loses_ray_messages: bool = True


class Result(msgspec.Struct, kw_only=True):
    """What happened and what was found."""

    provinces: int = 0
    startup_s: float = 0.0
    #: Share of all cores' time that the host gave to others meanwhile.
    stolen_ratio: float = 0.0
    injected: list[Injected] = []
    outcomes: dict[str, int] = {}
    kinds: dict[str, int] = {}
    repetitions: int = 0
    availability: Availability | None = None
    checks: list[check.Check] = []
    verify: dict[str, object] = {}
    #: Created and decided tasks, as read over the wire; empty: they could not be read.
    wire_counts: dict[str, int] = {}
    #: Why the run could not be finished; empty: it was.
    broken: str = ""
    #: From the last fault's end until nothing was under way any more.
    rest_s: float = -1.0
    #: Whether the system went when it was asked to, and had not to be killed.
    stopped_cleanly: bool = False
    wall_s: float = 0.0


def deaths(loads: Iterable[asyncio.Task[None]]) -> list[str]:
    """Which of the load died of an error, in words: from then on less was asked of the system than was said."""
    ended = [load for load in loads if load.done() and not load.cancelled()]
    return [f"a part of the load died: {error!r}" for load in ended if (error := load.exception()) is not None]


def proxied(provinces: Sequence[str]) -> list[str]:
    """The provinces whose clients reach the gateway through a proxy: every other one, or the only one."""
    return list(provinces[1::2]) or list(provinces)


class ChaosRun:
    """One run. Call `run` once."""

    def __init__(self, settings: Settings, say: Callable[[str], None]) -> None:
        self.settings = settings
        self.result = Result()
        self.faults: list[Fault] = []
        settings.directory.mkdir(parents=True, exist_ok=True)
        self._say = say
        self._system = LiveSystem(
            settings.directory,
            settings.provinces,
            environment=_rpc_loss() if settings.loses_ray_messages else {},
        )
        self._victims = Victims(self._system)
        self._began_s = time.monotonic()
        self._history = History(settings.directory / "history.jsonl", self._clock)
        self._answers = Answers()
        self._history.on_end = self._answers.ended
        self._channels: list[grpc.aio.Channel] = []
        self._loads: list[asyncio.Task[None]] = []

    def _clock(self) -> float:
        return time.monotonic() - self._began_s

    async def run(self) -> Result:
        """Do it all; problems are in the result."""
        began_s, stolen = time.monotonic(), StolenTime()
        try:
            await self._system.start()
            self.result.startup_s = round(self._system.startup_s, 2)
            self.result.provinces = len(self._system.provinces)
            self._say(f"{self.result.provinces} provinces serve after {self.result.startup_s} s")
            await self._until_down(self._run_live())
        except (SystemDown, grpc.aio.AioRpcError, TimeoutError) as error:
            self._break(f"{type(error).__name__}: {error}")
        finally:
            await self._close()
        self.result.stolen_ratio = stolen.ratio()
        self._verify()
        self._count()
        self.result.wall_s = round(time.monotonic() - began_s, 1)
        return self.result

    async def _until_down(self, work: Coroutine[None, None, None]) -> None:
        """Do the work, unless the system ends by itself before."""
        jobs = (asyncio.create_task(work), asyncio.create_task(self._system.wait_down()))
        try:
            done, _ = await asyncio.wait(jobs, return_when=asyncio.FIRST_COMPLETED)
            for job in done:
                job.result()
        finally:
            for job in jobs:
                job.cancel()
            await asyncio.gather(*jobs, return_exceptions=True)

    async def _close(self) -> None:
        for load in self._loads:
            load.cancel()
        await asyncio.gather(*self._loads, return_exceptions=True)
        self._history.close()
        for proxy in self._victims.proxies.values():
            await proxy.close()
        for channel in self._channels:
            await channel.close()
        self.result.stopped_cleanly = await self._system.stop()

    # --- while it runs ---

    async def _run_live(self) -> None:
        settings, provinces = self.settings, self._system.provinces
        tokens = read_development_tokens(self._system.data_dir)
        direct = self._open(self._system.grpc)
        kinds = await read_kinds(direct, tokens.ops)
        people = [person for code in provinces for person in roster(code, kinds)]
        await enrol(direct, tokens.ops, people)
        for code in proxied(provinces):
            self._victims.proxies[code] = Proxy(self._system.grpc)
            await self._victims.proxies[code].start()
        self._began_s = time.monotonic()
        for code in provinces:
            self._open_province(code, tokens, kinds, [person for person in people if person.province == code])
        staff = Staff(direct, tokens.ops, provinces, self._history, seed=settings.seed)
        staff_work = asyncio.create_task(staff.run())
        self._loads.append(staff_work)
        self.faults = plan(settings.seed, settings.seconds, provinces, proxied(provinces))
        storm = Storm(self._victims, staff, self._answers, self._clock)
        self.result.injected = storm.injected
        await storm.run(self.faults, self._say)
        await asyncio.sleep(max(0.0, settings.seconds - self._clock()))
        staff_work.cancel()
        await self._rest(staff, direct, tokens)
        await self._check(direct, tokens)

    def _open(self, address: str) -> grpc.aio.Channel:
        channel = open_channel(address)
        self._channels.append(channel)
        return channel

    def _open_province(self, code: str, tokens: DevelopmentTokens, kinds: Sequence[Kind], people: list[Person]) -> None:
        """A branch system and two workbenches, each with a connection of its own."""
        settings, victims, history = self.settings, self._victims, self._history
        proxy = victims.proxies.get(code)
        address = proxy.address if proxy is not None else self._system.grpc
        recorder = victims.recorders[code] = Recorder()
        share = len(self._system.provinces)
        branch = victims.branches[code] = BranchLoad(
            self._open(address),
            tokens.branch[code],
            code,
            kinds,
            history,
            recorder,
            seed=settings.seed,
            creates_per_s=settings.creates_per_s / share,
            calls_per_s=settings.calls_per_s / share,
        )
        self._loads.append(asyncio.create_task(branch.run()))
        victims.desks[code] = Caller(self._open(address), tokens.desk[code], f"desk:{code}", history)
        benches: list[Workbench] = victims.benches.setdefault(code, [])
        for number, start in enumerate(range(0, len(people), BENCH_PEOPLE), start=1):
            bench = open_bench(
                self._open(address),
                tokens.desk[code],
                people[start : start + BENCH_PEOPLE],
                ActionHistory(code, history, recorder, branch.suspended.append),
                name=f"{code}-bench-{number}",
                seed=settings.seed,
            )
            benches.append(bench)
            self._loads.append(asyncio.create_task(bench.run()))

    async def _rest(self, staff: Staff, channel: grpc.aio.Channel, tokens: DevelopmentTokens) -> None:
        """No more faults, no new work: wait until all that is under way has been answered, and all that moves has arrived."""
        self._say(f"{self._clock():6.1f} s  healed; coming to rest")
        began_s = self._clock()
        branches = self._victims.branches.values()
        for branch in branches:
            branch.drain()
        try:
            async with asyncio.timeout(DRAIN_MAX_S):
                await staff.resume_all()
                while any(branch.unanswered for branch in branches):  # noqa: ASYNC110 - a sum over many has no one event
                    await asyncio.sleep(LOOK_EVERY_S)
        except TimeoutError:
            waiting = {branch.province: branch.unanswered for branch in branches if branch.unanswered}
            self._break(f"creations without an answer {DRAIN_MAX_S:.0f} s after the last fault: {waiting}")
        benches = [bench for benches in self._victims.benches.values() for bench in benches]
        await asyncio.gather(*(bench.stop() for bench in benches))
        unrest = await wait_at_rest(channel, tokens.ops)
        if unrest:
            self._break(unrest)
        else:
            self.result.rest_s = round(self._clock() - began_s, 2)

    def _break(self, what: str) -> None:
        """Note what kept the run from its proper end; what can still be checked is checked."""
        self.result.broken += ("; " if self.result.broken else "") + what

    async def _check(self, channel: grpc.aio.Channel, tokens: DevelopmentTokens) -> None:
        """Compare the history with the journals, as the still running system shows them."""
        for problem in deaths(self._loads):
            self._break(problem)
        for load in self._loads:
            load.cancel()
        await asyncio.gather(*self._loads, return_exceptions=True)
        self._history.close()
        self._say(f"{self._clock():6.1f} s  at rest; reading the journals")
        journals = await read_journals(channel, tokens.ops, self._system.provinces)
        self._say(f"{self._clock():6.1f} s  checking")
        history = list(read_history(self._history.path))
        self.result.checks = check.check_all(history, journals)
        self.result.wire_counts = check.counted(journals)

    # --- afterwards ---

    def _verify(self) -> None:
        """Ask the product's own checker about what lies on the disk."""
        done = subprocess.run(
            [sys.executable, "-m", "gateway.command", "verify", str(self._system.data_dir), "--thorough", "--json"],
            capture_output=True,
            text=True,
            timeout=VERIFY_MAX_S,
            check=False,
        )
        lines = done.stdout.splitlines()
        self.result.verify = json.loads(lines[-1]) if lines else {"ok": False, "problems": [done.stderr[-500:]]}
        self.result.checks += [
            check.verified(self.result.verify, self.result.wire_counts),
            check.ledger(self.result.verify),
        ]

    def _count(self) -> None:
        result = self.result
        windows = [injected.window for injected in result.injected if not injected.missed]
        history = list(read_history(self._history.path))
        result.availability = availability(history, windows, self.settings.seconds)
        for operation in history:
            result.outcomes[operation.outcome] = result.outcomes.get(operation.outcome, 0) + 1
            if operation.outcome == "ok":
                result.kinds[operation.kind] = result.kinds.get(operation.kind, 0) + 1
            result.repetitions += operation.is_repetition


def roster(code: str, kinds: Sequence[Kind]) -> list[Person]:
    """The people of one province: everybody may do everything, so that whatever moves finds hands."""
    rng = random.Random(f"roster/{code}")
    skills = {skill: 5 for kind in kinds for skill, _ in kind.skills}
    return [
        Person(
            province=code,
            operator_id=f"{code}-chaos-{number}",
            site=code,
            name=f"{code} {number}",
            team="chaos",
            line=Line.CLAIMS,
            capacity=3,
            experience={kind.kind: (rng.randrange(1, 300), 970) for kind in kinds},
            authority=dict.fromkeys(LINES_OUT, 9),
            skills=skills,
        )
        for number in range(1, PEOPLE + 1)
    ]


def _rpc_loss() -> dict[str, str]:
    """Environment in which Ray loses some messages of every kind between its own processes, for the whole run."""
    every = {
        "num_failures": -1,
        "req_failure_prob": RPC_LOSS_PERCENT,
        "resp_failure_prob": RPC_LOSS_PERCENT,
        "in_flight_failure_prob": 0,
    }
    return {"RAY_testing_rpc_failure": json.dumps({"*": every})}
