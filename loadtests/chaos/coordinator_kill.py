"""The row "coordinator killed at each step of a move": it advises, it owns nothing, so its death must not hold up a single move.

In every round some tasks wait in one province, its evacuation is ordered, and the coordinator's process is killed (SIGKILL, by pid) at one
step: as the order is given, or the moment the event stream shows the first move of the round started, accepted, handed over. What is
measured is how long after the kill every task of the round is owned by another province and its source has let go of it.

A move takes some ten milliseconds, hardly longer than the event that shows its first step. So every write of the three provinces is slowed
by `STRETCH_MS`: then the next step is truly still to come when a step is seen, and each round counts how many of its moves were
open at the kill.

Example: python -m loadtests.chaos.coordinator_kill --json
"""

import signal
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from gateway.v1 import event_pb2, province_pb2
from loadtests.chaos.findings import Findings, RowFailed, check_journals, run_row, verified
from loadtests.chaos.processes import COORDINATOR, Process
from loadtests.chaos.stage import Stage, staged, until
from loadtests.handling import Behaviour

SOURCE = "fujian"
PROVINCES = (SOURCE, "jiangxi", "zhejiang")
#: Step -> the event whose first sight in a round triggers the kill; empty: as the order is given.
STEPS = {
    "ordered": "",
    "move_started": "MoveStarted",
    "move_accepted": "MoveAccepted",
    "handed_over": "MoveHandedOver",
}
SETTLED_MAX_S = 10.0
#: Longer than the row allows, so that a miss is measured, not cut off.
WATCH_S = 60.0
#: A coordinator that starts, or was killed, is there by then.
REBORN_MAX_S = 60.0
SEED = 20260911
#: Added to every fsync, so that a move takes long enough to be hit in its middle.
STRETCH_MS = 50
#: Hosts decide at once, so that round follows round.
QUICK = Behaviour(seconds_per_minute=0.002)


@dataclass(slots=True)
class Round:
    """The moves of one round, as the events show them."""

    tasks: frozenset[str]
    #: Event that triggers the kill; empty: none does.
    trigger: str
    kill: Callable[[], None]
    clock: Callable[[], float]
    accepted: dict[str, None] = field(default_factory=dict)
    handed_over: dict[str, None] = field(default_factory=dict)
    killed_s: float | None = None
    #: Moves that were not over, as far as seen, when the coordinator was killed.
    open_at_kill: int = 0
    settled_s: float | None = None

    def take(self, event: event_pb2.Event) -> None:
        """Take in one event."""
        if event.task not in self.tasks:
            return
        if event.type == "MoveAccepted":
            self.accepted[event.task] = None
        elif event.type == "MoveHandedOver":
            self.handed_over[event.task] = None
        if self.killed_s is None and event.type == self.trigger:
            self.strike()
        if self.is_settled and self.settled_s is None:
            self.settled_s = self.clock()

    def strike(self) -> None:
        """Kill the coordinator now."""
        self.kill()
        self.killed_s = self.clock()
        self.open_at_kill = len(self.tasks) - len(self.handed_over)

    @property
    def is_settled(self) -> bool:
        """Whether every task has a new owner and its source has let go of it."""
        return len(self.accepted) == len(self.handed_over) == len(self.tasks)

    @property
    def took_s(self) -> float | None:
        """From the kill until all was settled; None: not settled, or never killed."""
        if self.killed_s is None or self.settled_s is None:
            return None
        return max(0.0, self.settled_s - self.killed_s)


class Killing:
    """The rounds of one run."""

    def __init__(self, stage: Stage, tasks: int) -> None:
        self._stage = stage
        self._tasks = tasks
        self._round: Round | None = None
        self._kinds = [kind.kind for kind in stage.kinds if not kind.authority]
        stage.watch(self._take, PROVINCES)

    def _take(self, event: event_pb2.Event) -> None:
        if self._round is not None:
            self._round.take(event)

    async def round(self, trigger: str) -> Round:
        """Play one round to its end.

        Raises:
            RowFailed: there was no coordinator to kill in time, or none came back.
        """
        stage = self._stage
        victim = await self._coordinator()
        await stage.set_policy(SOURCE, share_out_mode=province_pb2.SHARE_OUT_MODE_CLOSED)
        names = await stage.create(SOURCE, stage.tasks(self._tasks, self._kinds))
        played = self._round = Round(frozenset(names), trigger, lambda: _kill(victim), time.monotonic)
        if not trigger:
            played.strike()
        await stage.evacuate(SOURCE)
        await until(lambda: played.is_settled and played.killed_s is not None, WATCH_S)
        await self._coordinator(dead=victim)
        return played

    async def _coordinator(self, dead: Process | None = None) -> Process:
        """The coordinator's process, as soon as there is one: it is known by its journal, which one that just starts has not opened.

        Args:
            dead: which it must not be, although it may linger.

        Raises:
            RowFailed: none came in time.
        """
        found: list[Process] = []

        def is_there() -> bool:
            now = self._stage.system.find(COORDINATOR)
            if now is not None and now != dead:
                found.append(now)
            return bool(found)

        if await until(is_there, REBORN_MAX_S) is None:
            raise RowFailed(f"no coordinator {'came back' if dead else 'was there'} within {REBORN_MAX_S:.0f} s")
        return found[-1]


def _kill(victim: Process) -> None:
    if not victim.signal(signal.SIGKILL):
        raise RowFailed("the coordinator was gone before it was killed")


def report(findings: Findings, rounds: dict[str, list[Round]], kills: int) -> None:
    """Kills, settlement and what was open, step by step."""
    for step, played in rounds.items():
        took = [one.took_s for one in played]
        settled = [seconds for seconds in took if seconds is not None]
        findings.at_least(f"{step}_kills", sum(one.killed_s is not None for one in played), kills)
        slowest = max(settled) if len(settled) == len(played) and settled else None
        findings.at_most(f"{step}_settled_max_seconds", slowest, SETTLED_MAX_S)
        findings.figures[f"{step}_settled_p50_seconds"] = round(statistics.median(settled), 3) if settled else None
        still_open = [one.open_at_kill for one in played]
        findings.figures[f"{step}_open_at_kill_p50"] = statistics.median(still_open) if still_open else None
        findings.figures[f"{step}_kills_with_open_moves"] = sum(count > 0 for count in still_open)


async def play(directory: Path, tell: Callable[[str], None], kills: int, tasks: int, steps: Sequence[str]) -> Findings:
    """All rounds of all steps, then the journals."""
    findings = Findings("coordinator_kill")
    async with staged(directory, PROVINCES, tell) as stage:
        await stage.enrol(SEED)
        for province in PROVINCES[1:]:
            stage.open_desks(province, QUICK)
        await stage.all_signed_in()
        for province in PROVINCES:
            stage.system.set_faults(province, fsync_delay_ms=STRETCH_MS)
        killing = Killing(stage, tasks)
        rounds: dict[str, list[Round]] = {}
        for step in steps:
            rounds[step] = [await killing.round(STEPS[step]) for _ in range(kills)]
            tell(f"{step}: {kills} kills")
        report(findings, rounds, kills)
        findings.figures["moves"] = kills * tasks * len(steps)
    check_journals(findings, await verified(stage.system.data_dir), len(stage.created))
    return findings


def main(
    kills: Annotated[int, typer.Option(min=1, max=200, help="Kills at each step.")] = 50,
    tasks: Annotated[int, typer.Option(min=1, max=200, help="Moves in each round.")] = 40,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object at the end.")] = False,
) -> None:
    """Kill the coordinator at each step of a move, again and again; every move must settle all the same.

    Example: python -m loadtests.chaos.coordinator_kill --kills 5 --json

    Exit code 0 only if everything held.
    """
    run_row(lambda directory, tell: play(directory, tell, kills, tasks, tuple(STEPS)), as_json=as_json)


if __name__ == "__main__":
    typer.run(main)
