"""`sharedops bench overload`: three times the load that the gateways take in, and what must hold all the same."""

from typing import Annotated

import typer

from actors.country_file import load_country
from gateway.command.bench_run import measured, tell
from loadtests.bench.overload import Overload, measure

#: What must hold.
GOODPUT_RATIO_MIN = 0.85
ACCEPTED_P99_MAX_MS = 500.0
REFUSED_P99_MAX_MS = 100.0
OPS_P99_MAX_MS = 300.0
MEMORY_GROWTH_MAX_MIB = 128.0
#: A load that the clients could not offer proves nothing.
OFFERED_RATIO_MIN = 0.98


def overload(
    limit: Annotated[int, typer.Option(help="Calls a second that the gateways take in together.", min=1)] = 1_000,
    offered: Annotated[int, typer.Option(help="Calls a second that are offered.", min=2)] = 3_000,
    seconds: Annotated[float, typer.Option(help="For how long.", min=1, max=600)] = 60.0,
    provinces: Annotated[int, typer.Option(help="How many provinces, of the country file's.", min=2, max=36)] = 2,
    gateways: Annotated[int, typer.Option(help="Gateway processes.", min=1, max=16)] = 2,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Offer a system of its own more than it takes in: goodput, waits, refusals, the operations' lane, memory.

    Example: sharedops bench overload --seconds 20 --json

    Exit code 0 only if goodput is at least 85 % of the limit, accepted calls have a p99 of at most 500 ms and refused ones of 100 ms, every
    refusal is RESOURCE_EXHAUSTED and says when to come back, operations are served with a p99 of at most 300 ms, and memory is bounded. For
    a machine of two cores with nothing else to do.
    """
    if offered <= limit:
        raise typer.BadParameter(f"{offered:,} calls a second are no overload of {limit:,}", param_hint="--offered")
    codes = [entry.province for entry in load_country(None).provinces][:provinces]
    if not as_json:
        typer.echo(f"{offered:,} calls a second for {seconds:g} s, of which {limit:,} are taken in …", err=True)
    result = measured(
        "overload",
        lambda directory: measure(directory, codes, gateways=gateways, limit=limit, offered=offered, seconds=seconds),
    )
    tell("overload 过载", result, checks_of(result, offered), _asked(offered), as_json=as_json)


def checks_of(result: Overload, offered: int) -> dict[str, bool]:
    """What must hold, by name, and whether it does."""
    return {
        "offered": result.offered_per_second >= OFFERED_RATIO_MIN * offered and not result.held_back,
        "goodput": result.goodput_ratio >= GOODPUT_RATIO_MIN,
        "accepted_p99": 0 < result.accepted_p99_ms <= ACCEPTED_P99_MAX_MS,
        "refused_p99": 0 < result.refused_p99_ms <= REFUSED_P99_MAX_MS,
        "refusals": result.refused > 0 and not result.refused_otherwise and not result.without_retry_info,
        "answered": not result.unanswered,
        "ops": result.ops_calls > 0 and not result.ops_failures and result.ops_p99_ms <= OPS_P99_MAX_MS,
        "memory": result.gateway_rss_growth_mib <= MEMORY_GROWTH_MAX_MIB,
    }


#: Check -> what it asks for.
_ASKED = {
    "goodput": f"goodput_ratio at least {GOODPUT_RATIO_MIN}",
    "accepted_p99": f"accepted_p99_ms at most {ACCEPTED_P99_MAX_MS:g}",
    "refused_p99": f"refused_p99_ms at most {REFUSED_P99_MAX_MS:g}",
    "refusals": "every refusal RESOURCE_EXHAUSTED, with a time to come back",
    "answered": "nothing unanswered",
    "ops": f"every operation of ops staff served, ops_p99_ms at most {OPS_P99_MAX_MS:g}",
    "memory": f"gateway_rss_growth_mib at most {MEMORY_GROWTH_MAX_MIB:g}",
}


def _asked(offered: int) -> dict[str, str]:
    return {"offered": f"offered_per_second at least {OFFERED_RATIO_MIN * offered:,.0f}, none held back"} | _ASKED
