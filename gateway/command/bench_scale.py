"""`sharedops bench scale`: what a task costs while a million wait, and what a waiting task costs."""

from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from actors.country_file import load_country
from gateway.command.bench_run import figures_table, measured, tell
from loadtests.bench.scale import PACE_PER_S, Scale, measure

#: Numbers of open tasks, and the largest that one province takes.
LEVELS = (10_000, 100_000, 1_000_000)
LEVEL_MAX = 2_000_000
#: What must hold.
RATIO_MAX = 1.2
BYTES_MAX = 2_048
#: A level has at least this share of the open tasks that it is named for, and the work at it at least this share of its pace.
SHARE_MIN = 0.95
#: Check -> what it asks for.
_ASKED = {
    "ratio": f"ratio_1m_10k at most {RATIO_MAX}",
    "memory": f"bytes_per_task at most {BYTES_MAX:,}",
    "levels": f"as many tasks open as asked for, and the work done at {PACE_PER_S} a second",
    "answered": "everything answered, and nothing else happened",
    "durable": "the journals are valid and hold exactly what was acknowledged",
}


def scale(
    levels: Annotated[
        list[int] | None, typer.Option("--level", help="A number of open tasks; give several, rising.", max=LEVEL_MAX)
    ] = None,
    provinces: Annotated[int, typer.Option(help="How many provinces share them.", min=1, max=6)] = 1,
    turns: Annotated[int, typer.Option(help="Turns of measured work at each level.", min=1)] = 3,
    seconds: Annotated[float, typer.Option(help="Length of a turn.", min=1, max=60)] = 8.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Let 10,000, then 100,000, then a million tasks wait in a system of its own: what the same work costs beside them, and what they cost.

    Example: sharedops bench scale --json

    Exit code 0 only if a task beside a million costs at most 1.2 times what it costs beside ten thousand, an open task takes at most 2 KB of its province's
    memory, and the journals hold exactly what was acknowledged. For a machine of two cores with nothing else to do; takes about six minutes and 4 GB.
    """
    wanted = tuple(levels or LEVELS)
    if len(wanted) < 2 or list(wanted) != sorted(set(wanted)) or wanted[0] < 1:
        raise typer.BadParameter("give at least two numbers of open tasks, rising", param_hint="--level")
    codes = [entry.province for entry in load_country(None).provinces][:provinces]
    if not as_json:
        typer.echo(f"{' then '.join(f'{level:,}' for level in wanted)} open tasks, {turns} turns at each …", err=True)
    result = measured("scale", lambda directory: measure(directory, codes, levels=wanted, turns=turns, seconds=seconds))
    tell(
        "scale 规模",
        result,
        checks_of(result, wanted),
        _ASKED,
        as_json=as_json,
        show=lambda console: _show(console, result),
    )


def checks_of(result: Scale, wanted: tuple[int, ...] = LEVELS) -> dict[str, bool]:
    """What must hold, by name, and whether it does."""
    are_reached = len(result.levels) == len(wanted) and all(
        level.open_tasks >= SHARE_MIN * asked and level.decided_per_second >= SHARE_MIN * PACE_PER_S
        for level, asked in zip(result.levels, wanted, strict=True)
    )
    is_there = result.created == result.in_journals and result.decided == result.decided_in_journals
    return {
        "ratio": 0 < result.ratio_1m_10k <= RATIO_MAX,
        "memory": 0 < result.bytes_per_task <= BYTES_MAX,
        "levels": are_reached,
        "answered": result.decided > 0 and not result.otherwise and not result.unanswered,
        "durable": result.journals_ok and is_there and result.flushes > 0,
    }


def _show(console: Console, result: Scale) -> None:
    table = Table(title="scale 规模")
    for name in type(result.levels[0]).__struct_fields__:
        table.add_column(name)
    for level in result.levels:
        table.add_row(*(str(value) for value in msgspec.to_builtins(level).values()))
    console.print(table)
    console.print(figures_table("", result, leave_out="levels"))
