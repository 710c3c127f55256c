"""`sharedops bench create`: how many durable tasks a second one by one, beside a bare echo in the same run, and how long one takes."""

import asyncio
import json
import shutil
import tempfile
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from actors.country_file import load_country
from loadtests.bench.create import PACE_PER_S, Create, measure
from loadtests.chaos.findings import RowFailed
from loadtests.chaos.system import SystemDown

#: What must hold.
RATIO_MIN = 0.65
P99_MAX_MS = 10.0
#: Check -> what it asks for.
_ASKED = {
    "ratio": f"ratio at least {RATIO_MIN}",
    "p99": f"p99_ms at most {P99_MAX_MS:g} at {PACE_PER_S} a second",
    "answered": "every call answered, and none otherwise than by its task",
    "durable": "the journals are valid and hold exactly what was acknowledged",
}


def create(
    provinces: Annotated[int, typer.Option(help="How many provinces, of the country file's.", min=1, max=36)] = 6,
    turns: Annotated[int, typer.Option(help="Turns against the system, and as many against the echo.", min=1)] = 5,
    seconds: Annotated[float, typer.Option(help="Length of a turn.", min=1, max=60)] = 5.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Create tasks one by one in a system of its own: how many a second, beside a bare gRPC echo; how long one takes at 500 a second.

    Example: sharedops bench create --json

    Exit code 0 only if it reaches 65 % of the echo's rate, the p99 at 500 a second is at most 10 ms, and the journals hold exactly what was
    acknowledged. For a machine of two cores with nothing else to do; takes about two minutes.
    """
    codes = [entry.province for entry in load_country(None).provinces][:provinces]
    if not as_json:
        typer.echo(
            f"{turns} turns of {seconds:g} s each, of the system and of an echo, then {PACE_PER_S} a second …", err=True
        )
    directory = Path(tempfile.mkdtemp(prefix="sharedops-bench-"))
    try:
        result = asyncio.run(measure(directory, codes, turns=turns, seconds=seconds))
    except (SystemDown, RowFailed, TimeoutError) as error:
        typer.echo(f"sharedops bench create: {error or type(error).__name__}", err=True)
        raise typer.Exit(1) from None
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    checks = checks_of(result)
    if as_json:
        print(json.dumps(msgspec.to_builtins(result) | {"checks": checks}, ensure_ascii=False))
    else:
        _show(result, checks)
    raise typer.Exit(0 if all(checks.values()) else 1)


def checks_of(result: Create) -> dict[str, bool]:
    """What must hold, by name, and whether it does."""
    return {
        "ratio": result.ratio >= RATIO_MIN,
        "p99": 0 < result.p99_ms <= P99_MAX_MS,
        "answered": result.acknowledged > 0 and not result.otherwise and not result.unanswered,
        "durable": result.journals_ok and 0 < result.acknowledged == result.in_journals and result.flushes > 0,
    }


def _show(result: Create, checks: dict[str, bool]) -> None:
    table = Table(title="create 逐件建单", show_header=False)
    for name, value in msgspec.to_builtins(result).items():
        table.add_row(name, str(value))
    console = Console()
    console.print(table)
    for name, held in checks.items():
        text = f"{name}: {_ASKED[name]}"
        console.print(f"[green]✓[/green] {text}" if held else f"[red]✗ {text}[/red]")
