"""`sharedops bench recover`: how long work stands still when a process, or every process, dies; and that nothing is lost by it.

Everything is real: `sharedops serve` as a child, SIGKILL and SIGSTOP, journals on disk. Two directories are used, one after the other: an empty one, for
what a start takes anyway, and one whose provinces have worked for a long time (`actors.testing.history`). At the end every journal of both is verified.
"""

import asyncio
import json
import shutil
import tempfile
import time
from collections.abc import Awaitable, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from actors.core.ids import ProvinceCode
from actors.country_file import load_country
from actors.testing.zombie import ZombieFailed
from gateway.command.bench_recover_history import make_past
from gateway.command.bench_recover_outcome import Outcome, show
from gateway.command.bench_recover_trials import Tell, judge_journals, measure_empty, measure_full, play_zombie
from loadtests.bench.recovery import RecoveryFailed
from loadtests.chaos.system import SystemDown

#: A province's process is stopped this often; the slowest counts.
FREEZE_TRIALS = 3
#: Provinces that have a queue and are hurt in turn.
HURT_PROVINCES_MAX = 3


def recover(
    provinces: Annotated[int, typer.Option(help="How many provinces, of the country file's.", min=2, max=36)] = 36,
    trials: Annotated[int, typer.Option(help="How often a province is killed.", min=1, max=1_000)] = 30,
    queued: Annotated[int, typer.Option(help="Tasks waiting in a province that is killed.", min=0)] = 10_000,
    history: Annotated[int, typer.Option(help="Finished tasks on disk, over all provinces.", min=0)] = 1_000_000,
    data_dir: Annotated[
        Path | None, typer.Option(help="New directory for the journals, kept; default: a temporary one, removed.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Kill, stop and restart provinces and the whole country, and measure how long until work goes on.

    Example: sharedops bench recover --provinces 4 --trials 5 --history 20000 --json

    Exit code 0 if everything was measured and nothing was lost, decided twice or written by a zombie; 1 if not. The targets in time are
    shown, and do not decide: they are for a machine with two cores of its own.
    """
    console = Console(stderr=True)
    directory = data_dir or Path(tempfile.mkdtemp(prefix="sharedops-bench-"))
    if data_dir is not None and data_dir.exists():
        typer.echo(f"sharedops bench recover: {data_dir} exists already", err=True)
        raise typer.Exit(2)
    began_s = time.monotonic()

    def tell(line: str) -> None:
        console.print(f"[dim]{time.monotonic() - began_s:6.1f} s[/dim]  {line}", highlight=False)

    outcome = Outcome(provinces=provinces, trials=trials, queued=queued)
    asyncio.run(_measure(outcome, directory, history, tell))
    outcome.elapsed_seconds = round(time.monotonic() - began_s, 1)
    if data_dir is None and outcome.held:
        shutil.rmtree(directory, ignore_errors=True)
    else:
        tell(f"the journals are kept in {directory}")
    show(outcome, console)
    if as_json:
        print(json.dumps(outcome.as_json(), ensure_ascii=False))
    raise typer.Exit(0 if outcome.held else 1)


async def _measure(outcome: Outcome, directory: Path, history: int, tell: Tell) -> None:
    """The whole run. What fails is noted, and what can still be measured is measured."""
    codes = [entry.province for entry in load_country(None).provinces][: outcome.provinces]
    hurt = codes[:HURT_PROVINCES_MAX]
    full, empty = directory / "full", directory / "empty"
    tell(f"writing {history:,} finished tasks of {len(codes)} provinces")
    past = await make_past(full / "data", codes, history, dict.fromkeys(hurt, outcome.queued))
    tell(f"{past.decided:,} tasks are decided and on disk")
    await _noting_failure(outcome, _measure_empty(outcome, empty, codes, tell), tell)
    await _noting_failure(outcome, measure_full(full, outcome, hurt, FREEZE_TRIALS, tell), tell)
    await _noting_failure(outcome, _measure_zombie(outcome, directory / "zombie", tell), tell)
    tell("verifying every journal")
    await judge_journals(outcome, [data for data in (full / "data", empty / "data") if data.exists()])


async def _noting_failure(outcome: Outcome, part: Awaitable[None], tell: Tell) -> None:
    """One part of the run; a system that did not come up is a finding, and the other parts are measured all the same."""
    try:
        await part
    except (RecoveryFailed, SystemDown, ZombieFailed) as error:
        outcome.problems.append(f"{type(error).__name__}: {error}")
        tell(outcome.problems[-1])


async def _measure_empty(outcome: Outcome, directory: Path, codes: Sequence[ProvinceCode], tell: Tell) -> None:
    outcome.restart_empty_seconds = await measure_empty(directory, codes)
    tell(f"an empty country serves again after {outcome.restart_empty_seconds:.1f} s")


async def _measure_zombie(outcome: Outcome, directory: Path, tell: Tell) -> None:
    zombie = await play_zombie(directory)
    outcome.zombie_frames, outcome.zombie_gone_seconds = zombie.zombie_frames, zombie.gone_seconds
    tell(f"the zombie wrote {zombie.zombie_frames} frames and was gone after {zombie.gone_seconds:.2f} s")
