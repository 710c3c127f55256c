"""`sharedops drill`: failover drills on a running system, or on one of the command's own.

    sharedops drill list
    sharedops drill run site-outage --province fujian --dry-run
    sharedops drill run site-outage --province fujian --self-contained --json
    sharedops drill run surge --province shandong --factor 3 --yes
    sharedops drill show drill-3
    sharedops drill abort drill-3

The drill itself lives at the coordinator (`actors.drilling`); the command asks for it, follows it and shows its report. It may be
interrupted: then it aborts what it has begun.
"""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import grpc
import grpc.aio
import typer
from rich.console import Console

from actors.core.drills.record import DrillKind
from actors.core.shadow import SHADOW_TASKS_MAX
from gateway.command.asking import CannotAsk, token_or_development, why_not
from gateway.command.drill_client import DrillClient
from gateway.command.drill_kinds import KINDS
from gateway.command.drill_neighbours import with_neighbours
from gateway.command.drill_objectives import SHIPPED
from gateway.command.drill_outcome import outcome_of
from gateway.command.drill_page import write_page
from gateway.command.drill_run import INTERRUPTED, Done, Limits, Order, RunFailed, carry_out
from gateway.command.drill_view import show_drills, show_kinds, show_report
from gateway.command.failing import CUT_SHORT, fail
from gateway.v1 import drill_pb2
from loadtests.wire import open_channel

T = TypeVar("T")

drill = typer.Typer(
    no_args_is_help=True,
    help="Practise failover, within limits and measured. 故障演练.\n\nExample: sharedops drill list",
)

Address = Annotated[str, typer.Option(help="The gateway of a running system.")]
Token = Annotated[str, typer.Option(envvar="SHAREDOPS_TOKEN", help="Who asks: somebody of operations staff.")]
DataDir = Annotated[
    Path,
    typer.Option(help="Without a token: the data directory of a system on this machine, for its development token."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object as the last line, and never ask.")]
Name = Annotated[str, typer.Argument(help="A drill, for instance drill-3.")]

ADDRESS = "127.0.0.1:50051"
DATA_DIR = Path("data")
#: What a surge multiplies arrivals by, when nothing is said.
FACTOR = 3.0


@drill.command("list")
def list_(
    runs: Annotated[bool, typer.Option("--runs", help="The drills of a running system instead of the kinds.")] = False,
    address: Address = ADDRESS,
    token: Token = "",
    data_dir: DataDir = DATA_DIR,
    as_json: AsJson = False,
) -> None:
    """List the kinds of drills, or with --runs those that a system has seen.

    Example: sharedops drill list
    """
    if not runs:
        if as_json:
            print(json.dumps({"kinds": {kind.value: KINDS[kind].english for kind in DrillKind}}, ensure_ascii=False))
        else:
            show_kinds(Console())
        return
    found = _ask(address, token, data_dir, lambda client: client.list(50), as_json=as_json)
    if as_json:
        print(json.dumps({"drills": [outcome_of(one) for one in found]}, ensure_ascii=False))
    else:
        show_drills(Console(), found)


@drill.command()
def show(
    name: Name,
    html: Annotated[Path | None, typer.Option(help="Write the report as a page, too.")] = None,
    address: Address = ADDRESS,
    token: Token = "",
    data_dir: DataDir = DATA_DIR,
    as_json: AsJson = False,
) -> None:
    """Show a drill and its report.

    Example: sharedops drill show drill-3 --html drill-3.html
    """
    _check_page(html, as_json=as_json)
    found = _ask(address, token, data_dir, lambda client: client.get(_name(name)), as_json=as_json)
    problem = _written(html, found)
    if as_json:
        _print_json(outcome_of(found), problem)
    else:
        show_report(Console(), found)
    raise typer.Exit(1 if problem else 0)


@drill.command()
def abort(
    name: Name,
    reason: Annotated[str, typer.Option(help="Why, for the record.")] = "ordered by hand",
    address: Address = ADDRESS,
    token: Token = "",
    data_dir: DataDir = DATA_DIR,
    as_json: AsJson = False,
) -> None:
    """End a drill now: the fault is taken away, the country recovers, and the report says what happened until then.

    Example: sharedops drill abort drill-3 --reason "the phones do not stop"
    """
    found = _ask(address, token, data_dir, lambda client: client.abort(_name(name), reason), as_json=as_json)
    if as_json:
        print(json.dumps(outcome_of(found), ensure_ascii=False))
    else:
        print(f"{found.name} is being ended: {found.reason}")


@drill.command()
def run(
    kind: Annotated[DrillKind, typer.Argument(help="What to practise; `sharedops drill list` explains.")],
    province: Annotated[list[str] | None, typer.Option(help="Whom it befalls; several times for several.")] = None,
    neighbours: Annotated[
        bool, typer.Option("--with-neighbours", help="And all provinces that border on those (regional).")
    ] = False,
    self_contained: Annotated[
        bool, typer.Option("--self-contained", help="Start a system with work and people, drill it, and end it.")
    ] = False,
    provinces: Annotated[
        str, typer.Option(help="Of a system of the command's own: a number or codes, comma-separated; empty: all 36.")
    ] = "",
    tasks: Annotated[
        int,
        typer.Option(min=0, max=50_000, help="Of such a system: tasks waiting in each struck province; 0: the kind's."),
    ] = 0,
    load: Annotated[
        float,
        typer.Option(
            min=0,
            max=95,
            help="Of such a system: per cent of their time for which its people are busy (up to 1: the ratio); 0: the kind's.",
        ),
    ] = 0.0,
    quota: Annotated[
        int,
        typer.Option(
            min=0, max=100_000, help="Of such a system: tasks of others that a province lets be open at once; 0: any."
        ),
    ] = 0,
    factor: Annotated[float, typer.Option(min=1.001, max=10, help="surge: what arrivals are multiplied by.")] = FACTOR,
    shadow_tasks: Annotated[
        int,
        typer.Option(
            min=0,
            max=SHADOW_TASKS_MAX,
            help="Other kinds: made-up tasks put into each struck province first, so that a quiet system has something to move.",
        ),
    ] = 0,
    duration: Annotated[
        int, typer.Option(min=0, max=600, help="Longest time of the fault, seconds; 0: the kind's.")
    ] = 0,
    provinces_max: Annotated[int, typer.Option(min=1, max=36, help="Blast radius: provinces.")] = 1,
    operators_max: Annotated[
        float, typer.Option(min=0.1, max=100, help="Blast radius: per cent of the country's signed-in operators.")
    ] = 20.0,
    abort_below: Annotated[
        float, typer.Option(min=0, max=100, help="Abort when the others' on-time ratio is below, per cent; 0: never.")
    ] = 80.0,
    objectives: Annotated[Path, typer.Option(help="What must be reached, by kind.")] = SHIPPED,
    html: Annotated[Path | None, typer.Option(help="Write the report as a page, too.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would happen.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    address: Address = ADDRESS,
    token: Token = "",
    data_dir: DataDir = DATA_DIR,
    as_json: AsJson = False,
) -> None:
    """Run a drill and show its report.

    Example: sharedops drill run site-outage --province fujian --self-contained --provinces 6 --json

    Exit code 0 only if it passed: every objective met, nothing lost, nothing decided twice; and of a system of the command's own, journals
    in order and no process left. 1 if not, or its page could not be written, 2 if it could not be run as written, 130 after Ctrl-C.
    """
    _check_page(html, as_json=as_json)
    order = Order(
        kind=kind,
        provinces=with_neighbours(tuple(province or ())) if neighbours else tuple(dict.fromkeys(province or ())),
        duration_s=duration or KINDS[kind].duration_s,
        limits=Limits(provinces_max, round(operators_max * 10), round(abort_below * 10)),
        objectives=objectives,
        is_own=self_contained,
        own_provinces=provinces,
        tasks=tasks or KINDS[kind].tasks,
        load=(load if load <= 1 else load / 100) or KINDS[kind].load,
        quota=quota,
        factor=factor if kind is DrillKind.SURGE else 1.0,
        shadow_tasks=shadow_tasks,
        is_dry=dry_run,
        # Whoever wants JSON is a program and cannot be asked.
        is_confirmed=yes or as_json or self_contained,
        address=address,
        token="" if self_contained else _token(token, data_dir, as_json=as_json),
    )
    done = _carried_out(order, as_json=as_json)
    problem = "" if done.drill is None or dry_run else _written(html, done.drill)
    if as_json:
        _print_json(done.outcome, problem)
    raise typer.Exit(0 if done.held and not problem else 1)


def _carried_out(order: Order, *, as_json: bool) -> Done:
    try:
        return carry_out(order, Console(stderr=as_json))
    except RunFailed as error:
        _fail(str(error), error.code, as_json=as_json)
    except grpc.aio.AioRpcError as error:
        # In a system of the command's own there is no `serve` to look for.
        plain = f"{error.code().name}: {error.details()}"
        _fail(plain if order.is_own else why_not(error, order.address), 1, as_json=as_json)
    except KeyboardInterrupt:
        _fail(CUT_SHORT, INTERRUPTED, as_json=as_json)


def _check_page(html: Path | None, *, as_json: bool) -> None:
    """A slip costs a line, and not the report of a drill that took minutes."""
    if html is None:
        return
    problem = ""
    try:
        if not html.parent.is_dir():
            problem = f"there is no folder {html.parent}"
        elif html.is_dir() or not os.access(html if html.exists() else html.parent, os.W_OK):
            problem = "no page can be written there"
    except OSError as error:
        problem = error.strerror or str(error)
    if problem:
        _fail(f"--html {html}: {problem}", 2, as_json=as_json)


def _written(html: Path | None, drill: drill_pb2.Drill) -> str:
    """Write the page, if one is wanted; why it could not be, said already. The report is shown all the same."""
    try:
        if html is not None:
            write_page(html, drill)
    except OSError as error:
        problem = f"--html {html}: {error.strerror}"
        typer.echo(f"sharedops drill: {problem}", err=True)
        return problem
    return ""


def _print_json(outcome: dict[str, Any], problem: str) -> None:
    print(json.dumps(outcome | ({"problem": problem} if problem else {}), ensure_ascii=False))


def _name(text: str) -> str:
    return text if text.startswith("drills/") else f"drills/{text}"


def _ask(address: str, token: str, data_dir: Path, call: Callable[[DrillClient], Awaitable[T]], *, as_json: bool) -> T:
    token = _token(token, data_dir, as_json=as_json)

    async def asked() -> T:
        async with open_channel(address) as channel:
            return await call(DrillClient(channel, token))

    try:
        return asyncio.run(asked())
    except grpc.aio.AioRpcError as error:
        _fail(why_not(error, address), 1, as_json=as_json)


def _token(token: str, data_dir: Path, *, as_json: bool) -> str:
    try:
        return token_or_development(token, data_dir)
    except CannotAsk as error:
        _fail(str(error), 2, as_json=as_json)


def _fail(problem: str, code: int, *, as_json: bool) -> NoReturn:
    fail("drill", problem, code, as_json=as_json, verdict="passed")
