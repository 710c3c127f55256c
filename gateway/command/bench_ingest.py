"""`sharedops bench ingest`: how many durable tasks a second in bulk, and what one costs."""

from typing import Annotated

import typer

from actors.country_file import load_country
from gateway.command.bench_run import measured, tell
from loadtests.bench.ingest import CLIENTS, ITEMS, Ingest, measure
from loadtests.bench.requests import RequestIds

#: What must hold.
PER_SECOND_MIN = 40_000
CPU_MAX_US = 40.0
#: Check -> what it asks for.
_ASKED = {
    "rate": f"per_second at least {PER_SECOND_MIN:,}",
    "cpu": f"cpu_us_per_task at most {CPU_MAX_US:g}",
    "answered": "every task acknowledged",
    "durable": "the journals are valid and hold exactly what was acknowledged",
}


def ingest(
    provinces: Annotated[int, typer.Option(help="How many provinces, of the country file's.", min=CLIENTS, max=36)] = 6,
    gateways: Annotated[int, typer.Option(help="Gateway processes.", min=1, max=16)] = 2,
    turns: Annotated[int, typer.Option(help="Turns of each way.", min=1)] = 3,
    seconds: Annotated[float, typer.Option(help="Length of a turn.", min=1, max=60)] = 5.0,
    request_ids: Annotated[
        RequestIds,
        typer.Option(help="Order of a client's request ids: as a counter or time-ordered ids, or as random ones."),
    ] = RequestIds.RISING,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Create tasks in bulk in a system of its own, by batches and by streams: how many a second, and what one costs.

    Example: sharedops bench ingest --json

    Exit code 0 only if the better way takes in 40,000 a second at 40 microseconds of CPU each, clients included, and the journals hold exactly what was
    acknowledged. For a machine of two cores with nothing else to do; takes about a minute.
    """
    codes = [entry.province for entry in load_country(None).provinces][:provinces]
    if not as_json:
        typer.echo(f"{turns} turns of {seconds:g} s of each way, {ITEMS} tasks a message …", err=True)
    result = measured(
        "ingest",
        lambda directory: measure(
            directory, codes, turns=turns, seconds=seconds, gateways=gateways, request_ids=request_ids
        ),
    )
    tell("ingest 批量建单", result, checks_of(result), _ASKED, as_json=as_json)


def checks_of(result: Ingest) -> dict[str, bool]:
    """What must hold, by name, and whether it does."""
    return {
        "rate": result.per_second >= PER_SECOND_MIN,
        "cpu": 0 < result.cpu_us_per_task <= CPU_MAX_US,
        "answered": result.is_answered,
        "durable": result.is_durable,
    }
