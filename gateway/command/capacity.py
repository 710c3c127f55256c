"""`sharedops capacity`: how much quicker, and how much more, the same people are when branches share their work."""

import json
import os
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context, parent_process
from typing import Annotated, Any, NoReturn

import msgspec
import typer
from rich.console import Console

from actors.core.calendar import date_of
from actors.core.capacity.report import Report, report_of
from actors.core.capacity.scenario import Scenario
from actors.core.capacity.study import Seed, study_seed
from actors.core.capacity.theory import Check, checks, isolation
from actors.core.clock import MINUTE_MS
from actors.core.country import SharingPolicy
from gateway.command.capacity_view import ASSUMED, LEFT_OUT, show_checks, show_report
from gateway.command.failing import fail

#: Tasks and replications of each queue that is held against theory.
THEORY_TASKS, THEORY_REPLICATIONS = 300_000, 10
#: As in the policy of a new branch: sharing that began at fifteen minutes ends at five.
RELEASE_PART = 3
#: As a policy may have at most: a week.
THRESHOLD_MINUTES_MAX = 10_080.0
#: Days on which sharing that never begins is held against isolation.
ISOLATION_DAYS = 1


def capacity(
    days: Annotated[int, typer.Option(help="Days of work, from a Monday on.", min=1, max=56)] = 7,
    seeds: Annotated[int, typer.Option(help="Countries drawn, one a seed.", min=1, max=100)] = 3,
    seed: Annotated[int, typer.Option(help="The first seed; the others follow it.", min=0)] = 1,
    threshold_minutes: Annotated[
        float,
        typer.Option(
            help="Share when the expected wait exceeds this; until it is below a third of it.",
            min=0.0,
            max=THRESHOLD_MINUTES_MAX,
        ),
    ] = 15.0,
    period_seconds: Annotated[
        int, typer.Option(help="From one picture of the country to the next; a divisor of 1800.", min=1, max=1_800)
    ] = 60,
    overtime_hours: Annotated[
        int, typer.Option(help="People stay after closing while something waits, so long at most.", min=0, max=6)
    ] = 0,
    processes: Annotated[
        int | None, typer.Option(help="Seeds played at once, each in a process; left out: one a core.", min=1, max=64)
    ] = None,
    check_theory: Annotated[
        bool, typer.Option("--check-theory", help="Hold the engine against queueing theory, and do nothing else.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Play the reference scenario in virtual time, without sharing and with it, and raise the load until sharing keeps no more promises.

    Example: sharedops capacity --days 7 --seeds 3 --json

    Where and how much is shared is decided by the coordinator's own plan. A week takes half a minute to two minutes a seed; what one seed alone says, chance may have said. Exit code 0 if sharing made every line
    quicker and won capacity beyond what the seeds scatter, 1 if not, 2 if it cannot be played as written.
    """
    if 1_800 % period_seconds:
        fail("capacity", f"a period of {period_seconds} s does not divide half an hour", 2, as_json=as_json)
    began = time.perf_counter()
    if check_theory:
        found = [
            *checks(THEORY_TASKS, THEORY_REPLICATIONS, seed),
            isolation(Scenario(days=ISOLATION_DAYS), seed, period_seconds / 60),
        ]
        _end_checks(found, time.perf_counter() - began, as_json=as_json)
    scenario, policy = Scenario(days=days, overtime_minutes=60 * overtime_hours), _policy(threshold_minutes)
    report = _studied(
        scenario, range(seed, seed + seeds), policy, period_seconds / 60, processes or os.cpu_count() or 1
    )
    how = {
        "days": days,
        "first_day": date_of(scenario.first_day),
        "first_seed": seed,
        "activation_minutes": policy.activation_wait_ms / MINUTE_MS,
        "release_minutes": policy.release_wait_ms / MINUTE_MS,
        "period_seconds": period_seconds,
        "overtime_hours": overtime_hours,
        "seconds": round(time.perf_counter() - began, 1),
    }
    if as_json:
        print(json.dumps(_answer(report, how), ensure_ascii=False))
    else:
        show_report(report, scenario, how)
    raise typer.Exit(0 if report.holds else 1)


def _studied(
    scenario: Scenario, seeds: Sequence[int], policy: SharingPolicy, period_minutes: float, processes: int
) -> Report:
    """Play every seed; each tells on standard error what it plays."""
    if min(processes, len(seeds)) == 1:
        return report_of(scenario, [_study(scenario, seed, policy, period_minutes) for seed in seeds])
    with ProcessPoolExecutor(min(processes, len(seeds)), mp_context=get_context("spawn")) as pool:
        studies = [pool.submit(_study, scenario, seed, policy, period_minutes) for seed in seeds]
        return report_of(scenario, [study.result() for study in studies])


def _study(scenario: Scenario, seed: int, policy: SharingPolicy, period_minutes: float) -> Seed:
    console = Console(stderr=True)

    def tell(what: str) -> None:
        caller = parent_process()
        if caller is not None and not caller.is_alive():
            raise SystemExit(f"seed {seed}: nobody waits for the answer any more")
        console.print(f"[dim]seed {seed}: {what}[/dim]")

    return study_seed(scenario, seed, policy, period_minutes, tell)


def _policy(threshold_minutes: float) -> SharingPolicy:
    activation_ms = round(threshold_minutes * MINUTE_MS)
    return SharingPolicy(activation_wait_ms=activation_ms, release_wait_ms=activation_ms // RELEASE_PART)


def _answer(report: Report, how: dict[str, Any]) -> dict[str, Any]:
    return {
        "ok": report.holds,
        **how,
        **msgspec.to_builtins(report),
        "assumed": list(ASSUMED),
        "left_out": list(LEFT_OUT),
    }


def _end_checks(found: list[Check], seconds: float, *, as_json: bool) -> NoReturn:
    ok = all(check.holds for check in found)
    if as_json:
        print(json.dumps({"ok": ok, "checks": msgspec.to_builtins(found), "seconds": round(seconds, 1)}))
    else:
        show_checks(found)
    raise typer.Exit(0 if ok else 1)
