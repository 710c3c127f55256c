"""The row "SIGSTOP a province": Ray takes a stopped process for a living one, so the system must see it by itself.

In each trial a province's process is stopped and a write is sent to it. What is measured is when it was seen not to answer (the national picture
shows it, or the supervisor has killed it: where the successor is quick, it serves before the next picture), when the write is acknowledged (by a successor), how long the stopped process lives after SIGCONT, and whether an event of the
old incarnation comes after one of the new. The supervisor kills the stopped process by pid, so SIGCONT usually finds nobody; the
zombie that nobody kills, and that the store alone keeps from writing, is played by ``sharedops bench recover``.

Before that, short stops: a process that goes on before it is suspected must not be killed, and nothing may be lost by it.

Example: python -m loadtests.chaos.freeze --json
"""

import asyncio
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from gateway.v1 import event_pb2, monitor_pb2, province_pb2
from loadtests.chaos.findings import Findings, RowFailed, check_journals, run_row, verified
from loadtests.chaos.probe import Outcome, Probe
from loadtests.chaos.processes import Process
from loadtests.chaos.stage import Stage, staged, until

PROVINCES = ("fujian", "jiangxi")
FROZEN = "fujian"
SEEN_MAX_S = 3.0
SERVED_MAX_S = 7.0
GONE_MAX_S = 1.0
#: A stop shorter than what makes the supervisor suspicious.
SHORT_STOP_S = 0.8
#: Longer than the row allows, so that a miss is measured, not cut off.
WATCH_S = 30.0
PAUSE_S = 0.05
SEED = 20260911


@dataclass(slots=True)
class Epochs:
    """The epochs of a province's events in the order of its journal: what an old incarnation wrote after a new one shows here."""

    newest: int = 0
    #: Positions of events with an older epoch than an event before them.
    fallen: list[int] = field(default_factory=list)

    def take(self, event: event_pb2.Event) -> None:
        """Take in one event of the province."""
        if event.epoch < self.newest:
            self.fallen.append(event.position)
        self.newest = max(self.newest, event.epoch)


@dataclass(slots=True)
class Trial:
    """What one freeze was survived by. Seconds from SIGSTOP; None: not seen."""

    seen_s: float | None = None
    served_s: float | None = None
    #: After SIGCONT, until the stopped process was gone; 0: it was gone before.
    gone_s: float | None = None


class Freezing:
    """The trials of one run."""

    def __init__(self, stage: Stage, probe: Probe) -> None:
        self._stage = stage
        self._probe = probe
        self._is_shown_degraded = False
        self.epochs = Epochs()
        self.acknowledged: list[Outcome] = []
        stage.watch(self.epochs.take, (FROZEN,))
        stage.follow_pictures(self._take_picture)

    def _take_picture(self, picture: monitor_pb2.Overview) -> None:
        state = next(province.state for province in picture.provinces if province.province == FROZEN)
        self._is_shown_degraded = state == province_pb2.PROVINCE_STATE_DEGRADED

    async def freeze(self) -> Trial:
        """Stop the province's process, watch what becomes of it, let it go on.

        Raises:
            RowFailed: there was no process to stop.
        """
        await until(lambda: not self._is_shown_degraded, WATCH_S)
        victim, trial = self._victim(), Trial()
        victim.signal(signal.SIGSTOP)
        began_s = time.monotonic()
        seeing = asyncio.create_task(until(lambda: self._is_shown_degraded or not victim.is_alive, WATCH_S))
        trial.served_s = await self._until_written(began_s)
        trial.seen_s = await seeing
        victim.signal(signal.SIGCONT)
        trial.gone_s = await until(lambda: not victim.is_alive, WATCH_S)
        return trial

    async def stop_shortly(self) -> bool:
        """Stop it for a moment; whether the same process goes on afterwards, and writes."""
        victim = self._victim()
        victim.signal(signal.SIGSTOP)
        await asyncio.sleep(SHORT_STOP_S)
        victim.signal(signal.SIGCONT)
        await self._until_written(time.monotonic())
        return victim.is_alive and self._stage.system.find(FROZEN) == victim

    async def _until_written(self, began_s: float) -> float | None:
        """Write until a write is acknowledged; a write that was refused is repeated under its id."""
        request_id = ""
        while time.monotonic() - began_s < WATCH_S:
            outcome = await self._probe.write(request_id)
            if outcome.is_ok:
                self.acknowledged.append(outcome)
                return time.monotonic() - began_s
            request_id = outcome.request_id
            await asyncio.sleep(PAUSE_S)
        return None

    def _victim(self) -> Process:
        found = self._stage.system.find(FROZEN)
        if found is None:
            raise RowFailed(f"{FROZEN} is not there")
        return found


def slowest(values: list[float | None]) -> float | None:
    """The largest, or None if one was never seen."""
    seen = [value for value in values if value is not None]
    return max(seen) if seen and len(seen) == len(values) else None


def report(findings: Findings, trials: list[Trial], survived: list[bool], epochs: Epochs) -> None:
    """The slowest of all trials against the targets."""
    findings.at_most("freeze_seen_max_seconds", slowest([trial.seen_s for trial in trials]), SEEN_MAX_S)
    findings.at_most("freeze_served_max_seconds", slowest([trial.served_s for trial in trials]), SERVED_MAX_S)
    findings.at_most("zombie_gone_max_seconds", slowest([trial.gone_s for trial in trials]), GONE_MAX_S)
    findings.exactly("zombie_frames", len(epochs.fallen), 0)
    findings.exactly("short_stops_survived", sum(survived), len(survived))
    findings.at_least("epochs_seen", epochs.newest, len(trials) + 1)
    findings.figures["trials"] = len(trials)


async def play(directory: Path, tell: Callable[[str], None], trials: int) -> Findings:
    """Short stops, freezes, then the journals."""
    findings = Findings("freeze")
    async with staged(directory, PROVINCES, tell) as stage:
        await stage.enrol(SEED)
        kind = next(kind.kind for kind in stage.kinds if not kind.authority)
        [known] = await stage.create(FROZEN, stage.tasks(1, [kind]))
        freezing = Freezing(stage, Probe(stage, FROZEN, kind, known))
        survived = [await freezing.stop_shortly() for _ in range(trials)]
        tell(f"{sum(survived)} of {trials} short stops survived")
        done: list[Trial] = []
        for _ in range(trials):
            done.append(await freezing.freeze())
            tell(f"frozen: seen after {done[-1].seen_s} s, served after {done[-1].served_s} s")
        # The stream of events comes back some time after the province has.
        await until(lambda: freezing.epochs.newest > trials, WATCH_S)
        report(findings, done, survived, freezing.epochs)
        created = len(stage.created) + len({outcome.task for outcome in freezing.acknowledged})
    check_journals(findings, await verified(stage.system.data_dir), created)
    return findings


def main(
    trials: Annotated[int, typer.Option(min=1, max=50, help="Freezes, and as many short stops.")] = 5,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object at the end.")] = False,
) -> None:
    """Stop a province's process; a successor must serve soon and the stopped one must never write again.

    Example: python -m loadtests.chaos.freeze --trials 3 --json

    Exit code 0 only if everything held.
    """
    run_row(lambda directory, tell: play(directory, tell, trials), as_json=as_json)


if __name__ == "__main__":
    typer.run(main)
