"""The verdict of a run, as JSON and as Markdown. Every number in it was measured in that run."""

import statistics
from collections.abc import Sequence

import msgspec

from loadtests.chaos.availability import ANSWER_MAX_S
from loadtests.chaos.check import Check
from loadtests.chaos.run import Result, Settings
from loadtests.chaos.schedule import CALM_SHARE_MIN, KINDS, RPC_LOSS
from loadtests.chaos.storm import Injected

AVAILABILITY_MIN = 0.999


class KindReport(msgspec.Struct, frozen=True, kw_only=True):
    """All faults of one kind."""

    kind: str
    faults: int
    missed: int
    allowed_s: float
    recovery_p50_s: float | None
    recovery_max_s: float | None


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The verdict."""

    ok: bool
    #: What did not hold, in words; empty: everything did.
    failures: list[str]
    seed: int
    command: str
    seconds: float
    provinces: int
    startup_seconds: float
    rest_seconds: float
    wall_seconds: float
    stolen_ratio: float
    faults: int
    fault_kinds: int
    loses_ray_messages: bool
    operations: int
    acknowledged: int
    outcomes: dict[str, int]
    acknowledged_by_kind: dict[str, int]
    repetitions: int
    calm_seconds: float
    availability: float
    attempted_outside: int
    unavailable_outside: int
    p50_ms: float
    p99_ms: float
    max_ms: float
    lost: int
    decided_twice: int
    stale_accepted: int
    ledger_sum_fen: object
    checks: list[Check]
    kinds: list[KindReport]
    unavailable: list[str]
    verify: dict[str, object]
    injected: list[Injected]


def make_report(result: Result, settings: Settings, command: str) -> Report:
    """Sum a run up and judge it."""
    found = result.availability
    assert found is not None
    kinds = kind_reports(result.injected)
    violations = {check.name: check.violations for check in result.checks}
    acknowledged = result.outcomes.get("ok", 0)
    failures = judge(result, settings)
    return Report(
        ok=not failures,
        failures=failures,
        seed=settings.seed,
        command=command,
        seconds=settings.seconds,
        provinces=result.provinces,
        startup_seconds=result.startup_s,
        rest_seconds=result.rest_s,
        wall_seconds=result.wall_s,
        stolen_ratio=result.stolen_ratio,
        faults=sum(kind.faults for kind in kinds) + settings.loses_ray_messages,
        fault_kinds=len([kind for kind in kinds if kind.faults]) + settings.loses_ray_messages,
        loses_ray_messages=settings.loses_ray_messages,
        operations=sum(result.outcomes.values()),
        acknowledged=acknowledged,
        outcomes=result.outcomes,
        acknowledged_by_kind=dict(sorted(result.kinds.items())),
        repetitions=result.repetitions,
        calm_seconds=round(found.calm_s, 1),
        availability=round(found.ratio, 6),
        attempted_outside=found.attempted,
        unavailable_outside=found.attempted - found.available,
        p50_ms=found.p50_ms,
        p99_ms=found.p99_ms,
        max_ms=found.max_ms,
        lost=violations.get("lost", -1),
        decided_twice=violations.get("decided_twice", -1),
        stale_accepted=violations.get("stale_accepted", -1),
        ledger_sum_fen=result.verify.get("ledger_sum_fen"),
        checks=result.checks,
        kinds=kinds,
        unavailable=found.listed,
        verify={key: value for key, value in result.verify.items() if key != "problems"},
        injected=result.injected,
    )


def judge(result: Result, settings: Settings) -> list[str]:
    """Everything that did not hold. A check that looked at nothing did not hold either."""
    found = result.availability
    assert found is not None
    failures = [result.broken] if result.broken else []
    if not result.stopped_cleanly:
        failures.append("the system did not end when asked to")
    for check in result.checks:
        if check.violations:
            failures.append(f"{check.name}: {check.violations} violations")
        elif not check.examined and check.name != "ledger":
            failures.append(f"{check.name}: nothing was examined")
    if found.ratio < AVAILABILITY_MIN:
        failures.append(f"availability outside the windows is {found.ratio:.4%}, not {AVAILABILITY_MIN:.1%}")
    if found.calm_s < settings.seconds * CALM_SHARE_MIN:
        failures.append(f"only {found.calm_s:.0f} s lie outside all windows")
    if not any(not injected.missed for injected in result.injected):
        failures.append("no fault was injected")
    return failures


def kind_reports(injected: Sequence[Injected]) -> list[KindReport]:
    """Count and recovery of each kind, in the order of the kinds' table."""
    reports = []
    for kind in KINDS.values():
        faults = [fault for fault in injected if fault.kind == kind.name]
        recoveries = [fault.recovery_s for fault in faults if fault.recovery_s >= 0]
        if faults:
            reports.append(
                KindReport(
                    kind=kind.name,
                    faults=sum(not fault.missed for fault in faults),
                    missed=sum(bool(fault.missed) for fault in faults),
                    allowed_s=kind.recovery_s,
                    recovery_p50_s=round(statistics.median(recoveries), 2) if recoveries else None,
                    recovery_max_s=round(max(recoveries), 2) if recoveries else None,
                )
            )
    return reports


def to_markdown(report: Report) -> str:
    """The report for people."""
    lines = [
        f"# Chaos: {'everything held' if report.ok else 'NOT everything held'}",
        "",
        f"`{report.command}`",
        "",
        *([f"- **{failure}**" for failure in report.failures] + [""] if report.failures else []),
        "| | |",
        "|---|---|",
        f"| provinces | {report.provinces}, ready after {report.startup_seconds} s |",
        f"| faults | {report.faults} of {report.fault_kinds} kinds in {report.seconds:.0f} s |",
        f"| operations | {report.operations:,}, of them {report.acknowledged:,} acknowledged |",
        f"| sent again on purpose | {report.repetitions:,} |",
        f"| outside all windows | {report.calm_seconds} s |",
        f"| availability outside | {report.availability:.4%} of {report.attempted_outside:,} operations |",
        f"| without a definite answer within {ANSWER_MAX_S:.0f} s | {report.unavailable_outside:,} |",
        f"| time to an answer outside | p50 {report.p50_ms} ms, p99 {report.p99_ms} ms, max {report.max_ms} ms |",
        f"| processor time that the host gave to others | {report.stolen_ratio:.1%} |",
        f"| at rest | {report.rest_seconds} s after the last fault |",
        "",
        "| check | examined | violations |",
        "|---|---:|---:|",
        *(f"| {check.name} | {check.examined:,} | {check.violations} |" for check in report.checks),
        "",
        "| fault | count | missed | allowed s | recovery p50 s | max s |",
        "|---|---:|---:|---:|---:|---:|",
        *(_kind_row(kind) for kind in report.kinds),
        *([f"| {RPC_LOSS} | the whole run | | | | |"] if report.loses_ray_messages else []),
        "",
    ]
    missed = [
        f"- {f'{fault.kind} {fault.province}'.strip()} at {fault.begun_s:.1f} s: {fault.missed}"
        for fault in report.injected
        if fault.missed
    ]
    if missed:
        lines += ["## Hit nobody", "", *missed, ""]
    for check in report.checks:
        if check.listed:
            lines += [f"## {check.name}", "", *(f"- {problem}" for problem in check.listed), ""]
    if report.unavailable:
        lines += ["## Not available outside the windows", "", *(f"- {what}" for what in report.unavailable), ""]
    acknowledged = ", ".join(f"{kind} {count:,}" for kind, count in report.acknowledged_by_kind.items())
    lines += ["## Acknowledged", "", acknowledged, ""]
    return "\n".join(lines)


def _kind_row(kind: KindReport) -> str:
    p50, longest = ("" if value is None else value for value in (kind.recovery_p50_s, kind.recovery_max_s))
    return f"| {kind.kind} | {kind.faults} | {kind.missed or ''} | {kind.allowed_s} | {p50} | {longest} |"
