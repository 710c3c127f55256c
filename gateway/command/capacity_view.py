"""How `sharedops capacity` shows what it found: one table a question, and what was assumed beside it."""

from collections.abc import Callable, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from actors.core.capacity.report import LineReport, Report
from actors.core.capacity.scenario import Scenario
from actors.core.capacity.theory import Check
from actors.core.country import Line
from actors.core.replay.measures import Interval

#: What each line is called.
LINES = {Line.CLAIMS: "claims 理赔", Line.SERVICING: "servicing 保全", Line.UNDERWRITING: "underwriting 核保"}
#: The tables are not squeezed into less.
WIDTH_MIN = 150
PERCENT = 100.0

#: What the figures stand on; `actors.core.capacity.scenario` has the numbers.
ASSUMED = (
    "branches sized by the 2020 census; a branch's load drawn from 75 to 90 %; service 08:30 to 17:30, Xinjiang and Tibet two hours later",
    "half the people and half the arrivals at lunch, 15 % of both on weekends, 2 % of a day's work after closing",
    "daily noise of 10 %, correlated by 0.5, branches independent; month's end times 1.3",
    "80 % of tasks may leave; another branch takes 10 % longer; a moved task is there at once",
    "a promise is 2 hours of service for claims and underwriting, 1 for servicing",
)
#: What the model does not have, and which way that tells.
LEFT_OUT = (
    "overtime, unless --overtime-hours says so: a surge's backlog stays for days, which makes isolation look worse than it would be",
    "chance in how people differ, matching of person to task, declines, breaks, sickness",
    "load common to all branches but for month's end and lunch: what is busy everywhere cannot be shared away",
    "staged faults overstate sharing: three days of surge in one week weigh four times what they do in a month; see calm",
    "Poisson arrivals within a day understate it: real work comes in bursts",
)


def show_report(report: Report, scenario: Scenario, how: dict[str, Any]) -> None:
    """Print the tables and the verdict."""
    console = Console()
    console.width = max(console.width, WIDTH_MIN)
    console.print(_times_table(report, how))
    console.print(_cuts_table(report))
    console.print(_capacity_table(report))
    for title, lines in (("assumed 假设", ASSUMED), ("left out 未计入", LEFT_OUT)):
        console.print(f"[bold]{title}[/bold]")
        for line in lines:
            console.print(f"  · {line}")
    console.print(
        f"{len(scenario.branches)} branches, {report.plans.mean:,.0f} plans a play of all lines, {how['seconds']:,.0f} s"
    )
    console.print(_verdict(report))


def _times_table(report: Report, how: dict[str, Any]) -> Table:
    table = Table(
        title=f"capacity 共享产能: {_days(how['days'])} from {how['first_day']}, {_seeds(report.seeds)}, "
        f"shared above {how['activation_minutes']:g} min of wait",
        caption="turnaround 时效: minutes of the home's service from arrival to decision; ± 95 % over seeds",
    )
    _columns(
        table,
        "line 条线",
        "people 人数",
        "tasks 件数",
        "load 负荷 %",
        "",
        "mean 平均",
        "p95",
        "calendar 自然时间",
        "on time 按时率 %",
    )
    for line, each in report.lines.items():
        for name, times in (("alone 各自", each.without), ("shared 共享", each.shared)):
            is_first = times is each.without
            table.add_row(
                LINES[line] if is_first else "",
                f"{each.operators:,}" if is_first else "",
                f"{each.tasks.mean:,.0f}" if is_first else "",
                _text(each.load, PERCENT) if is_first else "",
                name,
                _text(times.mean_minutes),
                _text(times.p95_minutes),
                _text(times.calendar_mean_minutes),
                _text(times.on_time_ratio, PERCENT),
            )
    return table


def _cuts_table(report: Report) -> Table:
    table = Table(
        title="what sharing gains 提速, %",
        caption="c 降幅: 1 - turnaround shared / alone · speed-up 提速: 1/(1-c) - 1 · calm 平稳: without surge and outage",
    )
    _columns(table, "", *(LINES[line] for line in report.lines))
    rows: tuple[tuple[str, Callable[[LineReport], Interval]], ...] = (
        ("c of the mean 平均时效降幅", lambda each: each.cut_of_mean),
        ("c of p95", lambda each: each.cut_of_p95),
        ("speed-up of the mean 平均提速", lambda each: each.speed_up),
        ("c of the mean, calm 平稳周", lambda each: each.calm_cut_of_mean),
        ("c of p95, calm 平稳周", lambda each: each.calm_cut_of_p95),
        ("c of the mean, calendar time 自然时间", lambda each: each.calendar_cut_of_mean),
        ("tasks moved by the plan 共享件占比", lambda each: each.moved_ratio),
        ("moved, calm 平稳周", lambda each: each.calm_moved_ratio),
        ("evacuated 应急转移占比", lambda each: each.evacuated_ratio),
    )
    for name, value in rows:
        table.add_row(name, *(_text(value(each), PERCENT) for each in report.lines.values()))
    slower = [
        f"{each.calm_branches_slower.mean:.0f}, by {each.calm_slower_minutes_max.mean:.1f} min"
        for each in report.lines.values()
    ]
    table.add_row("branches slower in calm 变慢的分公司, at most", *slower)
    return table


def _capacity_table(report: Report) -> Table:
    country = report.country
    table = Table(
        title="capacity without more people 不增人增产能",
        caption="extra load 增载: all lines raised alike until shared work is on time as often as work was alone",
    )
    _columns(table, "all lines 全部条线", "on time, alone %", "on time, shared %", "extra load %")
    rows = (
        ("as it is 基准周", country.on_time_without, country.on_time_shared, country.extra_load),
        ("calm 平稳周", country.calm_on_time_without, country.calm_on_time_shared, country.calm_extra_load),
    )
    for name, alone, shared, extra in rows:
        table.add_row(name, _text(alone, PERCENT), _text(shared, PERCENT), _text(extra, PERCENT))
    table.add_section()
    table.add_row(
        "undone at the end 期末未结",
        f"{country.left_without.mean:,.0f}",
        f"{country.left_shared.mean:,.0f}",
        f"{country.left_at_extra_load.mean:,.0f}",
    )
    return table


def _verdict(report: Report) -> str:
    extra = report.country.extra_load
    sign, color = ("✓", "green") if report.holds else ("✗", "red")
    return f"[{color}]{sign}[/{color}] {_text(extra, PERCENT)} % more work by the same people, on time as often as without sharing"


def show_checks(found: Sequence[Check]) -> None:
    """Print how the engine compares with theory."""
    table = Table(title="engine against theory 与排队论对照")
    _columns(table, "", "theory 理论", "measured 实测", "off by %", "standard errors", "")
    for check in found:
        off = check.measured - check.expected
        table.add_row(
            check.name,
            f"{check.expected:,.4f}",
            f"{check.measured:,.4f}",
            f"{PERCENT * off / check.expected:+.2f}" if check.expected else "-",
            f"{off / check.standard_error:+.1f}" if check.standard_error else "exact",
            "[green]✓[/green]" if check.holds else "[red]✗[/red]",
        )
    Console().print(table)


def _columns(table: Table, first: str, *others: str) -> None:
    table.add_column(first, no_wrap=True)
    for name in others:
        table.add_column(name, justify="right", no_wrap=True)


def _seeds(count: int) -> str:
    return "1 seed" if count == 1 else f"{count:,} seeds"


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count:,} days"


def _text(each: Interval, scale: float = 1.0) -> str:
    mean = f"{scale * each.mean:,.1f}"
    return mean if each.half is None else f"{mean} ± {scale * each.half:,.1f}"
