"""`sharedops bench plan`: how long the coordinator takes to plan who sends what where, for a country of any size.

Each plan goes on from what the one before remembered, as in the coordinator, and the first from nothing. Planning alone is timed, by this
process's time on a processor; the promises of every plan are then checked against its picture. Python looks for cycles before each plan and not
in it: what it would find are the pictures that the bench makes up, thousands of records each.
"""

import gc
import json
import time
from statistics import median
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from actors.core.country import Line
from actors.core.sharing.flows import FlowMemory, MoveFlow
from actors.core.sharing.lending import lendable, room_left
from actors.core.sharing.links import PARTNERS_MAX
from actors.core.sharing.plan import plan_flows
from actors.core.sharing.pressure import line_summary
from actors.core.sharing.summary import NationalPicture
from gateway.command.bench_plan_pictures import pictures


def plan(
    provinces: Annotated[int, typer.Option(help="Provinces of the country.", min=2, max=1_000)] = 36,
    kinds: Annotated[int, typer.Option(help="Kinds of work, spread over the three lines.", min=3, max=200)] = 24,
    plans: Annotated[int, typer.Option(help="Plans, one after the other.", min=2, max=1_000)] = 20,
    seed: Annotated[int, typer.Option(help="Of the pictures.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Time the coordinator's plan on pictures of a country in which four lines in ten are hard pressed.

    Example: sharedops bench plan --provinces 36 --json

    Exit code 0 only if every plan kept its promises: no two provinces share a line both ways, no lender gives more than it has, nobody
    sends more than waits, and no source has more partners than allowed. Times are shown and do not decide.
    """
    result = measure(provinces, kinds, plans, seed)
    if as_json:
        print(json.dumps(result, ensure_ascii=False))
    else:
        _show(result)
    raise typer.Exit(0 if not result["broken"] else 1)


def measure(provinces: int, kinds: int, plans: int, seed: int) -> dict[str, Any]:
    """Plan for pictures in a row; times in milliseconds."""
    times_ms: list[float] = []
    broken: list[str] = []
    counts: list[tuple[int, int, int, int]] = []
    memory = FlowMemory()
    for picture in pictures(provinces, kinds, plans, seed):
        gc.collect()
        began = time.process_time()
        flows, memory = plan_flows(picture, memory)
        times_ms.append(1_000 * (time.process_time() - began))
        broken += broken_promises(picture, flows, memory)
        counts.append((len(memory.sharing), len(memory.links), len(flows), sum(flow.count for flow in flows)))
    pressed, links, flow_count, tasks = (round(median(column)) for column in zip(*counts, strict=True))
    return {
        "provinces": provinces,
        "lines": len(Line),
        "kinds": kinds,
        "plans": plans,
        "plan_ms": round(median(times_ms), 2),
        "plan_least_ms": round(min(times_ms), 2),
        "plan_max_ms": round(max(times_ms), 2),
        "first_plan_ms": round(times_ms[0], 2),
        "pressed_kinds": pressed,
        "links": links,
        "flows": flow_count,
        "tasks_moved": tasks,
        "broken": broken[:20],
    }


def broken_promises(picture: NationalPicture, flows: list[MoveFlow], memory: FlowMemory) -> list[str]:
    """What of a plan is not as promised, in words; empty: nothing."""
    found = [f"{line}: {a} and {b} share both ways" for line, a, b in memory.links if (line, b, a) in memory.links]
    partners: dict[tuple[Line, str], int] = {}
    for line, source, _ in memory.links:
        partners[line, source] = partners.get((line, source), 0) + 1
    found += [f"{source} has {n} partners for {line}" for (line, source), n in partners.items() if n > PARTNERS_MAX]
    sent: dict[tuple[str, str], int] = {}
    lent: dict[tuple[str, str], int] = {}
    for flow in flows:
        sent[flow.source, flow.kind] = sent.get((flow.source, flow.kind), 0) + flow.count
        lent[flow.host, flow.kind] = lent.get((flow.host, flow.kind), 0) + flow.count
    for province in picture.provinces:
        for kind in province.kinds:
            key = (province.province, kind.kind)
            has = min(lendable(province, kind, line_summary(province, kind)), room_left(province))
            if lent.get(key, 0) > has:
                found.append(f"{key} lends {lent[key]} of {has}")
            if sent.get(key, 0) > kind.waiting:
                found.append(f"{key} sends {sent[key]} of {kind.waiting}")
    return found


def _show(result: dict[str, Any]) -> None:
    table = Table(title="plan 调度", show_header=False)
    for name, value in result.items():
        table.add_row(name, "; ".join(value) or "-" if isinstance(value, list) else str(value))
    Console().print(table)
