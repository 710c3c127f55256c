"""The story of the demonstration: in which order it is told, and that its newest lines are in sight."""

import io
from types import SimpleNamespace
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from gateway.command.demo_outcome import Check
from gateway.command.demo_tables import show_checks
from gateway.command.demo_view import DemoView
from gateway.v1 import event_pb2, monitor_pb2, province_pb2, task_pb2
from loadtests.catalogue import Branch
from loadtests.story import Play
from loadtests.wire import DevelopmentTokens

TASK = "provinces/fujian/tasks/fujian-55"
BRANCHES = [
    Branch(province="fujian", name="Fujian", name_zh="福建"),
    Branch(province="jiangxi", name="Jiangxi", name_zh="江西"),
]


def a_play(told: list[str]) -> Play:
    """A play that is not running; what it tells is added to `told`."""
    script: Any = SimpleNamespace(tasks=[None] * 5_000, green="green-1", branches=BRANCHES, seed=1, outage="fujian")
    return Play(script, "", DevelopmentTokens(ops=""), lambda english, chinese: told.append(english))


def test_the_detection_is_told_before_what_follows_from_it() -> None:
    """Would break if the story said that a task was reassigned before the outage was seen."""
    told: list[str] = []
    play = a_play(told)
    observer = play.observer
    observer.take(event_pb2.Event(type="TaskCreated", province="fujian", task=TASK, external_id="green-1"))
    observer.begin_outage("fujian")
    moved = {"peer_province": "fujian", "placement": task_pb2.PLACEMENT_EVACUATED, "generation": 2}
    observer.take(event_pb2.Event(type="MoveAccepted", province="jiangxi", task=TASK, **moved))
    person = "provinces/jiangxi/operators/jiangxi-op-7"
    observer.take(event_pb2.Event(type="OfferMade", province="jiangxi", task=TASK, operator=person))
    assert told == []
    observer.take(event_pb2.Event(type="SiteLost", province="fujian"))
    assert [line.split(" ")[0] for line in told] == ["Fujian", "The", "First", "jiangxi-op-7"]


def busy_picture() -> monitor_pb2.Overview:
    """A national picture with large numbers in it."""
    picture = monitor_pb2.Overview()
    picture.totals.open_tasks.queued = 1_234
    picture.totals.open_tasks.assigned = 546
    picture.totals.shared_open_count = 1_033
    picture.totals.signed_in_operators = 461
    picture.provinces.add(province="fujian", state=province_pb2.PROVINCE_STATE_UNREACHABLE)
    return picture


@pytest.mark.parametrize("locale", ["en_US.UTF-8", "zh_CN.UTF-8"])
@pytest.mark.parametrize(("width", "height"), [(80, 24), (100, 30), (120, 24), (160, 50)])
def test_the_newest_lines_and_whole_counters_fit_the_window(
    monkeypatch: pytest.MonkeyPatch, width: int, height: int, locale: str
) -> None:
    """Would break if the place where the claim goes were below the lower edge, or a counter were cut in two."""
    monkeypatch.setenv("LC_ALL", locale)
    console = Console(file=io.StringIO(), width=width, height=height, force_terminal=True, color_system=None)
    view = DemoView(console, "sharedops demo")
    play = view.play = a_play([])
    play.observer.take_picture(busy_picture())
    play.observer.created.update((f"t{number}", "") for number in range(5_000))
    for number in range(40):
        view.tell(
            f"Happening {number} in English, which is told at some length, as it is", f"第 {number} 件事，用中文讲述"
        )
    lines = console.render_lines(view._screen(), pad=False)
    text = ["".join(segment.text for segment in line) for line in lines]
    assert len(text) < height
    assert max(map(cell_len, text)) <= width
    assert any("Happening 39" in line for line in text)
    assert "5,000 / 5,000" in "\n".join(text)
    counters = next(line for line in text if "1,033" in line)
    assert all(number in counters for number in ("1,234", "546", "461"))
    assert "unreachable" in counters or "失联" in counters
    play.progress.is_over = True
    assert "1,033" not in "\n".join(
        "".join(segment.text for segment in line) for line in console.render_lines(view._screen())
    )


@pytest.mark.parametrize(("count_met", "is_told"), [(True, True), (False, False)])
def test_a_missed_time_limit_alone_is_explained(count_met: bool, is_told: bool) -> None:
    """Would break if a stranger on a busy machine took a late detection for a fault, or a lost task were excused by load."""
    console = Console(file=(out := io.StringIO()), width=100)
    late = Check(met=False, chinese="发现断电", english="seen", is_time=True)
    findings: Any = SimpleNamespace(report=SimpleNamespace(problems=[]))
    show_checks(console, [Check(met=count_met, chinese="丢失", english="lost"), late], findings)
    assert ("not representative" in out.getvalue()) is is_told
