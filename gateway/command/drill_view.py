"""What `sharedops drill` shows on a terminal: the kinds, what a drill would strike, its phases, its report."""

from collections.abc import Iterable

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from actors.core.drills.figures import FIGURES
from actors.core.drills.record import DrillKind
from gateway.command.drill_kinds import KINDS
from gateway.command.drill_outcome import outcome_of, shown_figure, shown_value, verdict_of
from gateway.v1 import drill_pb2, monitor_pb2

PHASES = {
    drill_pb2.DRILL_PHASE_STRIKING: "the fault is being made 正在注入故障",
    drill_pb2.DRILL_PHASE_STRUCK: "the fault is there 故障已注入",
    drill_pb2.DRILL_PHASE_LIFTED: "the fault is gone, the country recovers 故障已解除，正在恢复",
    drill_pb2.DRILL_PHASE_MEASURING: "everything is as before, the journals are read 已恢复，正在核对日志",
}


def show_kinds(console: Console) -> None:
    """The kinds of drills."""
    table = Table("kind", "what happens", title="drills 演练", title_justify="left")
    # Chinese has no spaces to wrap at: unless it may be folded anywhere, it is cut.
    table.add_column("发生什么", overflow="fold")
    for kind in DrillKind:
        table.add_row(kind.value, KINDS[kind].english, KINDS[kind].chinese)
    console.print(table)


def show_drills(console: Console, drills: Iterable[drill_pb2.Drill]) -> None:
    """Drills that were run, newest first."""
    table = Table()
    # What is typed into the next command is never cut.
    for name in ("drill", "kind"):
        table.add_column(name, no_wrap=True)
    for name in ("provinces", "state", "passed", "reason"):
        table.add_column(name, overflow="fold")
    for drill in drills:
        outcome = outcome_of(drill)
        passed = str(outcome["passed"]) if drill.HasField("report") else ""
        drill_id = drill.name.removeprefix("drills/")
        table.add_row(drill_id, outcome["kind"], outcome["province"], outcome["state"], passed, escape(drill.reason))
    console.print(table)


def struck_by(drill: drill_pb2.Drill, overview: monitor_pb2.Overview) -> dict[str, int]:
    """Whom a drill would strike: people and open tasks of its provinces, and the share of the country's people, permille."""
    struck = [province for province in overview.provinces if province.province in drill.provinces]
    people = sum(province.signed_in_operators for province in struck)
    return {
        "operators": people,
        "operators_permille": people * 1000 // max(1, overview.totals.signed_in_operators),
        "waiting_tasks": sum(province.open_tasks.queued for province in struck),
        "tasks_in_hand": sum(
            province.open_tasks.offered + province.open_tasks.assigned + province.open_tasks.in_progress
            for province in struck
        ),
    }


def show_plan(console: Console, drill: drill_pb2.Drill, struck: dict[str, int]) -> None:
    """What a drill would do."""
    outcome = outcome_of(drill)
    console.print(f"[bold]{outcome['kind']}[/bold] {outcome['province']}")
    console.print(
        f"  strikes {struck['operators']} operators ({struck['operators_permille'] / 10:.1f} % of the country's, "
        f"at most {drill.operators_max_permille / 10:.1f} %), {struck['waiting_tasks']} waiting tasks "
        f"and {struck['tasks_in_hand']} in hand, for at most {drill.duration_ms / 1000:.0f} s"
    )
    if drill.factor_permille:
        console.print(f"  multiplies arrivals by {drill.factor_permille / 1000:g} with shadow tasks 演练件")
    if drill.shadow_tasks:
        console.print(f"  puts {drill.shadow_tasks} shadow tasks 演练件 into each of the provinces first")
    if drill.abort_below_permille:
        console.print(
            f"  aborts itself when the others' on-time ratio is below {drill.abort_below_permille / 10:.1f} %"
        )


def phase_line(drill: drill_pb2.Drill) -> str:
    """Where a drill is, in one line."""
    return f"{drill.name}: {PHASES.get(drill.phase, 'over 结束')}"


def show_report(console: Console, drill: drill_pb2.Drill) -> None:
    """The report for people."""
    outcome = outcome_of(drill)
    title = f"{drill.name} · {outcome['kind']} · {outcome['province']} · {outcome['state']}"
    table = Table(title=title, title_justify="left")
    table.add_column("figure", no_wrap=True)
    for column in ("what it is", "target", "measured", ""):
        table.add_column(column)
    judged = {one.objective.figure: one for one in drill.report.judgements}
    for figure, meaning in FIGURES.items():
        name = shown_figure(figure)[0]
        value, judgement = outcome[name], judged.get(figure)
        target = _target(judgement.objective) if judgement is not None else ""
        mark = "" if judgement is None else ("ok" if judgement.met else "MISSED")
        if value is not None or judgement is not None:
            table.add_row(name, meaning, target, "not seen" if value is None else f"{value:g}", mark)
    console.print(table)
    for province, count in outcome["helpers"].items():
        console.print(f"  {province} took over {count}")
    for note in outcome["notes"]:
        console.print(f"  [dim]{note}[/dim]")
    if drill.reason:
        console.print(f"  reason: {escape(drill.reason)}")
    console.print(verdict_of(outcome))


def _target(objective: drill_pb2.DrillObjective) -> str:
    is_upper = objective.HasField("at_most")
    bound = objective.at_most if is_upper else objective.at_least
    return f"{'<=' if is_upper else '>='} {shown_value(objective.figure, bound):g}"
