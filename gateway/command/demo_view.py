"""The demonstration on the screen while it runs: progress and happenings, Chinese before English.

The newest happenings are always in sight, however low the window is; in a narrow one counters are shown in one language.
"""

import os
import time

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from gateway.v1 import province_pb2
from loadtests.story import Play

#: Lines of happenings, at most.
STORY_LINES_MAX = 28
#: Lines around the story: frame, two bars, counters, and one for the cursor.
OTHER_LINES = 6
#: Columns around the story: frame, time of the happening and the space after it.
OTHER_COLUMNS = 4 + 9
#: In a narrower window the counters are shown in one language.
BOTH_LANGUAGES_COLUMNS = 120
BAR_COLUMNS, BAR_COLUMNS_NARROW = 50, 36
REFRESH_PER_SECOND = 4
#: Without a terminal, a line of progress this often.
LINE_EVERY_S = 5.0
#: Style, Chinese, English.
_STATES = {
    province_pb2.PROVINCE_STATE_ACTIVE: ("green", "正常", "works"),
    province_pb2.PROVINCE_STATE_DEGRADED: ("yellow", "重启中", "restarting"),
    province_pb2.PROVINCE_STATE_DRAINING: ("yellow", "收尾", "draining"),
    province_pb2.PROVINCE_STATE_SUSPENDED: ("yellow", "暂停", "suspended"),
    province_pb2.PROVINCE_STATE_UNREACHABLE: ("bold red", "失联", "unreachable"),
}
_UNKNOWN_STATE = ("dim", "未知", "unknown")


def speaks_chinese() -> bool:
    """Whether the user's locale is Chinese."""
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return locale.lower().startswith("zh")


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
        #: The last picture, which stays in the window, tells the whole story.
        self._is_closing = False
        self._live = Live(get_renderable=self._screen, console=console, refresh_per_second=REFRESH_PER_SECOND)

    def __enter__(self) -> "DemoView":
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._is_closing = True
        if self._console.is_terminal:
            self._live.stop()

    def tell(self, english: str, chinese: str) -> None:
        """Something happened."""
        at_s = time.monotonic() - self._began_s
        self._happenings.append((at_s, english, chinese))
        if not self._console.is_terminal:
            self._console.print(f"{at_s:6.1f} s  {chinese}  {english}", highlight=False, markup=False, soft_wrap=True)

    def tick(self) -> None:
        """Print a line of progress now and then where there is no terminal."""
        now_s = time.monotonic()
        if self._console.is_terminal or self.play is None or now_s - self._line_at_s < LINE_EVERY_S:
            return
        self._line_at_s = now_s
        observer, progress = self.play.observer, self.play.progress
        self._console.print(
            f"{now_s - self._began_s:6.1f} s  … 已受理 created {len(observer.created):,} / {progress.tasks:,}, "
            f"已办结 decided {len(observer.decided):,}, 其中其他分公司办结 by other branches {observer.decided_shared:,}",
            highlight=False,
            soft_wrap=True,
        )

    # --- the live screen ---

    def _screen(self) -> RenderableType:
        parts: list[RenderableType] = []
        if self.play is not None:
            parts.append(self._bars(self.play))
            # After the day the last picture is older than the end of it.
            if not self.play.progress.is_over and not self._is_closing:
                parts.append(self._counters(self.play))
        parts.append(self._story())
        elapsed_s = time.monotonic() - self._began_s
        return Panel(Group(*parts), title=self._title, subtitle=f"{elapsed_s:.0f} s", border_style="blue")

    @property
    def _is_narrow(self) -> bool:
        return self._console.width < BOTH_LANGUAGES_COLUMNS

    def _words(self, chinese: str, english: str) -> str:
        """Both languages, or the user's where there is no room."""
        if self._is_narrow:
            return chinese if speaks_chinese() else english
        return f"{chinese} {english}"

    def _bars(self, play: Play) -> Table:
        observer, tasks = play.observer, max(1, play.progress.tasks)
        width = BAR_COLUMNS_NARROW if self._is_narrow else BAR_COLUMNS
        table = Table.grid(padding=(0, 2))
        table.add_column(no_wrap=True)
        table.add_column(width=width)
        table.add_column(justify="right", no_wrap=True)
        for words, count in (
            (("已受理", "created"), len(observer.created)),
            (("已办结", "decided"), len(observer.decided)),
        ):
            table.add_row(
                self._words(*words), ProgressBar(total=tasks, completed=count, width=width), f"{count:,} / {tasks:,}"
            )
        return table

    def _counters(self, play: Play) -> RenderableType:
        picture = play.observer.picture
        if picture is None:
            return Text()
        totals = picture.totals
        open_tasks = totals.open_tasks
        counts = (
            ("排队", "queued", open_tasks.queued),
            ("在办", "in hand", open_tasks.offered + open_tasks.assigned + open_tasks.in_progress),
            ("其他分公司承办", "elsewhere", totals.shared_open_count),
            ("在岗", "on duty", totals.signed_in_operators),
        )
        line = Text(no_wrap=True, overflow="ellipsis")
        for chinese, english, count in counts:
            line.append(f"{self._words(chinese, english)} ").append(f"{count:,}", style="bold").append("  ")
        return line.append_text(self._state_of(play))

    def _state_of(self, play: Play) -> Text:
        """How the branch does that loses power."""
        outage, picture = play.script.outage, play.observer.picture
        provinces = picture.provinces if picture is not None else ()
        state = next((entry.state for entry in provinces if entry.province == outage), None)
        style, chinese, english = _UNKNOWN_STATE if state is None else _STATES.get(state, _UNKNOWN_STATE)
        branch = next((branch for branch in play.script.branches if branch.province == outage), None)
        name_zh = branch.name_zh if branch is not None else outage
        return Text.assemble(self._words(name_zh, outage), " ", (self._words(chinese, english), style))

    def _story(self) -> Table:
        """The newest happenings that fit, oldest first."""
        width = max(20, self._console.width - OTHER_COLUMNS)
        room = min(STORY_LINES_MAX, max(3, self._console.height - OTHER_LINES))
        shown: list[tuple[float, Text]] = []
        for at_s, english, chinese in reversed(self._happenings):
            text = Text.assemble(chinese, "  ", (english, "dim"), overflow="fold")
            room -= len(text.wrap(self._console, width))
            if room < 0 and shown and not self._is_closing:
                break
            shown.insert(0, (at_s, text))
        table = Table.grid(padding=(0, 2))
        table.add_column(justify="right", style="dim", width=7, no_wrap=True)
        table.add_column(width=width, overflow="fold")
        for at_s, text in shown:
            table.add_row(f"{at_s:.1f} s", text)
        return table
