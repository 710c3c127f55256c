"""`sharedops demo`: the main job in a minute or two. A day of the country, and one branch loses power in the middle of it.

The system is a real one, started as a child on a directory of its own; the play (`loadtests.story`) speaks to it over gRPC like anybody
else. At the end the system is stopped and the claims are checked against the journals on disk.
"""

import asyncio
import contextlib
import json
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from actors.country_file import Country, load_country
from actors.journal import JournalError
from actors.store import StoreError, resolved
from gateway.command.demo_checks import read_findings
from gateway.command.demo_outcome import checks_of, result_of
from gateway.command.demo_script import ScriptFailed, check_tasks_file, write_script
from gateway.command.demo_system import ServedSystem, SystemDown
from gateway.command.demo_tables import show_candidates, show_checks, show_journals, show_late, show_result
from gateway.command.demo_view import DemoView
from gateway.command.failing import CUT_SHORT
from gateway.command.province_codes import explain_unknown, split_codes, typed_count
from loadtests.catalogue import largest
from loadtests.narration import counted
from loadtests.preparation import SetupRefused
from loadtests.story import Play, PlayFailed, Script
from loadtests.tasks_file import TasksFileError
from loadtests.wire import read_development_tokens

#: A date like any other; the day and what the people have done so far are drawn from it.
DEFAULT_SEED = 20260911
#: Tasks of the day.
DEFAULT_TASKS = 5_000
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
        str,
        typer.Option(
            help="How many branches: so many of the most populous, the one with the outage always among them; "
            "or their codes, comma-separated; default: all."
        ),
    ] = "",
    tasks: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=200_000,
            help="Tasks of the day; not together with --tasks-file; default: 5000.",
            show_default=False,
        ),
    ] = None,
    outage: Annotated[str, typer.Option(help="The branch that loses power.")] = "fujian",
    tasks_file: Annotated[
        Path | None, typer.Option(help="Take the day's tasks from a CSV; see loadtests/example-tasks.csv.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object at the end.")] = False,
) -> None:
    """Play a day of 36 branches in a minute or two; one branch loses power, nothing is lost. 一两分钟演示：一家分公司断电，不丢不重.

    Example: sharedops demo --outage shandong --seed 7

    Exit code 0 if every target holds, 1 if one is missed, 2 if the demonstration could not be played as asked, 130 after Ctrl-C.
    """
    console = Console(stderr=as_json)
    try:
        if tasks is not None and tasks_file is not None:
            raise _Refused("--tasks and --tasks-file exclude each other: the file says how many tasks there are")
        code = asyncio.run(
            _demo(console, data_dir, seed, provinces, tasks or DEFAULT_TASKS, outage, tasks_file, as_json=as_json)
        )
    except (_Refused, TasksFileError) as error:
        _fail(str(error), 2, as_json=as_json)
    except (ScriptFailed, PlayFailed, SystemDown, SetupRefused, StoreError, JournalError) as error:
        _fail(str(error), 1, as_json=as_json)
    except KeyboardInterrupt:
        _fail(CUT_SHORT, 130, as_json=as_json)
    raise typer.Exit(code)


def _fail(problem: str, code: int, *, as_json: bool) -> NoReturn:
    """Say what went wrong, who says it in front of every line, beside everything else that was told; for a program once more in JSON."""
    for line in problem.splitlines():
        typer.echo(f"sharedops demo: {line}", err=True)
    if as_json:
        print(json.dumps({"ok": False, "problem": problem}, ensure_ascii=False))
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
    # What goes with a directory of the user's choice beside it; a temporary one is ours with everything around it.
    to_remove = [directory.parent] if data_dir is None else [directory, ServedSystem.log_of(directory)]
    system = ServedSystem(directory, codes)
    try:
        with DemoView(console, f"sharedops demo · {len(codes)} 家分公司 branches · seed {seed} · {directory}") as view:
            script, play = await _play(system, view, country, seed, tasks, outage, tasks_file)
            view.tell("Checking the journals", "正在核验日志")
            findings = await asyncio.to_thread(read_findings, directory, outage, script.green)
        result = result_of(play, findings, system, time.monotonic() - began_s)
        names = {branch.province: (branch.name, branch.name_zh) for branch in script.branches}
        checks = checks_of(result, findings, len(script.tasks), names)
        show_candidates(console, findings.green, names)
        show_late(console, play.dark_bench.late_sent, play.dark_bench.late_decisions, names)
        show_result(console, result, script.green, names)
        show_checks(console, checks, findings)
    finally:
        show_journals(console, directory, to_remove)
        if data_dir is None:
            # Ours, and of no use to anybody if the system has not even begun.
            with contextlib.suppress(OSError):
                directory.parent.rmdir()
    if as_json:
        print(json.dumps(result, ensure_ascii=False))
    return 0 if all(check.met for check in checks) else 1


# --- before ---


def _chosen(known: Sequence[str], provinces: str, outage: str) -> list[str]:
    """The codes to play with."""
    if outage not in known:
        raise _Refused(explain_unknown(outage, known))
    count = typed_count(provinces)
    if count is not None:
        if not 2 <= count <= len(known):
            raise _Refused(f"--provinces must be 2 to {len(known)}, or codes")
        return largest(known, count, outage)
    codes = split_codes(provinces) or tuple(known)
    for code in codes:
        if code not in known:
            raise _Refused(explain_unknown(code, known))
    if outage not in codes or len(set(codes)) < 2:
        raise _Refused(f"--provinces must name {outage}, which loses power, and at least one other")
    return [code for code in known if code in codes]


def _new_directory(data_dir: Path | None) -> Path:
    if data_dir is None:
        return Path(tempfile.mkdtemp(prefix="sharedops-demo-")) / "data"
    try:
        directory = resolved(data_dir)
        if directory.exists() and not directory.is_dir():
            raise _Refused(f"{directory} is not a directory")
        if directory.exists() and any(directory.iterdir()):
            raise _Refused(
                f"{directory} is not empty; the demonstration counts everything in its journals, so it needs a new directory"
            )
        # The log of the system lies beside it from the start.
        directory.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _Refused(f"{error.filename or data_dir}: {error.strerror}") from None
    return directory


# --- while it runs ---


async def _play(
    system: ServedSystem,
    view: DemoView,
    country: Country,
    seed: int,
    tasks: int,
    outage: str,
    tasks_file: Path | None,
) -> tuple[Script, Play]:
    """Start the system, play the day and stop the system.

    Raises:
        SystemDown: it did not start, went down, or did not end when asked to.
    """
    count = len(system.provinces)
    view.tell(f"Starting {counted(count, 'branch', 'branches')}", f"正在启动 {count} 家分公司")
    try:
        await system.start()
        view.tell(f"All serve after {system.startup_s:.1f} s", f"{system.startup_s:.1f} 秒后全部就绪")
        view.tell(
            f"gRPC {system.grpc}, console {system.console}: open it in a browser",
            "可用浏览器打开控制台观看",
        )
        tokens = read_development_tokens(system.data_dir)
        script = await write_script(system.grpc, tokens, country, seed, tasks, outage, tasks_file)
        play = view.play = Play(script, system.grpc, tokens, view.tell)
        await _run(play, system, view)
        view.tell("The day is over; the system shuts down", "一天结束，系统正在停止")
    finally:
        stopped = await system.stop()
    if not stopped:
        raise SystemDown("the system did not end when asked to")
    return script, play


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
