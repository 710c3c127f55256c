"""The demonstration on the screen: progress and happenings while it runs, tables at the end; Chinese beside English."""

import time
from collections.abc import Mapping, Sequence

from rich import box
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from actors.core.sharing import HostCandidate
from gateway.command.demo_checks import Findings
from gateway.v1 import province_pb2
from loadtests.desks import LateDecision
from loadtests.narration import person_of
from loadtests.story import Play

#: Happenings kept on the screen.
HAPPENINGS_SHOWN = 14
REFRESH_PER_SECOND = 4
#: Without a terminal, a line of progress this often.
LINE_EVERY_S = 5.0
_STATES = {
    province_pb2.PROVINCE_STATE_ACTIVE: "[green]works 正常[/green]",
    province_pb2.PROVINCE_STATE_DEGRADED: "[yellow]restarting 重启中[/yellow]",
    province_pb2.PROVINCE_STATE_DRAINING: "[yellow]draining 收尾[/yellow]",
    province_pb2.PROVINCE_STATE_SUSPENDED: "[yellow]suspended 暂停[/yellow]",
    province_pb2.PROVINCE_STATE_UNREACHABLE: "[bold red]unreachable 失联[/bold red]",
}


class DemoView:
    """Shows a play. Use as a context manager around everything that takes time.

    Args:
        console: where to; without a terminal plain lines are printed.
    """

    def __init__(self, console: Console, title: str) -> None:
        self.play: Play | None = None
        self._console = console
        self._title = title
        self._began_s = time.monotonic()
        self._happenings: list[tuple[float, str, str]] = []
        self._line_at_s = 0.0
        self._live = Live(get_renderable=self._screen, console=console, refresh_per_second=REFRESH_PER_SECOND)

    def __enter__(self) -> "DemoView":
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *exception: object) -> None:
        if self._console.is_terminal:
            self._live.stop()

    def tell(self, english: str, chinese: str) -> None:
        """Something happened."""
        at_s = time.monotonic() - self._began_s
        self._happenings.append((at_s, english, chinese))
        if not self._console.is_terminal:
            self._console.print(f"{at_s:6.1f} s  {english}  {chinese}", highlight=False, markup=False, soft_wrap=True)

    def tick(self) -> None:
        """Print a line of progress now and then where there is no terminal."""
        now_s = time.monotonic()
        if self._console.is_terminal or self.play is None or now_s - self._line_at_s < LINE_EVERY_S:
            return
        self._line_at_s = now_s
        observer, progress = self.play.observer, self.play.progress
        self._console.print(
            f"{now_s - self._began_s:6.1f} s  … created 已受理 {len(observer.created):,} of {progress.tasks:,}, "
            f"decided 已审结 {len(observer.decided):,}, elsewhere 他省承办 {observer.decided_shared:,}",
            highlight=False,
            soft_wrap=True,
        )

    # --- the live screen ---

    def _screen(self) -> RenderableType:
        parts: list[RenderableType] = []
        if self.play is not None:
            parts += [self._bars(self.play), self._country(self.play)]
        parts.append(self._log())
        elapsed_s = time.monotonic() - self._began_s
        return Panel(Group(*parts), title=self._title, subtitle=f"{elapsed_s:.0f} s", border_style="blue")

    def _bars(self, play: Play) -> Table:
        observer, tasks = play.observer, max(1, play.progress.tasks)
        table = Table.grid(padding=(0, 2))
        table.add_column(width=18)
        table.add_column(width=50)
        table.add_column(justify="right")
        for name, count in (("created 已受理", len(observer.created)), ("decided 已审结", len(observer.decided))):
            table.add_row(name, ProgressBar(total=tasks, completed=count, width=50), f"{count:,} / {tasks:,}")
        return table

    def _country(self, play: Play) -> Table:
        table = Table.grid(padding=(0, 3))
        picture = play.observer.picture
        if picture is None:
            return table
        totals = picture.totals
        open_tasks = totals.open_tasks
        in_hand = open_tasks.offered + open_tasks.assigned + open_tasks.in_progress
        state = next(
            (entry.state for entry in picture.provinces if entry.province == play.script.outage),
            province_pb2.PROVINCE_STATE_UNSPECIFIED,
        )
        table.add_row(
            f"waiting 排队 [b]{open_tasks.queued:,}[/b]",
            f"in hand 在办 [b]{in_hand:,}[/b]",
            f"hosted elsewhere 他省承办 [b]{totals.shared_open_count:,}[/b]",
            f"operators 在线 [b]{totals.signed_in_operators:,}[/b]",
            f"{play.script.outage}: {_STATES.get(state, '?')}",
        )
        return table

    def _log(self) -> Table:
        table = Table.grid(padding=(0, 2))
        table.add_column(justify="right", style="dim")
        table.add_column()
        for at_s, english, chinese in self._happenings[-HAPPENINGS_SHOWN:]:
            table.add_row(f"{at_s:.1f} s", Text.assemble(chinese, "  ", (english, "dim")))
        return table


def show_candidates(console: Console, candidates: Sequence[HostCandidate], names: Mapping[str, str]) -> None:
    """Why the green-channel claim went where it went."""
    table = Table(
        title="Hosts considered for the green-channel claim 绿色通道件的候选承办省",
        caption="points = experience + finish + quality 得分 = 经验 + 时效 + 质量",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
    )
    table.add_column("province\n省份", no_wrap=True)
    table.add_column("points\n得分", no_wrap=True)
    table.add_column("done\n件数", justify="right")
    table.add_column("on duty\n在岗", justify="right")
    table.add_column("most experienced\n最熟练", no_wrap=True)
    for place, candidate in enumerate(candidates):
        parts = (candidate.experience_points, candidate.finish_points, candidate.quality_points)
        table.add_row(
            names.get(candidate.province, candidate.province),
            f"{candidate.points:,} = {' + '.join(map(str, parts))}",
            f"{candidate.experience:,}",
            f"{candidate.eligible:,}",
            candidate.best_operator,
            style="bold green" if place == 0 else "",
        )
    console.print(table)


def show_late(console: Console, sent: int, refused: Sequence[LateDecision]) -> None:
    """What the desks were told that decided while they were cut off."""
    console.print(
        f"Decisions sent late 补发的结论: {sent}; refused, since others have the tasks now 因已改派而拒收: {len(refused)}",
        highlight=False,
        soft_wrap=True,
    )
    for late in refused[:3]:
        winner = person_of(late.winner) or "-"
        console.print(
            f"  {person_of(late.task)} by {person_of(late.operator)}: {late.reason}; now with {winner} in {late.host_province or '-'}",
            highlight=False,
            soft_wrap=True,
        )


def show_result(console: Console, result: Mapping[str, object]) -> None:
    """The figures of the JSON answer as a table."""
    table = Table(title="Result, read from the journals 结果 (取自日志)", show_header=False)
    for key, value in result.items():
        if isinstance(value, Mapping):
            for name, inner in value.items():
                table.add_row(f"{key}.{name}", _cell(inner))
        else:
            table.add_row(key, _cell(value))
    console.print(table)


def show_checks(console: Console, checks: Sequence[tuple[bool, str, str]], findings: Findings) -> None:
    """The targets, each met or missed, and whatever the verification found."""
    for met, english, chinese in checks:
        mark = "[green]✓[/green]" if met else "[bold red]✗[/bold red]"
        console.print(f"{mark} {english}  [dim]{chinese}[/dim]", highlight=False, soft_wrap=True)
    for problem in findings.report.problems[:20]:
        console.print(f"[red]  {problem}[/red]", highlight=False)


def _cell(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, int):
        return str(value)
    return f"{value:,}"
