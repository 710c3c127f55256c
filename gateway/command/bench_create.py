"""`sharedops bench create`: how many durable tasks a second one by one, beside a bare echo in the same run, and how long one takes."""

from typing import Annotated

import typer

from actors.country_file import load_country
from gateway.command.bench_run import measured, tell
from loadtests.bench.create import PACE_PER_S, Create, measure

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
    result = measured("create", lambda directory: measure(directory, codes, turns=turns, seconds=seconds))
    tell("create 逐件建单", result, checks_of(result), _ASKED, as_json=as_json)


def checks_of(result: Create) -> dict[str, bool]:
    """What must hold, by name, and whether it does."""
    return {
        "ratio": result.ratio >= RATIO_MIN,
        "p99": 0 < result.p99_ms <= P99_MAX_MS,
        "answered": result.is_answered,
        "durable": result.is_durable,
    }
