"""What the demonstration shows at its end: tables, checks and where the journals are; Chinese before English."""

import os
import shlex
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from gateway.command.demo_checks import Findings, GreenFate
from gateway.command.demo_outcome import Check, missed_only_times
from loadtests.desks import LateDecision
from loadtests.narration import person_of

#: Late decisions shown one by one.
LATE_SHOWN = 3
#: Problems of the verification shown.
PROBLEMS_SHOWN = 20

#: Province code -> (English name, Chinese name).
Names = Mapping[str, tuple[str, str]]


def show_candidates(console: Console, green: GreenFate, names: Names) -> None:
    """Why the green-channel claim went where it went, and to whom."""
    table = Table(
        title="绿色通道件的候选承办分公司 Hosts considered for the green-channel claim",
        caption="得分 = 经验 + 时效 + 质量 + 模型  points = experience + speed + quality + model",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        collapse_padding=True,
    )
    table.add_column("分公司\nbranch", no_wrap=True)
    table.add_column("得分\npoints", no_wrap=True)
    table.add_column("同类已办\nsuch\nclaims\ndecided", justify="right", no_wrap=True)
    table.add_column("在岗\non\nduty", justify="right", no_wrap=True)
    table.add_column("最熟练\nmost\nexperienced", no_wrap=True)
    for candidate in green.candidates:
        parts = (candidate.finish_points, candidate.quality_points, candidate.model_points)
        is_host = candidate.province == green.host
        table.add_row(
            ("→ " if is_host else "  ") + _both(candidate.province, names),
            f"{candidate.points} = {candidate.experience_points}{''.join(f'{part:+}' for part in parts)}",
            f"{candidate.experience:,}",
            f"{candidate.eligible:,}",
            candidate.best_operator,
            style="bold green" if is_host else "",
        )
    console.print(table)
    _show_person(console, green, names)


def _show_person(console: Console, green: GreenFate, names: Names) -> None:
    """Who got the claim; the most experienced are not always free."""
    best = next((person_of(entry.best_operator) for entry in green.candidates if entry.province == green.host), "")
    person = person_of(green.operator)
    if not person:
        return
    host, host_zh = names.get(green.host, (green.host, green.host))
    if best and person != best:
        why_zh, why = (
            f"（派件时从有空的人中按得分选定；最熟练的是 {best}）",
            f" (chosen by points among those free when it came; the most experienced is {best})",
        )
    else:
        why_zh, why = "", ""
    console.print(
        f"→ 承办人：{host_zh} {person}{why_zh}  It went to {person} of {host}{why}", highlight=False, soft_wrap=True
    )


def show_late(console: Console, sent: int, refused: Sequence[LateDecision], names: Names) -> None:
    """What the desks were told that decided while they were cut off."""
    console.print(
        f"补发的结论 {sent} 件，其中 {len(refused)} 件因已改派而拒收  "
        f"Decisions sent late: {sent}; refused, since others have the tasks now: {len(refused)}",
        highlight=False,
        soft_wrap=True,
    )
    for late in refused[:LATE_SHOWN]:
        where = f"（{_both(late.host_province, names)}）" if late.host_province else ""
        console.print(
            f"  {person_of(late.task)} · {person_of(late.operator)} → 现归 now with "
            f"{person_of(late.winner) or '-'}{where} {late.reason}",
            highlight=False,
            soft_wrap=True,
        )


def _both(province: str, names: Names) -> str:
    """A branch in both languages."""
    name, name_zh = names.get(province, (province, ""))
    return f"{name_zh} {name}".strip()


def _number(unit_zh: str, unit: str) -> Callable[[Any, Names], str]:
    return lambda value, names: f"{value:,} {unit_zh} {unit}".rstrip()


def _duration(value: Any, names: Names) -> str:
    return "未观察到 not observed" if value is None else f"{value:.1f} 秒 s"


def _percent(value: Any, names: Names) -> str:
    return f"{100 * value:.1f} %"


def _yes_no(value: Any, names: Names) -> str:
    return "是 yes" if value else "否 no"


#: Key of the JSON answer, Chinese title, English title, how its value is shown.
_ROWS: tuple[tuple[str, str, str, Callable[[Any, Names], str]], ...] = (
    ("provinces", "分公司", "branches", _number("家", "")),
    ("operators", "作业人员", "operators", _number("名", "")),
    ("tasks_created", "受理", "created", _number("件", "tasks")),
    ("tasks_decided", "办结", "decided", _number("件", "tasks")),
    ("tasks_lost", "丢失", "lost", _number("件", "tasks")),
    ("tasks_decided_twice", "重复办结", "decided twice", _number("件", "tasks")),
    ("shared_ratio", "由其他分公司办结", "decided by other branches", _percent),
    ("outage.province", "断电分公司", "branch without power", _both),
    ("outage.detected_seconds", "发现断电用时", "outage seen after", _duration),
    ("outage.first_reassigned_seconds", "首件转派用时", "first task reassigned after", _duration),
    ("outage.evacuated_tasks", "转出（含后到）", "moved away, later arrivals too", _number("件", "tasks")),
    ("outage.evacuated_seconds", "在途任务全部转出用时", "open tasks moved within", _duration),
    ("green_channel.task", "绿色通道件", "green-channel claim", lambda value, names: person_of(value) or "-"),
    ("green_channel.host_province", "承办分公司", "host branch", _both),
    ("green_channel.operator", "承办人", "operator", lambda value, names: person_of(value) or "-"),
    ("green_channel.reassigned_seconds", "绿色通道件转派用时", "reassigned after", _duration),
    ("green_channel.decided", "绿色通道件办结", "decided", _yes_no),
    ("ledger_legs", "结算分录", "ledger legs", _number("笔", "")),
    ("ledger_sum_fen", "结算合计", "ledger sum", _number("分", "fen")),
    ("startup_seconds", "启动用时", "start took", _duration),
    ("wall_seconds", "总用时", "all took", _duration),
)


def show_result(console: Console, result: Mapping[str, Any], green_external_id: str, names: Names) -> None:
    """The figures of the JSON answer as a table."""
    table = Table(title="结果（取自日志） Result, read from the journals", show_header=False)
    for key, chinese, english, show in _ROWS:
        value: Any = result
        for part in key.split("."):
            value = value[part]
        text = show(value, names)
        if key == "green_channel.task":
            text = f"{green_external_id} = {text}"
        table.add_row(f"{chinese} {english}", text)
    console.print(table)


def show_checks(console: Console, checks: Sequence[Check], findings: Findings) -> None:
    """The targets, each met or missed, and whatever the verification found."""
    for check in checks:
        mark = "[green]✓[/green]" if check.met else "[bold red]✗[/bold red]"
        console.print(f"{mark} {check.chinese}  [dim]{check.english}[/dim]", highlight=False, soft_wrap=True)
    for problem in findings.report.problems[:PROBLEMS_SHOWN]:
        console.print(f"  {problem}", style="red", highlight=False, markup=False, soft_wrap=True)
    if missed_only_times(checks):
        _show_load(console)


def _show_load(console: Console) -> None:
    """Why a time limit alone may have been missed."""
    load, cores = os.getloadavg()[0], os.cpu_count() or 1
    console.print(
        f"只有时限未达标，件数、结算与核验全部正确。近 1 分钟机器负载 {load:.1f}（{cores} 核）：机器繁忙时，用时不具代表性。\n"
        f"Only time limits were missed; counts, ledger and verification are all right. Machine load of the last "
        f"minute: {load:.1f} on {cores} cores; when the machine is busy, times are not representative.",
        style="yellow",
        highlight=False,
        soft_wrap=True,
    )


def show_journals(console: Console, data_dir: Path, to_remove: Sequence[Path]) -> None:
    """Where the journals are, how to check them and how to be rid of them; nothing while there are none."""
    if not data_dir.is_dir():
        return
    size = sum(path.stat().st_size for path in data_dir.rglob("*") if path.is_file() and not path.is_symlink())
    remove = shlex.join(str(path) for path in to_remove if path.exists())
    check = shlex.join([_command(), "verify", str(data_dir)])
    console.print(
        f"日志 Journals: {data_dir} ({size / 1e6:,.0f} MB). 核验 Check: {check}. 删除 Remove: rm -r {remove}",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )


def _command() -> str:
    """How the user can call us from here."""
    called = Path(sys.argv[0])
    return str(called) if called.name == "sharedops" and shutil.which("sharedops") is None else "sharedops"
