"""The row "disk full, read-only, slow fsync": a definite answer, reads go on, and the same process heals when the disk does.

One province is written to and read from ten times a second while its disk is full, read-only or slow. Full comes twice: played by the
fault file, and for real, by a file size limit that the kernel puts on the province's process from outside: then every write to the
journal, its reserve and its own log fails with EFBIG. Desks hold work all the while; nobody may lose a lease because of a disk.

Every refused write must say so definitely (RESOURCE_EXHAUSTED or UNAVAILABLE, a reason, and when to try again) and is repeated afterwards
under its request id: it must then succeed, once.

Example: python -m loadtests.chaos.disk --json
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from gateway.v1 import event_pb2
from loadtests.chaos.findings import Findings, RowFailed, check_journals, run_row, verified
from loadtests.chaos.probe import DEADLINE_S, PACE_S, Probe, tally
from loadtests.chaos.processes import Process
from loadtests.chaos.stage import Stage, staged, until
from loadtests.handling import Behaviour

PROVINCES = ("fujian", "jiangxi")
SICK = "fujian"
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
#: Events that take work off a desk.
TAKEN = ("AssignmentReleased", "OfferWithdrawn")


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

    async def refuses(self, name: str, probe: Probe, sicken: Callable[[], object], heal: Callable[[], object]) -> None:
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
            probe = Probe(stage, SICK, kinds[0], known)
            await disk.refuses(name, probe, lambda name=name: set_faults(SICK, store=name), lambda: set_faults(SICK))
        await disk.refuses(
            "file_limit",
            Probe(stage, SICK, kinds[0], known),
            lambda: victim.limit_file_size(is_full=True),
            lambda: victim.limit_file_size(is_full=False),
        )
        await disk.slow(Probe(stage, SICK, kinds[0], known))
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

    Exit code 0 only if everything held.
    """
    run_row(play, as_json=as_json)


if __name__ == "__main__":
    typer.run(main)
