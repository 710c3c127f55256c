"""One run of a drill by the command: checked, confirmed, begun, followed, and everything of its own ended afterwards."""

import asyncio
import contextlib
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import grpc
import grpc.aio
import typer
from rich.console import Console

from actors.core.drills.record import DrillKind
from actors.core.drills.steps import RULES
from actors.country_file import load_country
from gateway.command.drill_client import DrillClient, DrillStuck
from gateway.command.drill_objectives import ObjectivesError, read_objectives
from gateway.command.drill_outcome import outcome_of
from gateway.command.drill_stage import own_system, problems_of
from gateway.command.drill_surge_stage import surge_system
from gateway.command.drill_view import phase_line, show_plan, show_report, struck_by
from gateway.command.failing import CUT_SHORT
from gateway.command.province_codes import explain_unknown, split_codes, typed_count
from gateway.conversion.drill import KINDS_OUT
from gateway.v1 import drill_pb2
from loadtests.catalogue import largest
from loadtests.chaos.findings import RowFailed
from loadtests.chaos.stage import Stage
from loadtests.chaos.system import SystemDown
from loadtests.preparation import SetupRefused
from loadtests.wire import open_channel

#: Exit code after Ctrl-C, as of any program that a signal ended.
INTERRUPTED = 130
#: A system of our own may be struck as a whole.
OWN_OPERATORS_MAX_PERMILLE = 1_000
#: Answers that mean: this cannot be run as it was written.
_MISTAKES = (
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.PERMISSION_DENIED,
    grpc.StatusCode.UNAUTHENTICATED,
)


class RunFailed(Exception):
    """The drill could not be run; `str` says why."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        #: The command's exit code.
        self.code = code


class Limits(NamedTuple):
    """How far a drill may go."""

    provinces_max: int
    operators_max_permille: int
    abort_below_permille: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What was typed."""

    kind: DrillKind
    provinces: tuple[str, ...]
    duration_s: int
    limits: Limits
    objectives: Path
    #: On a system of the command's own, with these provinces and so many tasks.
    is_own: bool
    own_provinces: str
    tasks: int
    #: And with people who are busy for this part of their time with their own provinces' work; 0: little.
    load: float
    #: And whose provinces let so many tasks of others be open at once; 0: as many as come.
    quota: int
    #: What a surge multiplies arrivals by; 1: it is no surge.
    factor: float
    #: Made-up tasks for each struck province.
    shadow_tasks: int
    is_dry: bool
    is_confirmed: bool
    address: str
    token: str


@dataclass(slots=True)
class Done:
    """What came of it."""

    drill: drill_pb2.Drill | None = None
    outcome: dict[str, Any] = field(default_factory=dict)
    #: Whether what was asked for held.
    held: bool = False


def carry_out(order: Order, console: Console) -> Done:
    """Run a drill as it was ordered; who has not confirmed it is shown what it would strike, and asked.

    Raises:
        RunFailed: it was not confirmed, or could not be run.
        grpc.aio.AioRpcError: the system refused or went away.
        KeyboardInterrupt: Ctrl-C.
    """
    if order.is_dry or order.is_confirmed:
        return asyncio.run(run_drill(order, console))
    asyncio.run(run_drill(replace(order, is_dry=True), console))
    # Between two loops: under one, asyncio turns the first Ctrl-C into a cancellation, which a question that waits does not see.
    try:
        is_confirmed = typer.confirm("Run it 确认演练?", default=False)
    except typer.Abort as aborted:
        if isinstance(aborted.__context__, KeyboardInterrupt):
            raise KeyboardInterrupt from None
        is_confirmed = False  # the end of its input
    if not is_confirmed:
        raise RunFailed("not confirmed; nothing was done", 2)
    return asyncio.run(run_drill(replace(order, is_confirmed=True), console, is_shown=True))


async def run_drill(order: Order, console: Console, *, is_shown: bool = False) -> Done:
    """Run a confirmed drill, or only say what it would do.

    Args:
        is_shown: what it would strike has been shown; that it may is checked once more.

    Raises:
        RunFailed: it could not be.
        grpc.aio.AioRpcError: the system refused or went away.
    """
    try:
        wanted = _wanted(order)
        if not order.is_own:
            return await _run_there(order, wanted, Console(quiet=True) if is_shown else console, console)
        return await _run_own(order, wanted, console)
    except ObjectivesError as error:
        raise RunFailed(str(error), 2) from None
    except (DrillStuck, RowFailed, SystemDown, SetupRefused) as error:
        raise RunFailed(str(error), 1) from None


def _wanted(order: Order) -> drill_pb2.Drill:
    limits = order.limits
    return drill_pb2.Drill(
        kind=KINDS_OUT[order.kind],
        provinces=order.provinces,
        duration_ms=order.duration_s * 1000,
        provinces_max=limits.provinces_max,
        operators_max_permille=OWN_OPERATORS_MAX_PERMILLE if order.is_own else limits.operators_max_permille,
        abort_below_permille=limits.abort_below_permille,
        factor_permille=round(order.factor * 1000) if order.factor > 1 else 0,
        shadow_tasks=order.shadow_tasks,
        objectives=read_objectives(order.objectives, order.kind),
    )


# --- on a running system ---


async def _run_there(order: Order, wanted: drill_pb2.Drill, plan: Console, console: Console) -> Done:
    async with open_channel(order.address) as channel:
        client = DrillClient(channel, order.token)
        struck = await _shown(client, wanted, plan)
        if order.is_dry:
            return Done(
                wanted, {"dry_run": True, "allowed": True, **struck, "provinces": list(order.provinces)}, held=True
            )
        return await _followed(client, wanted, console)


async def _shown(client: DrillClient, wanted: drill_pb2.Drill, console: Console) -> dict[str, int]:
    """Check a drill against its limits and show what it would strike."""
    try:
        checked = await client.create(wanted, validate_only=True)
    except grpc.aio.AioRpcError as error:
        if error.code() in _MISTAKES:
            raise RunFailed(error.details() or error.code().name, 2) from None
        raise
    struck = struck_by(checked, await client.overview())
    show_plan(console, checked, struck)
    return struck


async def _followed(client: DrillClient, wanted: drill_pb2.Drill, console: Console) -> Done:
    began_s = time.monotonic()
    created = await client.create(wanted)
    started = await client.start(created.name)
    console.print(f"{time.monotonic() - began_s:6.1f} s  {phase_line(started)}")
    drill = await client.follow(
        started, lambda seen: console.print(f"{time.monotonic() - began_s:6.1f} s  {phase_line(seen)}")
    )
    show_report(console, drill)
    outcome = outcome_of(drill)
    return Done(drill, outcome, held=outcome["passed"])


# --- on a system of our own ---


async def _run_own(order: Order, wanted: drill_pb2.Drill, console: Console) -> Done:
    codes = _own_provinces(order)
    if order.is_dry:
        console.print(
            f"would start {len(codes)} provinces, let {order.tasks} tasks wait in {', '.join(order.provinces)}"
            f"{_practised(order)}"
        )
        plan = {
            "dry_run": True,
            "provinces": codes,
            "tasks": order.tasks,
            "struck": list(order.provinces),
            "factor": order.factor,
            "shadow_tasks": order.shadow_tasks,
        }
        return Done(wanted, plan, held=True)
    directory = Path(tempfile.mkdtemp(prefix="sharedops-drill-"))
    done = Done()
    try:
        began_s = time.monotonic()

        def tell(line: str) -> None:
            console.print(f"{time.monotonic() - began_s:6.1f} s  {line}")

        # The whole country takes half a minute to start, which looked like nothing at all.
        tell(f"starting {len(codes)} provinces")
        async with _own_stage(order, codes, directory, tell) as stage:
            client = DrillClient(stage.control, stage.tokens.ops)
            await _shown(client, wanted, console)
            done = await _followed(client, wanted, console)
        problems = await problems_of(directory)
        done.outcome |= {"journals_valid": not problems, "problems": problems, "provinces": len(codes)}
        done.held = done.held and not problems
        done.outcome["passed"] = done.held
        for problem in problems:
            console.print(f"verify: {problem}")
    except asyncio.CancelledError:
        raise RunFailed(f"{CUT_SHORT}; what its system wrote is kept in {directory}", INTERRUPTED) from None
    finally:
        if done.held:
            shutil.rmtree(directory, ignore_errors=True)
        else:
            console.print(f"kept: {directory}")
    return done


def _own_stage(
    order: Order, codes: list[str], directory: Path, tell: Callable[[str], None]
) -> contextlib.AbstractAsyncContextManager[Stage]:
    """The system that the kind needs."""
    if order.kind is DrillKind.SURGE:
        return surge_system(directory, codes, order.load, order.quota, tell)
    return own_system(directory, codes, order.provinces, order.tasks, tell, load=order.load, quota=order.quota)


def _practised(order: Order) -> str:
    """What of the order is made up, as part of a sentence."""
    made = f", put {order.shadow_tasks} shadow tasks into each" if order.shadow_tasks else ""
    return made + (f", multiply its arrivals by {order.factor:g}" if order.factor > 1 else "")


def _own_provinces(order: Order) -> list[str]:
    """The codes of the system that is started; those that are struck are always among them."""
    known = [str(entry.province) for entry in load_country().provinces]
    count = typed_count(order.own_provinces)
    for code in (*order.provinces, *split_codes(order.own_provinces if count is None else "")):
        if code not in known:
            raise RunFailed(explain_unknown(code, known), 2)
    if not order.provinces and RULES[order.kind].provinces_min:
        raise RunFailed("--province says whom the drill befalls", 2)
    if count is not None:
        if not len(order.provinces) < count <= len(known):
            raise RunFailed(f"--provinces must be {len(order.provinces) + 1} to {len(known)}, or codes", 2)
        chosen = dict.fromkeys((*order.provinces, *largest(known, count, (*order.provinces, "fujian")[0])))
        return [code for code in known if code in list(chosen)[:count]]
    codes = dict.fromkeys((*order.provinces, *(split_codes(order.own_provinces) or known)))
    return [code for code in known if code in codes]
