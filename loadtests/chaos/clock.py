"""The row "clock ±1 h": a province's wall clock jumps to and fro while its people work; nothing but dates may notice.

The clock jumps by an hour every one and a half seconds: some hours forward, then back past where it began, then right again. On the way
back it does not soon return to where it was, so whatever waits for it would wait for good. Some people hold one task through all of it; others work, decline
and hand back as ever. In the middle of it the province is evacuated to hosts whose quota is used up at first, so that moves are refused,
taken back and tried again while the clock jumps. At the end everybody finishes what they have, and everything must be decided.

Example: python -m loadtests.chaos.clock --json
"""

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from gateway.v1 import event_pb2, monitor_pb2
from loadtests.catalogue import Line
from loadtests.chaos.findings import Findings, RowFailed, check_journals, run_row, verified
from loadtests.chaos.leases import Leases
from loadtests.chaos.stage import Stage, staged, until
from loadtests.desks import Workbench
from loadtests.handling import Behaviour

JUMPING = "fujian"
PROVINCES = (JUMPING, "jiangxi", "zhejiang")
HOUR_MS = 3_600_000
#: Shares of the jumps: first forward, then back (far beyond where it began), then forward again.
FORWARD, BACK = 0.3, 0.5
JUMP_EVERY_S = 1.5
#: Tasks of other homes that a host takes at first.
QUOTA_FIRST = 1
#: Moves are refused for so long, then there is room.
REFUSED_S = 3.0
SETTLED_MAX_S = 10.0
DECIDED_MAX_S = 90.0
WATCH_S = 60.0
#: People who hold one task all the while.
HOLDERS = 6
TASKS_FIRST, TASKS_EVACUATED = 60, 40
SEED = 20260911
#: Others take a task in a second or two, and decline some.
WORKING = Behaviour(seconds_per_minute=0.1, decline=0.3)


class Holding(Behaviour):
    """People who take as long for every task as it lasts until they are told to finish."""

    def handle_s(self, rng: random.Random, line: Line, complexity: int, *, remote: bool) -> float:
        """Longer than all jumps together."""
        del rng, line, complexity, remote
        return JUMP_EVERY_S * 24 + REFUSED_S


def is_excused(reason: str, is_begun: bool) -> bool:
    """Whether a task was taken off a desk as it must be: an evacuation takes along what nobody has begun, and nothing else."""
    return reason == "signed_out" or (reason == "evacuated" and not is_begun)


@dataclass(slots=True)
class Seen:
    """What the events and pictures of the country showed."""

    leases: Leases = field(default_factory=lambda: Leases(is_excused))
    created: dict[str, None] = field(default_factory=dict)
    decided: dict[str, None] = field(default_factory=dict)
    moving: dict[str, None] = field(default_factory=dict)
    #: Task -> province that took it over last.
    hosts: dict[str, str] = field(default_factory=dict)
    taken_back: int = 0
    declined: int = 0
    pictures: int = 0
    negative_waits: list[str] = field(default_factory=list)

    def take(self, event: event_pb2.Event) -> None:
        """Take in an event of any province."""
        if event.province == JUMPING:
            self.leases.take(event)
        if event.type == "TaskCreated":
            self.created[event.task] = None
        elif event.type == "TaskCompleted":
            self.decided[event.task] = None
        elif event.type == "MoveStarted":
            self.moving[event.task] = None
        elif event.type == "MoveAccepted":
            self.hosts[event.task] = event.province
        elif event.type in ("MoveHandedOver", "MoveTakenBack"):
            self.moving.pop(event.task, None)
            self.taken_back += event.type == "MoveTakenBack"
        self.declined += event.type == "OfferDeclined"

    def take_picture(self, picture: monitor_pb2.Overview) -> None:
        """Take in a national picture."""
        self.pictures += 1
        for province in picture.provinces:
            if province.oldest_waiting_ms < 0 or province.expected_wait_ms < -1:
                self.negative_waits.append(f"{province.province}: {province.oldest_waiting_ms} ms")


def route(jumps: int) -> list[int]:
    """Where the clock stands after each jump, milliseconds from the truth. With ten jumps or a multiple it ends there."""
    turning, returning = round(jumps * FORWARD), round(jumps * (FORWARD + BACK))
    offsets, offset_ms = list[int](), 0
    for number in range(jumps):
        offset_ms += -HOUR_MS if turning <= number < returning else HOUR_MS
        offsets.append(offset_ms)
    return offsets


async def jump(stage: Stage, jumps: int, on_jump: Callable[[int], None]) -> None:
    """Let the clock jump so often, and put it right at the end."""
    for offset_ms in route(jumps):
        stage.system.set_faults(JUMPING, clock_offset_ms=offset_ms)
        on_jump(offset_ms)
        await asyncio.sleep(JUMP_EVERY_S)
    stage.system.set_faults(JUMPING)


async def play(directory: Path, tell: Callable[[str], None], jumps: int) -> Findings:
    """Work, jump, evacuate, finish; then the journals."""
    findings = Findings("clock")
    async with staged(directory, PROVINCES, tell) as stage:
        seen = Seen()
        holders, kinds = await _prepare(stage, seen)
        held = {task: seen.leases.held[task] for task in _in_hand(holders)}
        tell(f"{len(held)} tasks are held; the clock of {JUMPING} jumps {jumps} times")
        jumped: list[int] = []
        jumping = asyncio.create_task(jump(stage, jumps, jumped.append))
        await until(lambda: len(jumped) > round(jumps * FORWARD), WATCH_S)
        left_s = await _evacuate(stage, seen, kinds)
        await jumping
        await _stay_active(stage)
        kept = sum(seen.leases.held.get(task) == lease for task, lease in held.items())
        findings.exactly("jumps", len(jumped), jumps)
        findings.at_least("leases_held_throughout", len(held), HOLDERS)
        findings.exactly("leases_kept", kept, len(held))
        report_moves(findings, seen, left_s)
        tell("the clock is right again; everything is to be decided")
        decided_s = await until(lambda: len(seen.decided) == len(stage.created), DECIDED_MAX_S)
        findings.at_most("all_decided_seconds", decided_s, DECIDED_MAX_S)
        report_leases(findings, seen)
        created = len(stage.created)
        findings.exactly("tasks_decided_as_seen", len(seen.decided), created)
    check_journals(findings, await verified(stage.system.data_dir), created)
    return findings


async def _prepare(stage: Stage, seen: Seen) -> tuple[Workbench, list[str]]:
    """Seat everybody; the holders begin their task first."""
    await stage.enrol(SEED)
    await stage.keep_work_home(PROVINCES)
    kinds = [kind.kind for kind in stage.kinds if not kind.authority]
    stage.watch(seen.take)
    stage.follow_pictures(seen.take_picture)
    holders = stage.open_desks(JUMPING, Holding(), name="holders", places=slice(HOLDERS))
    await stage.all_signed_in()
    await stage.create(JUMPING, stage.tasks(HOLDERS * 2, kinds))
    if await until(lambda: holders.counts.started >= HOLDERS, WATCH_S) is None:
        raise RowFailed(f"{holders.counts.started} of {HOLDERS} people began to work")
    stage.open_desks(JUMPING, WORKING, places=slice(HOLDERS, None))
    for province in PROVINCES[1:]:
        stage.open_desks(province, WORKING)
    await stage.all_signed_in()
    await stage.create(JUMPING, stage.tasks(TASKS_FIRST, kinds))
    return holders, kinds


def _in_hand(bench: Workbench) -> list[str]:
    """Tasks that the people of a bench have begun."""
    return [held.task.name for held in bench.holds() if held.stage.name == "WORKING"]


async def _evacuate(stage: Stage, seen: Seen, kinds: list[str]) -> float | None:
    """Evacuate to hosts without room, then make room; seconds from the order until every task is elsewhere.

    Those who work at home go home first, or they would do what is to move.
    """
    await stage.benches[JUMPING].stop()
    for province in PROVINCES[1:]:
        await stage.set_policy(province, share_in_quota=QUOTA_FIRST)
    began_s = time.monotonic()
    await stage.evacuate(JUMPING)
    names = await stage.create(JUMPING, stage.tasks(TASKS_EVACUATED, kinds))
    await asyncio.sleep(REFUSED_S)
    for province in PROVINCES[1:]:
        await stage.set_policy(province, share_in_quota=100_000)

    def is_settled() -> bool:
        return not seen.moving and all(task in seen.hosts for task in names)

    is_seen = await until(is_settled, WATCH_S) is not None
    return time.monotonic() - began_s if is_seen else None


async def _stay_active(stage: Stage) -> None:
    """The province keeps its own work again."""
    await stage.keep_work_home((JUMPING,))


def report_moves(findings: Findings, seen: Seen, left_s: float | None) -> None:
    """That moves were refused, and how long the rest took."""
    findings.at_least("moves_refused", seen.taken_back, 1)
    findings.at_most("moves_settled_seconds", left_s, SETTLED_MAX_S)


def report_leases(findings: Findings, seen: Seen) -> None:
    """Nothing lost, doubled or negative; and that there was something to see."""
    findings.exactly("leases_lost", len(seen.leases.lost), 0)
    findings.exactly("leases_doubled", len(seen.leases.doubled), 0)
    findings.exactly("negative_durations", len(seen.leases.negative) + len(seen.negative_waits), 0)
    findings.at_least("offers_declined", seen.declined, 1)
    findings.at_least("pictures_seen", seen.pictures, 10)
    findings.figures["found"] = (seen.leases.lost + seen.leases.doubled + seen.leases.negative)[:5]


def main(
    jumps: Annotated[int, typer.Option(min=10, max=100, help="Jumps of an hour.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object at the end.")] = False,
) -> None:
    """Let a province's clock jump by an hour, forward and back, while its people work.

    Example: python -m loadtests.chaos.clock --jumps 20 --json

    Exit code 0 only if everything held.
    """
    run_row(lambda directory, tell: play(directory, tell, jumps), as_json=as_json)


if __name__ == "__main__":
    typer.run(main)
