"""`sharedops drill`: its file of objectives, its JSON, its page, and what it refuses before anything is started."""

import asyncio
import contextlib
import errno
import io
import json
import re
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import grpc
import grpc.aio
import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner

from actors.core.drills.record import DrillKind
from actors.country_file import load_country
from gateway.command import app, drill_run
from gateway.command.drill_client import DrillClient
from gateway.command.drill_kinds import KINDS
from gateway.command.drill_neighbours import borders, with_neighbours
from gateway.command.drill_objectives import SHIPPED, ObjectivesError, read_objectives
from gateway.command.drill_outcome import outcome_of, verdict_of
from gateway.command.drill_page import page_of
from gateway.command.drill_run import Done
from gateway.command.drill_stage import LOADED_PER_S, pace
from gateway.command.drill_view import show_drills, show_kinds, show_report
from gateway.conversion.drill import KINDS_OUT
from gateway.v1 import drill_pb2, drill_pb2_grpc
from loadtests.catalogue import Kind, Line
from loadtests.wire import open_channel
from tests.unit.loadtests.locusts.test_metering import refusal

FIGURES = {
    "detected_ms": 3_120,
    "first_reassigned_ms": 3_500,
    "all_moved_ms": 9_000,
    "recovered_ms": 3_400,
    "moved": 5_000,
    "stayed": 0,
    "lost": 0,
    "decided_twice": 0,
    "eligible_permille": 1_000,
    "lender_on_time_drop_permille": 4,
}


def ended(**fields: Any) -> drill_pb2.Drill:
    """A drill that has passed."""
    report = drill_pb2.DrillReport(
        passed=True,
        figures=[drill_pb2.DrillFigure(figure=name, value=value) for name, value in FIGURES.items()],
        judgements=[
            drill_pb2.DrillJudgement(
                objective=drill_pb2.DrillObjective(figure="detected_ms", at_most=4_000), value=3_120, met=True
            ),
            drill_pb2.DrillJudgement(
                objective=drill_pb2.DrillObjective(figure="all_moved_ms", at_most=8_000), value=9_000
            ),
        ],
        helpers=[drill_pb2.DrillHelper(province="jiangxi", task_count=5_000)],
        timeline=[
            drill_pb2.DrillMoment(time_ms=1_800_000_000_000 + after_ms, what=what)
            for after_ms, what in ((0, "started"), (100, "struck"), (3_220, "detected"), (12_000, "lifted"))
        ],
        moved=[
            drill_pb2.DrillMovedPoint(after_ms=3_400, task_count=1),
            drill_pb2.DrillMovedPoint(after_ms=9_000, task_count=5_000),
        ],
        notes=["<b>nothing</b> to compare"],
    )
    known: dict[str, Any] = {
        "name": "drills/drill-1",
        "kind": drill_pb2.DRILL_KIND_SITE_OUTAGE,
        "provinces": ["fujian"],
        "state": drill_pb2.DRILL_STATE_SUCCEEDED,
        "start_time_ms": 1_800_000_000_000,
        "strike_time_ms": 1_800_000_000_100,
        "lift_time_ms": 1_800_000_012_000,
        "report": report,
    }
    return drill_pb2.Drill(**known | fields)


@pytest.mark.parametrize("kind", list(DrillKind))
def test_every_kind_has_objectives_words_and_a_name_on_the_wire(kind: DrillKind) -> None:
    """A kind that is listed must be whole: a drill without objectives passes whatever happens."""
    figures = [objective.figure for objective in read_objectives(SHIPPED, kind)]
    assert {"lost", "decided_twice"} <= set(figures)
    assert KINDS[kind].duration_s
    assert kind in KINDS_OUT


@pytest.mark.parametrize("width", [60, 80, 140])
def test_the_kinds_are_listed_whole_on_any_terminal(width: int) -> None:
    """At 80 columns the Chinese was cut in the middle, and with it what would be done to a province."""
    screen = io.StringIO()
    show_kinds(Console(file=screen, width=width, color_system=None))
    cells = [line.split("│") for line in screen.getvalue().splitlines() if line.startswith("│")]
    shown = "".join(row[3].strip() for row in cells)
    assert shown == "".join(KINDS[kind].chinese for kind in DrillKind)
    assert " ".join(" ".join(row[2] for row in cells).split()) == " ".join(KINDS[kind].english for kind in DrillKind)


def test_a_drill_of_the_list_and_a_figure_can_be_read_at_80_columns() -> None:
    """The list said `drills/dril…`, and nobody at such a terminal knew which drill to abort."""
    screen = io.StringIO()
    console = Console(file=screen, width=80, color_system=None)
    reason = "drill-11: drill-10 is running; somebody had forgotten it"
    drill = ended(name="drills/drill-11", kind=drill_pb2.DRILL_KIND_GATEWAY_PARTITION, reason=reason)
    drill.provinces.extend(["fujian", "zhejiang", "guangdong", "hunan", "anhui"])
    drill.report.figures.append(drill_pb2.DrillFigure(figure="customer_extra_wait_ms", value=1))
    show_drills(console, [drill])
    show_report(console, drill)
    words = [cell.strip() for line in screen.getvalue().splitlines() for cell in line.split("│")]
    assert {"drill-11", "gateway-partition", "customer_extra_wait_seconds"} <= set(words)
    assert "…" not in screen.getvalue()


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("[snow-storm]\nlost = {at_most = 0}\n", "no table"),
        ("[site-outage]\nbeauty = {at_most = 0}\n", "no figure beauty"),
        ("[site-outage]\nlost = {}\n", "exactly one"),
        ("[site-outage]\nlost = {at_most = 0, at_least = 0}\n", "exactly one"),
        ("[site-outage]\nlost = {at_most = -1}\n", "-1|>= 0"),
        ("[site-outage]\nlost = {at_mots = 0}\n", "at_mots"),
        ("[site-outage\n", "line 1"),
    ],
)
def test_a_slip_in_the_objectives_is_told(tmp_path: Path, text: str, wrong: str) -> None:
    """A misspelt bound that is ignored is an objective that nothing can miss."""
    path = tmp_path / "objectives.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ObjectivesError, match=wrong):
        read_objectives(path, DrillKind.SITE_OUTAGE)


def test_objectives_that_are_not_there_are_named_once(tmp_path: Path) -> None:
    """The name was told twice, with an error number between."""
    path = tmp_path / "none.toml"
    with pytest.raises(ObjectivesError) as told:
        read_objectives(path, DrillKind.SITE_OUTAGE)
    assert str(told.value) == f"{path}: No such file or directory"


def test_the_json_has_the_fields_of_the_contract_in_seconds_and_ratios() -> None:
    """Whoever reads the line by program reads these names; a figure that was not seen is null, never 0."""
    outcome = outcome_of(ended())
    wanted = {
        "kind": "site-outage",
        "province": "fujian",
        "detected_seconds": 3.12,
        "first_reassigned_seconds": 3.5,
        "all_moved_seconds": 9.0,
        "recovered_seconds": 3.4,
        "moved": 5_000,
        "lost": 0,
        "decided_twice": 0,
        "eligible_ratio": 1.0,
        "lender_on_time_drop": 0.4,
        "lender_wait_p95_ratio": None,
        "passed": True,
        "missed": ["all_moved_seconds"],
    }
    assert {name: outcome[name] for name in wanted} == wanted
    assert json.loads(json.dumps(outcome)) == outcome


@pytest.mark.parametrize(
    ("state", "verdict"),
    [
        (drill_pb2.DRILL_STATE_SUCCEEDED, "PASSED 通过"),
        (drill_pb2.DRILL_STATE_FAILED, "FAILED 未通过"),
        (drill_pb2.DRILL_STATE_ABORTED, "ABORTED 已中止"),
        (drill_pb2.DRILL_STATE_RUNNING, "RUNNING 进行中"),
        (drill_pb2.DRILL_STATE_PENDING, "NOT BEGUN 未开始"),
    ],
)
def test_a_drill_that_is_not_over_has_not_failed(state: drill_pb2.DrillState, verdict: str) -> None:
    """Would break if whoever looks at a drill that runs were told that it failed."""
    drill = ended(state=state)
    assert verdict_of(outcome_of(drill)) == verdict
    assert verdict in page_of(drill)


def test_a_drill_that_did_not_succeed_has_not_passed() -> None:
    """An aborted drill whose figures are fine has proved nothing."""
    assert not outcome_of(ended(state=drill_pb2.DRILL_STATE_ABORTED))["passed"]
    assert not outcome_of(ended(state=drill_pb2.DRILL_STATE_FAILED, report=None))["passed"]


def test_the_page_stands_alone_and_escapes_what_people_wrote() -> None:
    """It is sent by mail and opened without a network; a reason must not become a script."""
    page = page_of(ended(reason="<script>alert(1)</script>"))
    assert not re.search(r"(src|href)=|@import|url\(|<script|<b>", page)
    picture = ElementTree.fromstring(page[page.index("<svg") : page.index("</svg>") + len("</svg>")])  # noqa: S314 - ours
    [curve] = picture.iter("polyline")
    points = [tuple(map(float, point.split(","))) for point in curve.attrib["points"].split()]
    assert points == sorted(points)
    assert len(points) == 2
    assert "detected 发现 3.2 s" in page
    assert "未达标" in page
    assert page_of(ended(report=drill_pb2.DrillReport(), state=drill_pb2.DRILL_STATE_ABORTED)).endswith("</html>\n")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--self-contained", "--province", "fujain"], "did you mean fujian"),
        (["--self-contained"], "--province says"),
        (["--self-contained", "--province", "fujian", "--provinces", "1"], "must be 2 to"),
        (["--province", "fujian", "--data-dir", "nowhere"], "no development tokens"),
    ],
)
def test_a_run_that_cannot_be_is_refused_at_once(arguments: list[str], told: str) -> None:
    """Half a minute of starting is a long time to wait for "no such province"."""
    refused = CliRunner().invoke(app, ["drill", "run", "site-outage", *arguments, "--json"])
    assert refused.exit_code == 2
    answer = json.loads(refused.stdout.splitlines()[-1])
    assert not answer["passed"]
    assert told in answer["problem"]


def test_a_dry_run_says_what_would_be_started() -> None:
    """Nothing is started: the test would take half a minute otherwise."""
    shown = CliRunner().invoke(
        app,
        [
            "drill",
            "run",
            "site-outage",
            "--province",
            "fujian",
            "--self-contained",
            "--provinces",
            "3",
            "--dry-run",
            "--json",
        ],
    )
    assert shown.exit_code == 0
    plan = json.loads(shown.stdout.splitlines()[-1])
    assert plan["struck"] == ["fujian"]
    assert len(plan["provinces"]) == 3
    assert "fujian" in plan["provinces"]


def test_an_interrupted_run_says_so_and_names_what_it_leaves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever presses Ctrl-C would find a folder later and not know what it is of, or a script would take it for a missed objective."""

    @contextlib.asynccontextmanager
    async def interrupted(*arguments: object, **options: object) -> AsyncIterator[None]:
        # What asyncio makes of Ctrl-C.
        raise asyncio.CancelledError
        yield

    monkeypatch.setattr("gateway.command.drill_run.own_system", interrupted)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    words = ["drill", "run", "site-outage", "--province", "fujian", "--self-contained", "--provinces", "2", "--json"]
    done = CliRunner().invoke(app, words)
    answer = json.loads(done.stdout.splitlines()[-1])
    [kept] = tmp_path.iterdir()
    assert (done.exit_code, answer["passed"]) == (130, False)
    assert answer["problem"].startswith("interrupted") and str(kept) in answer["problem"]
    assert "starting 2 provinces" in done.stderr, (
        "half a minute of silence, with the whole country, looked like nothing at all"
    )


def test_an_interrupted_run_on_a_running_system_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Silence after Ctrl-C leaves open whether anything was heard."""

    async def interrupted(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(drill_run, "run_drill", interrupted)
    words = ["drill", "run", "site-outage", "--province", "fujian", "--token", "any", "--json"]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 130
    assert json.loads(done.stdout.splitlines()[-1])["problem"].startswith("interrupted")


def interrupted_question() -> bool:
    """What typer makes of a question at which somebody presses Ctrl-C, if that arrives."""
    try:
        signal.raise_signal(signal.SIGINT)
    except KeyboardInterrupt:
        raise typer.Abort from None
    return False


def question_without_answer() -> bool:
    """What typer makes of a question whose input has ended."""
    try:
        raise EOFError
    except EOFError:
        raise typer.Abort from None


@pytest.mark.parametrize(
    ("question", "code", "told", "followed"),
    [
        (interrupted_question, 130, "interrupted", 0),
        (lambda: False, 2, "nothing was done", 0),
        (question_without_answer, 2, "nothing was done", 0),
        (lambda: True, 0, "", 1),
    ],
)
def test_whoever_is_asked_may_say_no_or_nothing_or_press_ctrl_c(
    question: Callable[[], bool], code: int, told: str, followed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first Ctrl-C at the question was swallowed, and the second, or no answer, ended the command with another code than is said."""
    runs: list[str] = []

    async def follow(*_: object) -> Done:
        runs.append("followed")
        return Done(ended(), outcome_of(ended()), held=True)

    async def show(_client: object, _wanted: object, console: Console) -> dict[str, int]:
        console.print("the plan")
        return {}

    monkeypatch.setattr(drill_run, "_shown", show)
    monkeypatch.setattr(drill_run, "_followed", follow)
    monkeypatch.setattr(typer, "confirm", lambda *_, **_options: question())
    done = CliRunner().invoke(app, ["drill", "run", "site-outage", "--province", "fujian", "--token", "any"])
    assert (done.exit_code, len(runs), done.stdout.count("the plan")) == (code, followed, 1)
    assert told in done.stderr


class Silent:
    """A gateway that takes an order to begin and never answers it."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.aborted: list[drill_pb2.AbortDrillRequest] = []

    async def StartDrill(self, request: drill_pb2.StartDrillRequest, **_options: object) -> drill_pb2.Drill:  # noqa: N802
        """See the contract."""
        self.begun.set()
        await asyncio.Event().wait()
        raise AssertionError

    async def AbortDrill(self, request: drill_pb2.AbortDrillRequest, **_options: object) -> drill_pb2.Drill:  # noqa: N802
        """See the contract."""
        self.aborted.append(request)
        return drill_pb2.Drill(name=request.name)


def test_a_run_interrupted_while_it_begins_a_drill_aborts_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The order may have arrived: the province stayed dark for as long as the drill lasts, with nobody at the command."""

    async def interrupted() -> list[drill_pb2.AbortDrillRequest]:
        stub = Silent()
        monkeypatch.setattr(drill_pb2_grpc, "DrillServiceStub", lambda _channel: stub)
        async with open_channel("127.0.0.1:1") as channel:
            starting = asyncio.create_task(DrillClient(channel, "t").start("drills/drill-1"))
            await stub.begun.wait()
            starting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await starting
        return stub.aborted

    assert [request.name for request in asyncio.run(interrupted())] == ["drills/drill-1"]


class Refusing(Silent):
    """A gateway whose country refuses to begin a drill, or to say anything of one.

    Args:
        refused: with what.
    """

    def __init__(self, refused: grpc.aio.AioRpcError) -> None:
        super().__init__()
        self.asked = 0
        self._refused = refused

    async def StartDrill(self, request: drill_pb2.StartDrillRequest, **_options: object) -> drill_pb2.Drill:  # noqa: N802
        """See the contract."""
        raise self._refused

    async def ListDrills(  # noqa: N802
        self, request: drill_pb2.ListDrillsRequest, **_options: object
    ) -> drill_pb2.ListDrillsResponse:
        """See the contract."""
        self.asked += 1
        raise self._refused


async def asked(stub: Refusing, ask: Callable[[DrillClient], Awaitable[object]], patch: pytest.MonkeyPatch) -> None:
    """Put a question that is refused."""
    patch.setattr(drill_pb2_grpc, "DrillServiceStub", lambda _channel: stub)
    async with open_channel("127.0.0.1:1") as channel:
        with pytest.raises(grpc.aio.AioRpcError):
            await ask(DrillClient(channel, "t"))


async def test_a_drill_that_may_not_begin_is_not_left_to_be_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    """While another one ran, each try left a drill that stood in the list as pending for ever."""
    stub = Refusing(refusal(grpc.StatusCode.FAILED_PRECONDITION, "WRONG_STATE"))
    await asked(stub, lambda client: client.start("drills/drill-2"), monkeypatch)
    assert [request.name for request in stub.aborted] == ["drills/drill-2"]
    assert stub.aborted[0].reason.startswith("refused: ")


async def test_nobody_waits_for_a_coordinator_that_cannot_use_its_journal(monkeypatch: pytest.MonkeyPatch) -> None:
    """It asks for half a minute's pause: after eight tries, nearly four minutes, the command said what it had known at once."""
    stub = Refusing(refusal(grpc.StatusCode.UNAVAILABLE, "JOURNAL_UNUSABLE", retry_ms=30_000))
    await asked(stub, lambda client: client.list(50), monkeypatch)
    assert stub.asked == 1


def full(_path: Path, _drill: drill_pb2.Drill) -> None:
    """A disk without room."""
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("command", ["run", "show"])
def test_a_report_is_shown_though_its_page_cannot_be_written(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk was full: the drill took minutes, and all that was left of it was a traceback."""
    module = sys.modules["gateway.command.drill"]

    async def run(*_arguments: object) -> Done:
        return Done(ended(), outcome_of(ended()), held=True)

    monkeypatch.setattr(drill_run, "run_drill", run)
    monkeypatch.setattr(module, "_ask", lambda *_arguments, **_options: ended())
    monkeypatch.setattr(module, "write_page", full)
    words = {"run": ["run", "site-outage", "--province", "fujian"], "show": ["show", "drill-1"]}[command]
    done = CliRunner().invoke(app, ["drill", *words, "--html", str(tmp_path / "page.html"), "--token", "any", "--json"])
    answer = json.loads(done.stdout.splitlines()[-1])
    assert (done.exit_code, answer["passed"], answer["detected_seconds"]) == (1, True, 3.12)
    assert "No space left on device" in answer["problem"] and "No space left on device" in done.stderr


def test_neighbours_are_branches_of_the_country_and_mutual() -> None:
    """A misspelt neighbour would make every regional drill around it fail half a minute after its start."""
    known = {str(entry.province) for entry in load_country().provinces}
    found = borders()
    assert set(found) == known
    assert all(code in found[other] for code, others in found.items() for other in others)
    assert all(len(others) == len(set(others)) for others in found.values())
    assert with_neighbours(("ningbo",)) == ("ningbo", "zhejiang")


def test_a_surge_shows_its_waits_in_the_page_and_its_figures_in_the_json() -> None:
    """The curve is what people look at: whether the wait came back, and under which line."""
    report = drill_pb2.DrillReport(
        figures=[drill_pb2.DrillFigure(figure="eased_ms", value=42_000)],
        timeline=[
            drill_pb2.DrillMoment(time_ms=1_800_000_000_000 + after_ms, what=what)
            for after_ms, what in ((100, "struck"), (30_000, "peak"), (72_000, "eased"), (77_000, "lifted"))
        ],
        waits=[
            drill_pb2.DrillWaitPoint(after_ms=after_ms, wait_ms=wait_ms, release_ms=3_000)
            for after_ms, wait_ms in ((0, 0), (30_000, 9_000), (72_000, 2_000))
        ],
    )
    surge = ended(kind=drill_pb2.DRILL_KIND_SURGE, factor_permille=3_000, report=report)
    page = page_of(surge)
    picture = ElementTree.fromstring(page[page.index("<svg") : page.index("</svg>") + len("</svg>")])  # noqa: S314 - ours
    waits, release = picture.iter("polyline")
    assert len(waits.attrib["points"].split()) == len(release.attrib["points"].split()) == 3
    assert "等候回落" in page
    assert outcome_of(surge)["eased_seconds"] == 42.0


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (["surge", "--factor", "2.5"], {"factor": 2.5, "shadow_tasks": 0, "tasks": 0}),
        (["site-outage", "--shadow-tasks", "50"], {"factor": 1.0, "shadow_tasks": 50, "tasks": 5_000}),
    ],
)
def test_a_dry_run_says_what_would_be_made_up(arguments: list[str], wanted: dict[str, float]) -> None:
    """People are to work on it: they want to know before."""
    shown = CliRunner().invoke(
        app, ["drill", "run", *arguments, "--province", "fujian", "--self-contained", "--dry-run", "--json"]
    )
    assert shown.exit_code == 0, shown.output
    plan = json.loads(shown.stdout.splitlines()[-1])
    assert {name: plan[name] for name in wanted} == wanted


def test_people_are_as_busy_as_was_told() -> None:
    """A drill at "80 %" with people who are idle shows helpers that a real day does not have."""
    kinds = [Kind(kind="medical", line=Line.CLAIMS), Kind(kind="address", line=Line.SERVICING)]
    handle_s = pace(kinds, people=100, load=0.8).seconds_per_minute * (15.0 + 6.0) / 2
    assert handle_s * LOADED_PER_S == pytest.approx(0.8 * 100)
