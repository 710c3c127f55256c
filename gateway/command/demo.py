"""`sharedops demo`: the main job in about a minute. A day of the country, and one branch loses power in the middle of it.

The system is a real one, started as a child on a directory of its own; the play (`loadtests.story`) speaks to it over gRPC like anybody
else. At the end the system is stopped and the claims are checked against the journals on disk.
"""

import asyncio
import json
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from actors.country_file import load_country
from actors.journal import JournalError
from actors.store import StoreError
from gateway.command.demo_checks import Findings, read_findings
from gateway.command.demo_script import ScriptFailed, check_tasks_file, write_script
from gateway.command.demo_system import ServedSystem, SystemDown
from gateway.command.demo_view import DemoView, show_candidates, show_checks, show_late, show_result
from loadtests.catalogue import largest
from loadtests.preparation import SetupRefused
from loadtests.story import Play, PlayFailed
from loadtests.tasks_file import TasksFileError
from loadtests.wire import read_development_tokens

#: A date like any other; the day and what the people have done so far are drawn from it.
DEFAULT_SEED = 20260911
#: Targets.
DETECTED_MAX_S = 4.0
FIRST_REASSIGNED_MAX_S = 5.0
#: How often the view may print progress.
TICK_S = 0.25


class _Refused(Exception):
    """The demonstration cannot be played as asked; `str` says why."""


def demo(
    data_dir: Annotated[
        Path | None, typer.Option(help="New directory for the journals; default: a temporary one, kept.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Draws another day and other people.")] = DEFAULT_SEED,
    provinces: Annotated[
        str, typer.Option(help="How many branches, or their codes, comma-separated; default: all.")
    ] = "",
    tasks: Annotated[int, typer.Option(min=1, max=200_000, help="Tasks of the day.")] = 5_000,
    outage: Annotated[str, typer.Option(help="The branch that loses power.")] = "fujian",
    tasks_file: Annotated[
        Path | None, typer.Option(help="Take the day's tasks from a CSV; see loadtests/example-tasks.csv.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object at the end.")] = False,
) -> None:
    """Play a day of 36 branches in about a minute; one branch loses power, nothing is lost (一分钟演示: 一省断电, 不丢不重).

    Example: sharedops demo --outage shandong --seed 7

    Exit code 0 if every target holds, 1 if one is missed, 2 if the demonstration could not be played as asked.
    """
    console = Console(stderr=as_json)
    try:
        code = asyncio.run(_demo(console, data_dir, seed, provinces, tasks, outage, tasks_file, as_json=as_json))
    except (_Refused, TasksFileError) as error:
        typer.echo(f"sharedops demo: {error}", err=True)
        raise typer.Exit(2) from None
    except (ScriptFailed, PlayFailed, SystemDown, SetupRefused, StoreError, JournalError) as error:
        typer.echo(f"sharedops demo: {error}", err=True)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    raise typer.Exit(code)


async def _demo(
    console: Console,
    data_dir: Path | None,
    seed: int,
    provinces: str,
    tasks: int,
    outage: str,
    tasks_file: Path | None,
    *,
    as_json: bool,
) -> int:
    began_s = time.monotonic()
    country = load_country()
    codes = _chosen([str(entry.province) for entry in country.provinces], provinces, outage)
    if tasks_file is not None:
        # Told before half a minute has gone into starting.
        check_tasks_file(tasks_file, country, codes)
    directory = _new_directory(data_dir)
    system = ServedSystem(directory, codes)
    title = f"sharedops demo · {len(codes)} provinces · seed {seed} · {directory}"
    with DemoView(console, title) as view:
        view.tell(f"Starting {len(codes)} provinces", f"正在启动 {len(codes)} 省")
        try:
            await system.start()
            view.tell(f"All serve after {system.startup_s:.1f} s: {system.grpc}, {system.console}", "全部就绪")
            tokens = read_development_tokens(directory)
            script = await write_script(system.grpc, tokens, country, seed, tasks, outage, tasks_file)
            play = view.play = Play(script, system.grpc, tokens, view.tell)
            await _run(play, system, view)
            view.tell("The day is over; the system shuts down", "一天结束, 系统正在停止")
        finally:
            stopped = await system.stop()
        view.tell("Checking the journals", "正在核验日志")
        findings = await asyncio.to_thread(read_findings, directory, outage, script.green)
    if not stopped:
        raise SystemDown("the system did not end when asked to")
    result = _result(play, findings, system, time.monotonic() - began_s)
    checks = _checks(result, findings, len(script.tasks))
    names = {branch.province: f"{branch.name} {branch.name_zh}" for branch in script.branches}
    show_candidates(console, findings.green.candidates, names)
    show_late(console, play.dark_bench.late_sent, play.dark_bench.late_decisions)
    show_result(console, result)
    show_checks(console, checks, findings)
    if as_json:
        print(json.dumps(result, ensure_ascii=False))
    return 0 if all(met for met, _, _ in checks) else 1


# --- before ---


def _chosen(known: Sequence[str], provinces: str, outage: str) -> list[str]:
    """The codes to play with."""
    if outage not in known:
        raise _Refused(f"there is no province {outage!r}")
    if provinces.strip().isdigit():
        count = int(provinces)
        if not 2 <= count <= len(known):
            raise _Refused(f"--provinces must be 2 to {len(known)}, or codes")
        return largest(known, count, outage)
    codes = [code.strip() for code in provinces.split(",") if code.strip()] or list(known)
    for code in codes:
        if code not in known:
            raise _Refused(f"there is no province {code!r}")
    if outage not in codes or len(set(codes)) < 2:
        raise _Refused(f"--provinces must name {outage}, which loses power, and at least one other")
    return [code for code in known if code in codes]


def _new_directory(data_dir: Path | None) -> Path:
    if data_dir is None:
        return Path(tempfile.mkdtemp(prefix="sharedops-demo-")) / "data"
    if data_dir.exists() and any(data_dir.iterdir()):
        raise _Refused(
            f"{data_dir} is not empty; the demonstration counts everything in its journals, so it needs a new one"
        )
    return data_dir.resolve()


# --- while it runs ---


async def _run(play: Play, system: ServedSystem, view: DemoView) -> None:
    """Play to the end, or until the system is down."""
    playing = asyncio.create_task(play.run())
    down = asyncio.create_task(system.wait_down())
    try:
        while not playing.done() and not down.done():
            await asyncio.wait((playing, down), timeout=TICK_S, return_when=asyncio.FIRST_COMPLETED)
            view.tick()
        (playing if playing.done() else down).result()
    finally:
        for job in (playing, down):
            job.cancel()
        await asyncio.gather(playing, down, return_exceptions=True)


# --- after ---


def _result(play: Play, findings: Findings, system: ServedSystem, wall_s: float) -> dict[str, Any]:
    """The JSON answer. Counts are the journals'; seconds are what the play saw from outside."""
    report, green, seen = findings.report, findings.green, play.observer.outage
    return {
        "provinces": report.provinces,
        "operators": play.progress.operators,
        "tasks_created": report.tasks_created,
        "tasks_decided": report.tasks_decided,
        "tasks_lost": report.tasks_lost,
        "tasks_decided_twice": report.tasks_decided_twice,
        "shared_ratio": round(report.tasks_decided_shared / max(1, report.tasks_decided), 4),
        "outage": {
            "province": play.script.outage,
            "detected_seconds": _seconds(seen and seen.detected_s),
            "first_reassigned_seconds": _seconds(seen and seen.first_reassigned_s),
            "evacuated_tasks": findings.evacuated,
            "evacuated_seconds": _seconds(seen and seen.evacuated_s),
        },
        "green_channel": {
            "task": green.task,
            "home_province": play.script.outage,
            "host_province": green.host,
            "operator": green.operator,
            "reassigned_seconds": _seconds(play.observer.green.reassigned_s),
            "decided": green.decided,
        },
        "ledger_legs": report.ledger_legs,
        "ledger_sum_fen": report.ledger_sum_fen,
        "startup_seconds": round(system.startup_s, 2),
        "wall_seconds": round(wall_s, 2),
        "data_dir": str(system.data_dir),
    }


def _seconds(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def _checks(result: dict[str, Any], findings: Findings, tasks: int) -> list[tuple[bool, str, str]]:
    """The targets: (met, English, Chinese)."""
    report, outage, green = findings.report, result["outage"], findings.green
    best = green.candidates[0].province if green.candidates else "-"
    legs, shared = report.ledger_legs, report.tasks_decided_shared
    detected_s, first_s = outage["detected_seconds"], outage["first_reassigned_seconds"]
    return [
        (
            tasks == report.tasks_created == report.tasks_decided,
            f"{tasks:,} tasks sent, {report.tasks_created:,} created, {report.tasks_decided:,} decided",
            "全部受理, 全部审结",
        ),
        (report.tasks_lost == 0, f"{report.tasks_lost} lost", "丢失"),
        (report.tasks_decided_twice == 0, f"{report.tasks_decided_twice} decided twice", "重复审结"),
        (
            detected_s is not None and detected_s <= DETECTED_MAX_S,
            f"outage seen after {detected_s} s, at most {DETECTED_MAX_S:.0f}",
            "断电发现用时",
        ),
        (
            first_s is not None and first_s <= FIRST_REASSIGNED_MAX_S,
            f"first task reassigned after {first_s} s, at most {FIRST_REASSIGNED_MAX_S:.0f}",
            "首件转派用时",
        ),
        (
            green.went_to_the_best and green.host != outage["province"],
            f"green-channel claim decided in {green.host or '-'}; ranked first: {best}",
            "绿色通道件由排名第一的承办省审结",
        ),
        (
            legs == 2 * shared > 0,
            f"{legs:,} ledger legs for {shared:,} decided shared tasks",
            "省际结算分录 = 2 × 共享件",
        ),
        (report.ledger_sum_fen == 0, f"ledger sums to {report.ledger_sum_fen} fen", "结算合计为零"),
        (report.ok, f"{len(report.problems)} problems found in {report.frames:,} frames", "日志核验"),
    ]
