"""Backups of a country at work: how long everybody is held, how fast it is copied, and what a client feels of it.

Branch systems create without a pause, desks decide, and every few moments another third of the provinces is told to send its work away, so
that tasks are on their way whenever a backup comes. Each backup is a process of its own (`sharedops backup`), as the duty officer's timer
starts it. A client's pause is the longest that a create took among those that were under way during a backup; the same is measured in the
times between, because on a busy machine creates are slow without any backup, too.

Example: python -m loadtests.chaos.backups --provinces fujian,jiangxi,zhejiang --backups 5 --json
"""

import asyncio
import itertools
import json
import shutil
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.v1 import province_pb2, task_pb2
from loadtests.branch import BranchSystem
from loadtests.chaos.findings import Findings, RowFailed, asked, check_journals, run_row, verified
from loadtests.chaos.provinces import read_provinces_option
from loadtests.chaos.stage import Stage, meanwhile, staged
from loadtests.handling import Behaviour

SEED = 20260912
#: People with a desk in each province.
PEOPLE_PER_PROVINCE = 3
#: So slow that work waits, and can be sent away.
BEHAVIOUR = Behaviour(seconds_per_minute=0.2)
#: Between two backups, and before the first.
BETWEEN_S = 3.0
#: Another third of the provinces sends its work away this often.
ORDER_EVERY_S = 2.0
#: No province may be held longer.
HELD_MAX_MS = 500
AUTHORITY_MAX = 1


@dataclass(slots=True)
class Creates:
    """Every create of all writers: when it was sent and when it was acknowledged, seconds."""

    spans: list[tuple[float, float]] = field(default_factory=list)

    def longest_s(self, began_s: float, ended_s: float) -> float:
        """The longest of those under way in a time; 0 if there were none."""
        return max((end - start for start, end in self.spans if start < ended_s and end > began_s), default=0.0)

    def rate(self, began_s: float, ended_s: float) -> float:
        """Acknowledged per second."""
        return sum(began_s <= end < ended_s for _, end in self.spans) / (ended_s - began_s)


@dataclass(frozen=True, slots=True)
class Taken:
    """One backup: what it said, when it ran, and what was acknowledged before."""

    said: dict[str, Any]
    began_s: float
    ended_s: float
    acknowledged: int


async def play(
    directory: Path, tell: Callable[[str], None], provinces: Sequence[str], backups: int, writers: int
) -> Findings:
    """Set the country to work, back it up again and again, restore the last one."""
    findings = Findings("backups")
    creates = Creates()
    async with staged(directory, provinces, tell) as stage:
        await _staff(stage)
        writing = (_write(stage, number, creates) for number in range(writers))
        async with meanwhile(*writing, _order(stage)):
            taken: list[Taken] = []
            quiet_s: list[float] = []
            for number in range(backups):
                quiet_began_s = time.monotonic()
                await asyncio.sleep(BETWEEN_S)
                quiet_s.append(creates.longest_s(quiet_began_s, time.monotonic()))
                taken.append(await _back_up(stage, directory / f"backup-{number}"))
                tell(f"backup {number + 1}: {json.dumps(taken[-1].said)}")
                if number:
                    shutil.rmtree(directory / f"backup-{number - 1}", ignore_errors=True)
            await asyncio.sleep(BETWEEN_S)
        acknowledged = len(stage.created)
    report(findings, taken, creates, quiet_s)
    restored = await asked("restore", str(directory / f"backup-{backups - 1}"), str(directory / "restored"))
    findings.exactly("restored", bool(restored["ok"]), True)
    findings.figures["restore_seconds"] = restored.get("seconds")
    findings.exactly("restored_valid", bool((await verified(directory / "restored"))["ok"]), True)
    check_journals(findings, await verified(stage.system.data_dir), acknowledged)
    return findings


def report(findings: Findings, taken: Sequence[Taken], creates: Creates, quiet_s: Sequence[float]) -> None:
    """What must hold of all backups, and what they cost."""
    good = [one for one in taken if one.said["ok"]]
    findings.exactly("backups_made", len(good), len(taken))
    findings.exactly(
        "acknowledged_missing", sum(max(0, one.acknowledged - one.said["tasks_created"]) for one in good), 0
    )
    findings.at_least("tasks_in_transit_seen", sum(one.said["tasks_in_transit"] for one in good), 1)
    findings.at_most("held_longest_ms", max((one.said["held_longest_ms"] for one in good), default=None), HELD_MAX_MS)
    if not good:
        return
    pauses_s = [creates.longest_s(one.began_s, one.ended_s) for one in good]
    held_ms = [one.said["held_longest_ms"] for one in good]
    whole_s = [one.said["seconds"] for one in good]
    findings.figures |= {
        "held_p50_ms": statistics.median(held_ms),
        "all_held_p50_seconds": statistics.median(one.said["held_seconds"] for one in good),
        "all_held_max_seconds": max(one.said["held_seconds"] for one in good),
        "tries": [one.said["tries"] for one in good],
        "broken_tries": [reason for one in good for reason in one.said["broken_tries"]],
        "backup_p50_seconds": statistics.median(whole_s),
        "backup_max_seconds": max(whole_s),
        "copy_p50_mb_per_second": statistics.median(one.said["copy_mb_per_second"] for one in good),
        "bytes": good[-1].said["bytes"],
        "create_longest_in_backup_p50_seconds": round(statistics.median(pauses_s), 3),
        "create_longest_in_backup_max_seconds": round(max(pauses_s), 3),
        "create_longest_between_p50_seconds": round(statistics.median(quiet_s), 3),
        "create_longest_between_max_seconds": round(max(quiet_s), 3),
        "creates_per_second": round(creates.rate(taken[0].began_s, taken[-1].ended_s), 1),
    }


async def _staff(stage: Stage) -> None:
    await stage.enrol(SEED)
    for province in stage.system.provinces:
        stage.open_desks(province, BEHAVIOUR, places=slice(PEOPLE_PER_PROVINCE))
    await stage.all_signed_in()


async def _write(stage: Stage, number: int, creates: Creates) -> None:
    """One branch system after the other gets a task, without a pause, until cancelled."""
    kinds = [kind.kind for kind in stage.kinds if kind.authority <= AUTHORITY_MAX]
    channel = stage.open_channel()
    systems = [
        BranchSystem(channel, stage.tokens.branch[province], province, stage.created.__setitem__)
        for province in stage.system.provinces
    ]
    for count in itertools.count():
        task = task_pb2.Task(external_id=f"writer-{number}-{count}", kind=kinds[count % len(kinds)])
        system = systems[(count + number) % len(systems)]
        began_s = time.monotonic()
        await system.create_one(task)
        creates.spans.append((began_s, time.monotonic()))
        if system.refused:
            raise RowFailed(f"a create was refused: {system.refused[0]}")


async def _order(stage: Stage) -> None:
    """Each third of the provinces in turn sends its work away, until cancelled."""
    for turn in itertools.count():
        for index, province in enumerate(stage.system.provinces):
            if index % 3 == turn % 3:
                await stage.evacuate(province)
            elif index % 3 == (turn - 1) % 3:
                await stage.set_policy(province, share_out_mode=province_pb2.SHARE_OUT_MODE_OVERFLOW)
        await asyncio.sleep(ORDER_EVERY_S)


async def _back_up(stage: Stage, folder: Path) -> Taken:
    acknowledged, began_s = len(stage.created), time.monotonic()
    said = await asked("backup", str(stage.system.data_dir), str(folder))
    return Taken(said, began_s, time.monotonic(), acknowledged)


def main(
    backups: Annotated[int, typer.Option(min=1, max=200, help="How many.")] = 20,
    writers: Annotated[int, typer.Option(min=1, max=64, help="Branch systems that create without a pause.")] = 8,
    provinces: Annotated[str, typer.Option(help="A number or codes, comma-separated; default: all 36.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object at the end.")] = False,
) -> None:
    """Back up a country at work again and again, and restore the last backup.

    Example: python -m loadtests.chaos.backups --provinces fujian,jiangxi,zhejiang --backups 5 --json

    Exit code 0 only if everything held.
    """
    codes = read_provinces_option(provinces)
    run_row(lambda directory, tell: play(directory, tell, codes, backups, writers), as_json=as_json)


if __name__ == "__main__":
    typer.run(main)
