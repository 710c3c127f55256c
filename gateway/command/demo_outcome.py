"""The outcome of a demonstration: the JSON answer, and the targets it is held against."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.command.demo_checks import Findings
from gateway.command.demo_system import ServedSystem
from loadtests.narration import counted
from loadtests.story import Play

#: Targets.
DETECTED_MAX_S = 4.0
FIRST_REASSIGNED_MAX_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One target and whether it was met."""

    met: bool
    chinese: str
    english: str
    #: Whether it is a time limit, which a busy machine may miss.
    is_time: bool = False


def result_of(play: Play, findings: Findings, system: ServedSystem, wall_s: float) -> dict[str, Any]:
    """The JSON answer. Counts are the journals'; seconds are what the play saw from outside."""
    report, green, seen = findings.report, findings.green, play.observer.outage
    return {
        "provinces": report.provinces,
        "operators": play.progress.operators,
        "tasks_created": report.tasks_created,
        "tasks_decided": report.tasks_decided,
        "tasks_lost": report.tasks_lost,
        "tasks_decided_twice": report.tasks_decided_twice,
        "shared_ratio": round(report.tasks_decided_shared / max(1, report.tasks_decided), 4),
        "outage": {
            "province": play.script.outage,
            "detected_seconds": _seconds(seen and seen.detected_s),
            "first_reassigned_seconds": _seconds(seen and seen.first_reassigned_s),
            "evacuated_tasks": findings.evacuated,
            "evacuated_seconds": _seconds(seen and seen.evacuated_s),
        },
        "green_channel": {
            "task": green.task,
            "home_province": play.script.outage,
            "host_province": green.host,
            "operator": green.operator,
            "reassigned_seconds": _seconds(play.observer.green.reassigned_s),
            "decided": green.decided,
        },
        "ledger_legs": report.ledger_legs,
        "ledger_sum_fen": report.ledger_sum_fen,
        "startup_seconds": round(system.startup_s, 2),
        "wall_seconds": round(wall_s, 2),
        "data_dir": str(system.data_dir),
    }


def _seconds(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def checks_of(
    result: Mapping[str, Any], findings: Findings, tasks: int, names: Mapping[str, tuple[str, str]]
) -> list[Check]:
    """The targets.

    Args:
        tasks: how many were sent.
        names: province code -> (English name, Chinese name).
    """
    outage = result["outage"]
    return [
        *_count_checks(findings, tasks),
        _time_check("发现断电", "outage seen", outage["detected_seconds"], DETECTED_MAX_S),
        _time_check("首件转派", "first task reassigned", outage["first_reassigned_seconds"], FIRST_REASSIGNED_MAX_S),
        _green_check(findings, outage["province"], names),
        *_ledger_checks(findings),
    ]


def _count_checks(findings: Findings, tasks: int) -> list[Check]:
    report = findings.report
    created, decided, lost, twice = (
        report.tasks_created,
        report.tasks_decided,
        report.tasks_lost,
        report.tasks_decided_twice,
    )
    return [
        Check(
            met=tasks == created == decided,
            chinese=f"发送 {tasks:,} 件，受理 {created:,} 件，办结 {decided:,} 件",
            english=f"{counted(tasks, 'task')} sent, {created:,} created, {decided:,} decided",
        ),
        Check(met=lost == 0, chinese=f"丢失 {lost:,} 件", english=f"{lost:,} lost"),
        Check(met=twice == 0, chinese=f"重复办结 {twice:,} 件", english=f"{twice:,} decided twice"),
    ]


def _time_check(chinese: str, english: str, seconds: float | None, limit_s: float) -> Check:
    if seconds is None:
        return Check(met=False, chinese=f"{chinese}：未观察到", english=f"{english}: not observed", is_time=True)
    return Check(
        met=seconds <= limit_s,
        chinese=f"{chinese}：{seconds:.2f} 秒（时限 {limit_s:.0f} 秒）",
        english=f"{english} after {seconds:.2f} s, at most {limit_s:.0f}",
        is_time=True,
    )


def _green_check(findings: Findings, outage: str, names: Mapping[str, tuple[str, str]]) -> Check:
    green = findings.green
    best = green.candidates[0].province if green.candidates else ""
    host, host_zh = names.get(green.host, (green.host or "-",) * 2)
    first, first_zh = names.get(best, (best or "-",) * 2)
    done, done_zh = ("decided in", "办结于") if green.decided else ("not decided; last seen in", "未办结，最后在")
    return Check(
        met=green.went_to_the_best and green.host != outage,
        chinese=f"绿色通道件{done_zh}{host_zh}，候选第一名：{first_zh}",
        english=f"green-channel claim {done} {host}; ranked first: {first}",
    )


def _ledger_checks(findings: Findings) -> list[Check]:
    report = findings.report
    legs, shared, problems = report.ledger_legs, report.tasks_decided_shared, len(report.problems)
    return [
        Check(
            met=legs == 2 * shared > 0,
            chinese=f"结算分录 {legs:,} 笔，共享件办结 {shared:,} 件，每件 2 笔",
            english=f"{counted(legs, 'ledger leg')} for {counted(shared, 'decided shared task')}, 2 each",
        ),
        Check(
            met=report.ledger_sum_fen == 0,
            chinese=f"结算合计 {report.ledger_sum_fen:,} 分",
            english=f"ledger sums to {report.ledger_sum_fen:,} fen",
        ),
        Check(
            met=report.ok,
            chinese=f"日志核验：{problems} 个问题（共 {report.frames:,} 帧）",
            english=f"{counted(problems, 'problem')} found in {counted(report.frames, 'frame')}",
        ),
    ]


def missed_only_times(checks: Sequence[Check]) -> bool:
    """Whether something was missed, and all of it were time limits."""
    missed = [check for check in checks if not check.met]
    return bool(missed) and all(check.is_time for check in missed)
