"""The row "disk full, read-only, slow fsync": a definite answer, reads go on, and the same process heals when the disk does.

One province is written to and read from ten times a second while its disk is full, read-only or slow. Full comes twice: played by the
fault file, and for real, by a file size limit that the kernel puts on the province's process from outside: then every write to the
journal, its reserve and its own log fails with EFBIG. Desks hold work all the while; nobody may lose a lease because of a disk.

Every refused write must say so definitely (RESOURCE_EXHAUSTED or UNAVAILABLE, a reason, and when to try again) and is repeated afterwards
under its request id: it must then succeed, once.

Example: python -m loadtests.chaos.disk --json
"""

import asyncio
import resource
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import grpc
import typer
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from gateway.v1 import event_pb2, province_pb2, province_pb2_grpc, task_pb2, task_pb2_grpc
from loadtests.chaos.findings import Findings, RowFailed, check_journals, run_row, verified
from loadtests.chaos.processes import Process
from loadtests.chaos.stage import Stage, staged, until
from loadtests.handling import Behaviour
from loadtests.wire import bearer

PROVINCES = ("fujian", "jiangxi")
SICK = "fujian"
#: Between two writes, and between two reads.
PACE_S = 0.1
DEADLINE_S = 15.0
#: Calls of a probe that wait for an answer; a connection carries 128.
IN_FLIGHT_MAX = 60
#: How long each fault lasts.
FAULT_S = 5.0
SLOW_FSYNC_S = 20.0
SLOW_FSYNC_MS = 2_000
#: After the disk is well, the next write succeeds within this.
HEALED_MAX_S = 5.0
#: A write waits for the frame before its own and for its own.
SLOW_WRITE_MAX_S = 10.0
#: People hold what they have from the first task on.
HOLD = Behaviour(seconds_per_minute=600.0)
HELD_MIN = 10
SEED = 20260911
#: Statuses that say "not now, and surely not done".
DEFINITE = (grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.UNAVAILABLE)
#: Events that take work off a desk.
TAKEN = ("AssignmentReleased", "OfferWithdrawn")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one call ended."""

    took_s: float
    code: grpc.StatusCode = grpc.StatusCode.OK
    reason: str = ""
    retry_after_ms: int = 0
    request_id: str = ""
    task: str = ""
    text: str = ""

    @property
    def is_ok(self) -> bool:
        """Whether it succeeded."""
        return self.code is grpc.StatusCode.OK

    @property
    def is_definite(self) -> bool:
        """Whether a refusal says that nothing was done, why, and when to try again."""
        return self.code in DEFINITE and bool(self.reason) and self.retry_after_ms > 0


def refusal(error: grpc.aio.AioRpcError, took_s: float, request_id: str) -> Outcome:
    """What a failed call says of itself in its status details."""
    reason, retry_after_ms = "", 0
    status = rpc_status.from_call(error)  # pyright: ignore[reportArgumentType] - has all that is read of a call
    for detail in status.details if status is not None else ():
        info, retry = error_details_pb2.ErrorInfo(), error_details_pb2.RetryInfo()
        if detail.Unpack(info):
            reason = info.reason
        elif detail.Unpack(retry):
            retry_after_ms = retry.retry_delay.ToMilliseconds()
    # A refusal without a reason came from below us (a connection): its text is all there is.
    return Outcome(took_s, error.code(), reason, retry_after_ms, request_id, text=(error.details() or "")[:120])


@dataclass(slots=True)
class Probe:
    """Writes and reads one province at a steady pace and keeps how each call ended."""

    stage: Stage
    kind: str
    known_task: str
    writes: list[Outcome] = field(default_factory=list)
    reads: list[Outcome] = field(default_factory=list)

    async def run(self, seconds: float) -> None:
        """Write and read for so long, however long each call takes; returns when all are answered."""
        calls: list[asyncio.Task[None]] = []
        end_s = time.monotonic() + seconds
        while time.monotonic() < end_s:
            if sum(not call.done() for call in calls) < IN_FLIGHT_MAX:
                calls += [asyncio.create_task(self._note(self.writes, self.write())), asyncio.create_task(self._read())]
            await asyncio.sleep(PACE_S)
        await asyncio.gather(*calls)

    async def write(self, request_id: str = "") -> Outcome:
        """Create a task, or repeat its creation."""
        request_id = request_id or uuid.uuid4().hex
        request = task_pb2.CreateTaskRequest(
            parent=f"provinces/{SICK}",
            task=task_pb2.Task(kind=self.kind, external_id=request_id),
            request_id=request_id,
        )
        stub, metadata = task_pb2_grpc.TaskServiceStub(self.stage.control), bearer(self.stage.tokens.branch[SICK])
        return await _timed(lambda: stub.CreateTask(request, metadata=metadata, timeout=DEADLINE_S), request_id)

    async def _read(self) -> None:
        tasks = task_pb2_grpc.TaskServiceStub(self.stage.control)
        provinces = province_pb2_grpc.ProvinceServiceStub(self.stage.control)
        ops = bearer(self.stage.tokens.ops)
        get = task_pb2.GetTaskRequest(name=self.known_task)
        tell = province_pb2.GetProvinceRequest(name=f"provinces/{SICK}")
        await self._note(self.reads, _timed(lambda: tasks.GetTask(get, metadata=ops, timeout=DEADLINE_S)))
        await self._note(self.reads, _timed(lambda: provinces.GetProvince(tell, metadata=ops, timeout=DEADLINE_S)))

    async def _note(self, outcomes: list[Outcome], call: Awaitable[Outcome]) -> None:
        outcomes.append(await call)


async def _timed(call: Callable[[], Awaitable[Any]], request_id: str = "") -> Outcome:
    began_s = time.monotonic()
    try:
        answer = await call()
    except grpc.aio.AioRpcError as error:
        return refusal(error, time.monotonic() - began_s, request_id)
    return Outcome(time.monotonic() - began_s, request_id=request_id, task=getattr(answer, "name", ""))


@dataclass(slots=True)
class Disk:
    """One province's disk, its probes and what happened to the desks meanwhile."""

    stage: Stage
    findings: Findings
    tell: Callable[[str], None]
    victim: Process
    #: Work taken off desks by the system, as "type task".
    taken: list[str] = field(default_factory=list)

    def see(self, event: event_pb2.Event) -> None:
        """Note what desks lose."""
        if event.type in TAKEN:
            self.taken.append(f"{event.type} {event.task} {event.reason}")

    async def refuses(self, name: str, probe: Probe, sicken: Callable[[], None], heal: Callable[[], None]) -> None:
        """A fault during which nothing can be written."""
        sicken()
        await until_async(lambda: _fails(probe), HEALED_MAX_S)
        await probe.run(FAULT_S)
        heal()
        healed_s = await until_async(lambda: _succeeds(probe), HEALED_MAX_S * 4)
        refused = [outcome for outcome in probe.writes if not outcome.is_ok]
        again = [await probe.write(outcome.request_id) for outcome in refused]
        check = self.findings
        check.at_least(f"{name}_refused_writes", len(refused), FAULT_S / PACE_S / 2)
        check.exactly(f"{name}_accepted_writes", len(probe.writes) - len(refused), 0)
        check.exactly(f"{name}_indefinite", sum(not outcome.is_definite for outcome in refused), 0)
        check.exactly(f"{name}_failed_reads", sum(not outcome.is_ok for outcome in probe.reads), 0)
        check.at_most(f"{name}_healed_seconds", healed_s, HEALED_MAX_S)
        check.exactly(f"{name}_repeats_refused", sum(not outcome.is_ok for outcome in again), 0)
        check.exactly(f"{name}_repeats_distinct", len({outcome.task for outcome in again}), len(again))
        check.figures[f"{name}_answers"] = tally(refused)
        await self._same_process(name)

    async def slow(self, probe: Probe) -> None:
        """A fault during which everything takes long."""
        self.stage.system.set_faults(SICK, fsync_delay_ms=SLOW_FSYNC_MS)
        await probe.run(SLOW_FSYNC_S)
        self.stage.system.set_faults(SICK)
        check = self.findings
        check.exactly("slow_refused_writes", sum(not outcome.is_ok for outcome in probe.writes), 0)
        check.exactly("slow_failed_reads", sum(not outcome.is_ok for outcome in probe.reads), 0)
        check.at_least("slow_write_max_seconds_felt", max(one.took_s for one in probe.writes), SLOW_FSYNC_MS / 1000)
        check.at_most("slow_write_max_seconds", max(one.took_s for one in probe.writes), SLOW_WRITE_MAX_S)
        check.at_most("slow_read_max_seconds", max(one.took_s for one in probe.reads), SLOW_WRITE_MAX_S)
        check.figures["slow_answers"] = tally(probe.writes)
        check.figures["slow_read_answers"] = tally(probe.reads)
        await self._same_process("slow")

    async def _same_process(self, name: str) -> None:
        runtime = await self.stage.runtime(SICK)
        self.findings.exactly(f"{name}_same_pid", runtime.pid == self.victim.pid and self.victim.is_alive, True)
        self.findings.exactly(f"{name}_epoch", runtime.epoch, 1)
        self.tell(f"{name}: done")


def tally(outcomes: list[Outcome]) -> dict[str, int]:
    """How often each status came with which reason (or text, where there was none)."""
    counts: dict[str, int] = {}
    for outcome in outcomes:
        name = f"{outcome.code.name} {outcome.reason or outcome.text}".strip()
        counts[name] = counts.get(name, 0) + 1
    return counts


async def _fails(probe: Probe) -> bool:
    return not (await probe.write()).is_ok


async def _succeeds(probe: Probe) -> bool:
    return (await probe.write()).is_ok


async def until_async(condition: Callable[[], Awaitable[bool]], within_s: float) -> float | None:
    """Ask until it is so; seconds, or None."""
    began_s = time.monotonic()
    while not await condition():
        if time.monotonic() - began_s > within_s:
            return None
        await asyncio.sleep(PACE_S)
    return time.monotonic() - began_s


def limit_file_size(victim: Process, *, is_full: bool) -> None:
    """Let the kernel refuse every write to a file by that process, or none."""
    _, hard = resource.prlimit(victim.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(victim.pid, resource.RLIMIT_FSIZE, (0 if is_full else hard, hard))


async def play(directory: Path, tell: Callable[[str], None]) -> Findings:
    """Full, read-only, really full, slow; then the journals."""
    findings = Findings("disk")
    async with staged(directory, PROVINCES, tell) as stage:
        await stage.enrol(SEED)
        await stage.keep_work_home(PROVINCES)
        bench = stage.open_desks(SICK, HOLD)
        await stage.all_signed_in()
        kinds = [kind.kind for kind in stage.kinds if not kind.authority]
        known = (await stage.create(SICK, stage.tasks(40, kinds)))[0]
        await until(lambda: bench.counts.started >= HELD_MIN, DEADLINE_S)
        held = sum(1 for _ in bench.holds())
        victim = stage.system.find(SICK)
        if victim is None:
            raise RowFailed(f"{SICK} is not there")
        disk = Disk(stage, findings, tell, victim)
        stage.watch(disk.see, (SICK,), after_position=-1)
        set_faults = stage.system.set_faults
        for name in ("full", "readonly"):
            probe = Probe(stage, kinds[0], known)
            await disk.refuses(name, probe, lambda name=name: set_faults(SICK, store=name), lambda: set_faults(SICK))
        await disk.refuses(
            "file_limit",
            Probe(stage, kinds[0], known),
            lambda: limit_file_size(victim, is_full=True),
            lambda: limit_file_size(victim, is_full=False),
        )
        await disk.slow(Probe(stage, kinds[0], known))
        findings.at_least("tasks_held_throughout", held, HELD_MIN)
        findings.exactly("leases_lost", len(disk.taken), 0)
        findings.figures["taken"] = disk.taken[:5]
    check_journals(findings, await verified(stage.system.data_dir), len(stage.created))
    return findings


def main(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object at the end.")] = False,
) -> None:
    """Fill, lock and slow down a province's disk; it must answer definitely, go on reading and heal by itself.

    Example: python -m loadtests.chaos.disk --json
    """
    run_row(play, as_json=as_json)


if __name__ == "__main__":
    typer.run(main)
