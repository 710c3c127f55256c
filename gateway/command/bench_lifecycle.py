"""`sharedops bench lifecycle`: how many whole lives of tasks a second, what one costs, and how soon somebody has started."""

from typing import Annotated

import typer

from actors.country_file import load_country
from gateway.command.bench_run import measured, tell
from loadtests.bench.lifecycle import IN_FLIGHT, OPERATORS, Lifecycle, measure
from loadtests.bench.office import Way

#: What must hold of streams with up to six provinces.
PER_SECOND_MIN = 5_000
CPU_MAX_US = 370.0
START_P99_MAX_MS = 20.0
#: And with more of them: a share of that rate.
MANY_PROVINCES = 36
MANY_SHARE = 0.6
#: Of single calls.
ECHO_RATIO_MIN = 0.6
#: Check -> what it asks for.
_ASKED = {
    "rate": f"per_second at least {PER_SECOND_MIN:,}; with more than 6 provinces {MANY_SHARE:.0%} of that",
    "cpu": f"cpu_us_per_task at most {CPU_MAX_US:g}",
    "start": f"start_p99_ms at most {START_P99_MAX_MS:g} at half of the measured load",
    "echo": f"rpcs_per_task x per_second at least {ECHO_RATIO_MIN} of the echo's rate",
    "answered": "every journey ended with its decision, and nothing else happened",
    "explained": "every decision that was asked for is explained, and is the same when made again",
    "verified": "the journals are valid and hold what was acknowledged, each task decided exactly once",
}


def lifecycle(
    mode: Annotated[Way, typer.Option(help="Steps on streams, or each by a call of its own.")] = Way.STREAM,
    provinces: Annotated[int, typer.Option(help="How many provinces, of the country file's.", min=1, max=36)] = 6,
    gateways: Annotated[int, typer.Option(help="Gateway processes.", min=1, max=16)] = 1,
    turns: Annotated[int, typer.Option(help="Turns of the closed loop.", min=1)] = 3,
    seconds: Annotated[float, typer.Option(help="Length of a turn.", min=1, max=60)] = 5.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Take tasks through their whole lives in a system of its own: created one by one, matched, assigned, started, decided.

    Example: sharedops bench lifecycle --mode stream --json

    Exit code 0 only if everything was decided exactly once and can be explained, and if streams reach 5,000 lives a second at 370 microseconds of CPU each,
    clients included, and a p99 until the start of 20 ms at half load (with more than 6 provinces: 60 % of that rate), or single calls 60 % of a bare
    echo's rate. For a machine of two cores with nothing else to do; takes about two minutes.
    """
    codes = [entry.province for entry in load_country(None).provinces][:provinces]
    if not as_json:
        typer.echo(
            f"{turns} turns of {seconds:g} s, {OPERATORS} operators, {IN_FLIGHT} tasks under way, then half of that rate …",
            err=True,
        )
    result = measured(
        "lifecycle",
        lambda directory: measure(directory, codes, mode=mode, turns=turns, seconds=seconds, gateways=gateways),
    )
    tell("lifecycle 全流程", result, checks_of(result), _ASKED, as_json=as_json)


def checks_of(result: Lifecycle) -> dict[str, bool]:
    """What must hold, by name, and whether it does."""
    checks: dict[str, bool] = {}
    if result.mode is Way.UNARY:
        checks["echo"] = result.echo_ratio >= ECHO_RATIO_MIN
    else:
        is_many = result.provinces > 6
        checks["rate"] = result.per_second >= PER_SECOND_MIN * (MANY_SHARE if is_many else 1)
        if not is_many:
            checks["cpu"] = 0 < result.cpu_us_per_task <= CPU_MAX_US
            checks["start"] = 0 < result.start_p99_ms <= START_P99_MAX_MS
    checks["answered"] = result.decided > 0 and not result.otherwise and not result.unfinished and not result.held_back
    checks["explained"] = 0 < result.explained == result.reproduced
    checks["verified"] = result.verified and result.flushes > 0
    return checks
