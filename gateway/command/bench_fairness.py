"""`sharedops bench fairness`: one branch at twenty times its share, and what the others notice of it."""

from typing import Annotated

import typer

from actors.country_file import load_country
from gateway.command.bench_run import measured, tell
from loadtests.bench.fairness import FLOOD, Fairness, measure

#: What must hold.
RATIO_MAX = 2.0
#: Of its share; a pace that is slowed for moments is slowed for whoever floods.
FLOODER_SHARES_MIN = 0.9
#: A load that the clients could not offer proves nothing.
OFFERED_RATIO_MIN = 0.98
#: Check -> what it asks for.
_ASKED = {
    "offered": f"the others at {OFFERED_RATIO_MIN} of their share at least, the flooder of {FLOOD} shares, none held back",
    "ratio": f"the others' p99 beside the flood at most {RATIO_MAX:g} times theirs alone, median of the turns",
    "ratio_stream": "the same beside its stream",
    "refused": "none of the others refused",
    "flooder": f"the flooder gets {FLOODER_SHARES_MIN} of its share at least, by calls and by its stream",
    "refusals": "the flooder is refused, every refusal RESOURCE_EXHAUSTED, with a time to come back",
    "answered": "nothing unanswered, and nothing ended otherwise",
    "durable": "the journals are valid and hold exactly what was acknowledged",
}


def fairness(
    limit: Annotated[int, typer.Option(help="Calls a second that the gateways take in together.", min=4)] = 200,
    provinces: Annotated[int, typer.Option(help="How many branches, of which one floods.", min=4, max=36)] = 4,
    gateways: Annotated[int, typer.Option(help="Gateway processes.", min=1, max=16)] = 1,
    turns: Annotated[int, typer.Option(help="Turns of each scene.", min=1)] = 5,
    seconds: Annotated[float, typer.Option(help="Length of a turn.", min=1, max=600)] = 6.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Let one branch of a system of its own flood: how long the others wait beside it and alone, and what the flooder gets.

    Example: sharedops bench fairness --json

    Exit code 0 only if the others' p99 beside the flood is at most twice their p99 alone, by calls and by a stream, none of them is refused, the
    flooder gets its share, and the journals hold exactly what was acknowledged. For a machine of two cores with nothing else to do; takes about three minutes.
    """
    codes = [entry.province for entry in load_country(None).provinces][:provinces]
    if not as_json:
        typer.echo(f"{provinces} branches share {limit:,} calls a second, one makes {FLOOD} shares …", err=True)
    result = measured(
        "fairness",
        lambda directory: measure(directory, codes, limit=limit, turns=turns, seconds=seconds, gateways=gateways),
    )
    tell("fairness 公平", result, checks_of(result), _ASKED, as_json=as_json)


def checks_of(result: Fairness) -> dict[str, bool]:
    """What must hold, by name, and whether it does."""
    flood_per_second = FLOOD * result.share_per_second
    return {
        "offered": result.others_per_second >= OFFERED_RATIO_MIN * result.share_per_second
        and result.flooder_offered_per_second >= OFFERED_RATIO_MIN * flood_per_second
        and not result.held_back,
        "ratio": 0 < result.ratio <= RATIO_MAX,
        "ratio_stream": 0 < result.ratio_stream <= RATIO_MAX,
        "refused": not result.refused_of_others,
        "flooder": min(result.flooder_shares, result.stream_shares) >= FLOODER_SHARES_MIN,
        "refusals": result.flooder_refused_per_second > 0 and not result.without_retry_info,
        "answered": result.is_answered,
        "durable": result.is_durable,
    }
