"""`sharedops replay FILE --virtual`: a log of real work played again, our matcher against other ways of deciding."""

import csv
import gzip
import json
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, TextIO

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from actors.core.replay.comparison import OURS, WAYS, Comparison, compare
from actors.core.replay.loading import at_load, offered_load, round_the_clock
from actors.core.replay.log import LogError, WorkItem, read_items
from actors.core.replay.measures import Interval, Summary, Times, cut, summary_of, times_of
from actors.core.replay.people import HANDLE_MAX_MINUTES, People, closed_minutes, people_of, usable
from gateway.command.failing import fail

#: What each way of deciding is called.
NAMES = {
    "planner": "planner 人单匹配",
    "whoever_did_it": "whoever really did it 实际经办人",
    "first_come_first_served": "first come, first served 先来先办",
    "random": "random 随机",
    "shortest_learning": "shortest, learning 最短优先 (边做边学)",
    "shortest_processing_time": "shortest, told all means 最短优先 (全知)",
}
#: Minutes of turnaround, but for the last five: mean minutes of wait, tasks left at the end, cost, by how much the planner's mean is below,
#: the same without the minutes in which nobody who may do the task is on duty, and whether that is told from chance.
COLUMNS = (
    "decided by",
    "mean",
    "p50",
    "p90",
    "p95",
    "wait",
    "left",
    "µs a call",
    "planner below by %",
    "while open",
    "conclusive",
)
#: With fewer items a difference says more about these days than about the ways of deciding: people hardly become known (docs/matching.md).
ITEMS_MIN = 1_000
#: The table is not squeezed into less.
TABLE_WIDTH_MIN = 140


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """The JSON answer. Minutes, except where a name says otherwise."""

    ok: bool
    items: int
    left_out_too_long: int
    kinds: int
    operators: int
    seeds: int
    spread: float
    #: Minutes of work, by whoever did it, over minutes on duty.
    offered_load: float
    ways: dict[str, Summary]
    #: way -> share by which the planner's mean turnaround is below that way's.
    cut_of_mean_turnaround: dict[str, Interval]
    #: way -> whether its difference to the planner is told from none: the log is not too short, and the interval does not include zero.
    conclusive: dict[str, bool]
    #: Whether the log has fewer than `ITEMS_MIN` items: then nothing is conclusive.
    too_short: bool
    #: Minutes of the mean turnaround during which nobody who may do the task is on duty; and the same share without them.
    closed_minutes_mean: float
    cut_without_closed_minutes: dict[str, Interval]
    #: What really happened. Its waits include waiting for customers, which nobody can dispatch away.
    as_logged_turnaround_minutes: Times
    as_logged_wait_minutes: Times


def replay(
    file: Annotated[
        Path,
        typer.Argument(help="CSV, plain or gzip: case_id, kind, arrived_at, started_at, completed_at, operator_id."),
    ],
    virtual: Annotated[bool, typer.Option("--virtual", help="In virtual time, without a running system.")] = False,
    seeds: Annotated[int, typer.Option(help="Plays of each way, each with sizes drawn anew.", min=1, max=1_000)] = 3,
    first: Annotated[int | None, typer.Option(help="Only so many rows from the start.", min=1)] = None,
    spread: Annotated[
        float,
        typer.Option(
            help="Make people differ more: the slowest so many times slower than the quickest, drawn by seed.",
            min=1.0,
            max=100.0,
        ),
    ] = 1.0,
    load: Annotated[
        float | None,
        typer.Option(
            help="Move arrivals closer together until minutes of work are this share of minutes on duty.",
            min=0.01,
            max=2.0,
        ),
    ] = None,
    shifts: Annotated[
        bool, typer.Option("--shifts/--no-shifts", help="People on duty as logged, or all of them round the clock.")
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Play a log of real work again: its arrivals and people, decided by our matcher and by other ways, in virtual time.

    Example: sharedops replay loan_workitems_2012.csv.gz --virtual --seeds 3 --json

    The planner starts knowing nothing. Exit code 0 if its mean turnaround is below every other way's, 1 if not, 2 if the log cannot be used.
    A difference whose interval includes zero, or of a log that is too short to tell, is marked as not conclusive.
    """
    if not virtual:
        fail(
            "replay",
            "add --virtual: a log is played in virtual time only, without a running system",
            2,
            as_json=as_json,
        )
    try:
        items = _read(file, first)
        kept = usable(items)
        if not kept:
            raise LogError(f"no item took at most {HANDLE_MAX_MINUTES:.0f} minutes")
        logged = people_of(kept)
        people = logged if shifts else round_the_clock(kept, logged)
        played = kept if load is None else at_load(kept, logged, people, load)
    except LogError as error:
        fail("replay", f"{file.name}: {error}", 2, as_json=as_json)
    except (UnicodeDecodeError, csv.Error, EOFError, gzip.BadGzipFile, zlib.error) as error:
        fail("replay", f"{file.name} is no CSV file in UTF-8, plain or gzip: {error}", 2, as_json=as_json)
    except OSError as error:
        fail("replay", f"{file}: {error.strerror}", 2, as_json=as_json)
    console = Console(stderr=True)
    comparison = compare(
        played,
        people,
        seeds,
        time.perf_counter,
        spread=spread,
        tell=lambda way, seed: console.print(f"[dim]seed {seed}: {way}[/dim]"),
    )
    answer = _answer(items, played, people, comparison, spread)
    if as_json:
        print(json.dumps(msgspec.to_builtins(answer), ensure_ascii=False))
    else:
        _show(answer)
    raise typer.Exit(0 if answer.ok else 1)


@contextmanager
def _opened(file: Path) -> Iterator[TextIO]:
    with file.open("rb") as stream:
        packed = stream.read(2) == b"\x1f\x8b"
    if packed:
        with gzip.open(file, "rt", encoding="utf-8-sig", newline="") as stream:
            yield stream
    else:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            yield stream


def _read(file: Path, first: int | None) -> list[WorkItem]:
    with _opened(file) as stream:
        reader = csv.DictReader(stream)
        rows = (row for number, row in enumerate(reader) if first is None or number < first)
        return read_items(reader.fieldnames or (), rows)


def _answer(
    items: list[WorkItem], played: list[WorkItem], people: People, comparison: Comparison, spread: float
) -> Answer:
    """Sums up: `items` are all of the log, `played` those that were, arriving as they were played."""
    kept = usable(items)
    plays = comparison.plays
    cuts = {way: cut(plays[OURS], plays[way]) for way in WAYS if way != OURS}
    closed = closed_minutes(played, people)
    closed_mean = sum(closed) / len(closed)
    too_short = len(played) < ITEMS_MIN
    return Answer(
        ok=all(each.mean > 0 for each in cuts.values()),
        items=len(played),
        left_out_too_long=len(items) - len(kept),
        kinds=len({item.kind for item in kept}),
        operators=len({item.operator for item in kept}),
        seeds=len(plays[OURS]),
        spread=spread,
        offered_load=offered_load(played, people),
        ways={way: summary_of(plays[way]) for way in WAYS},
        cut_of_mean_turnaround=cuts,
        conclusive={way: not too_short and each.is_conclusive for way, each in cuts.items()},
        too_short=too_short,
        closed_minutes_mean=closed_mean,
        cut_without_closed_minutes={way: cut(plays[OURS], plays[way], closed_mean) for way in cuts},
        as_logged_turnaround_minutes=times_of([item.completed - item.arrived for item in kept]),
        as_logged_wait_minutes=times_of([item.started - item.arrived for item in kept]),
    )


def _show(answer: Answer) -> None:
    console = Console()
    console.width = max(console.width, TABLE_WIDTH_MIN)
    table = Table(
        caption="minutes from arrival to completion; wait: until somebody began; left: tasks not begun when all duty ended",
        title=f"replay 回放: {answer.items:,} items, {answer.kinds} kinds, {answer.operators} people, load {answer.offered_load:.2f}, {_seeds(answer.seeds)}",
    )
    for column in COLUMNS:
        table.add_column(column, justify="left" if column == COLUMNS[0] else "right")
    for way, summary in answer.ways.items():
        below = answer.cut_of_mean_turnaround.get(way)
        rest = answer.cut_without_closed_minutes.get(way)
        shares = ["" if each is None else _text(each, 100) for each in (below, rest)]
        table.add_row(NAMES[way], *_cells(summary), *shares, _verdict(answer, way))
    logged, waited = answer.as_logged_turnaround_minutes, answer.as_logged_wait_minutes
    times = (logged.mean, logged.p50, logged.p90, logged.p95, waited.mean)
    table.add_row("as logged 实际", *(f"{each:,.1f}" for each in times), "", "", "", "", "")
    console.print(table)
    console.print(
        f"{answer.closed_minutes_mean:,.1f} minutes of every mean are spent while nobody who may do the task is on duty."
    )
    if answer.left_out_too_long:
        console.print(
            f"{answer.left_out_too_long:,} items left out: they were open for more than {HANDLE_MAX_MINUTES:.0f} minutes."
        )
    console.print(
        "As logged includes waiting for customers and for what the log does not hold: nobody can dispatch that away."
    )
    if answer.too_short:
        console.print(
            f"[yellow]Too short to say anything: {answer.items:,} items, and below {ITEMS_MIN:,} no difference is conclusive. 日志过短，差异不足为凭[/yellow]"
        )
    elif not all(answer.conclusive.values()):
        console.print("These seeds cannot tell the planner from every other way; more can: --seeds 20.")
    for way, below in answer.cut_of_mean_turnaround.items():
        side = "below" if below.mean > 0 else "above"
        shown = below if below.mean > 0 else Interval(-below.mean, below.half)
        text = f"mean turnaround {_text(shown, 100)} % {side} {NAMES[way]}"
        if not answer.conclusive[way]:
            console.print(f"[yellow]? {text}: not conclusive 尚无定论[/yellow]")
        else:
            console.print(f"[green]✓[/green] {text}" if below.mean > 0 else f"[red]✗ {text}[/red]")


def _verdict(answer: Answer, way: str) -> str:
    """Whether a way's difference to the planner is told from chance; of the planner itself nothing."""
    found = answer.conclusive.get(way)
    return "" if found is None else "yes" if found else "no"


def _seeds(count: int) -> str:
    return "1 seed" if count == 1 else f"{count:,} seeds"


def _cells(summary: Summary) -> list[str]:
    turnaround = summary.turnaround_minutes
    return [
        _text(turnaround["mean"]),
        *(f"{turnaround[name].mean:,.1f}" for name in ("p50", "p90", "p95")),
        f"{summary.wait_minutes['mean'].mean:,.1f}",
        f"{summary.unfinished:,}",
        f"{summary.microseconds_per_call:,.0f}",
    ]


def _text(each: Interval, scale: float = 1) -> str:
    mean = f"{scale * each.mean:,.1f}"
    return mean if each.half is None else f"{mean} ± {scale * each.half:,.1f}"
