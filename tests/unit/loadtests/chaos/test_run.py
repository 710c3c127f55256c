"""What a chaos run decides without a system."""

import asyncio
import tempfile
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType

import msgspec
import pytest
import typer
from typer.testing import CliRunner

from gateway.v1 import monitor_pb2, task_pb2, work_pb2
from loadtests.catalogue import POPULATION_MILLIONS
from loadtests.chaos import backups, run, site_outage, supervision
from loadtests.chaos.__main__ import chaos
from loadtests.chaos.calls import outcome_of
from loadtests.chaos.history import FAILED, REFUSED, UNKNOWN
from loadtests.chaos.journals import Journals
from loadtests.chaos.provinces import choose_provinces
from loadtests.chaos.rest import at_rest
from loadtests.chaos.run import ChaosRun, Settings, deaths, proxied
from loadtests.chaos.storm import Answers, Injected
from loadtests.chaos.workbenches import unary_request
from loadtests.wire import DevelopmentTokens
from tests.unit.loadtests.chaos.told import operation


def test_provinces_are_chosen_by_number_or_by_code() -> None:
    """Would break if `--provinces 3` meant another three tomorrow, or 36 not all of them."""
    assert choose_provinces("3") == ("guangdong", "henan", "shandong")
    assert choose_provinces("fujian, jiangxi") == ("fujian", "jiangxi")
    assert choose_provinces("") == choose_provinces(str(len(POPULATION_MILLIONS))) == ()


@pytest.mark.parametrize("wanted", ["0", "99", "fujian,atlantis"])
def test_provinces_that_do_not_exist_are_refused_before_anything_starts(wanted: str) -> None:
    """Would break if a slip of the finger started all 36 of them, or ended in a report full of violations."""
    with pytest.raises(ValueError, match="province"):
        choose_provinces(wanted)
    # The command as documented, without a seed: what is wrong is the province alone.
    done = CliRunner().invoke(_command(chaos), ["--seconds", "60", "--provinces", wanted])
    assert (done.exit_code, "--provinces" in done.output) == (2, True)


@pytest.mark.parametrize("row", [backups, site_outage, supervision])
def test_the_rows_refuse_provinces_that_do_not_exist_as_a_wrong_use(row: ModuleType) -> None:
    """Would break if a misspelt province started a system, failed with it, and looked like a promise that did not hold."""
    done = CliRunner().invoke(_command(row.main), ["--provinces", "fujian,atlantis"])
    assert (done.exit_code, "--provinces" in done.output) == (2, True)


@pytest.mark.parametrize(
    ("held", "is_named", "is_kept"),
    [(True, False, False), (True, True, True), (False, False, True), (None, False, True)],
)
def test_what_a_run_wrote_is_removed_unless_somebody_wants_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, held: bool | None, is_named: bool, is_kept: bool
) -> None:
    """Each run left 50 MB behind, whose place nobody knew any more; and what a failed one wrote is all that there is to go by."""
    module = import_module("loadtests.chaos.__main__")
    made: list[Path] = []

    class Run:
        def __init__(self, settings: Settings, say: object) -> None:
            del say
            made.append(settings.directory)

        async def run(self) -> None:
            made[0].mkdir(exist_ok=True)
            (made[0] / "history.jsonl").touch()
            if held is None:
                raise OSError("no room")

    class Verdict(msgspec.Struct):
        ok: bool

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(module, "ChaosRun", Run)
    monkeypatch.setattr(module, "make_report", lambda *_: Verdict(bool(held)))
    monkeypatch.setattr(module, "to_markdown", lambda _: "# report")
    named = ["--data-dir", str(tmp_path / "named")] if is_named else []
    done = CliRunner().invoke(_command(chaos), ["--report", str(tmp_path / "report"), *named])
    assert (done.exit_code == 0) is bool(held)
    assert made[0].exists() is is_kept
    assert (f"what it wrote is kept in {made[0]}" in done.output) is is_kept
    assert (tmp_path / "report" / "report.md").exists() is (held is not None)


def _command(function: Callable[..., None]) -> typer.Typer:
    command = typer.Typer()
    command.command()(function)
    return command


def test_every_other_province_has_a_cable_that_can_be_pulled() -> None:
    """Would break if no province, or every one, stood behind a proxy."""
    assert proxied(("a", "b", "c", "d")) == ["b", "d"]
    assert proxied(("a",)) == ["a"]


def _picture(**counts: int) -> monitor_pb2.Overview:
    out, into = monitor_pb2.ProvinceOverview(shared_out_open_count=2), monitor_pb2.ProvinceOverview()
    totals = monitor_pb2.NationalTotals(open_tasks=monitor_pb2.OpenTaskCounts(queued=5, **counts), shared_open_count=2)
    return monitor_pb2.Overview(provinces=[out, into], totals=totals)


@pytest.mark.parametrize("state", ["moving", "offered", "assigned", "in_progress"])
def test_a_country_in_which_something_moves_or_is_held_is_not_at_rest(state: str) -> None:
    """Would break if the journals were read while tasks were still between two of them."""
    assert at_rest(_picture())
    assert not at_rest(_picture(**{state: 1}))


def test_a_home_that_does_not_know_yet_where_its_task_is_means_no_rest() -> None:
    """Would break if an outcome on its way home were forgotten."""
    picture = _picture()
    picture.provinces[1].shared_out_open_count = 1
    assert not at_rest(picture)


@pytest.mark.parametrize(
    ("code", "outcome"), [(9, REFUSED), (3, REFUSED), (8, FAILED), (14, UNKNOWN), (4, UNKNOWN), (13, UNKNOWN)]
)
def test_a_status_says_whether_the_operation_can_have_happened(code: int, outcome: str) -> None:
    """Would break if a broken connection were taken for a refusal: the write may be on disk."""
    assert outcome_of(code) == outcome


def test_an_action_of_the_stream_is_repeated_as_the_same_unary_request() -> None:
    """Would break if the repetition had other content: it would be refused, and prove nothing."""
    complete = work_pb2.CompleteAction(
        task="provinces/fujian/tasks/fujian-1", token=3, verdict=task_pb2.VERDICT_APPROVED, amount_fen=7
    )
    action = work_pb2.WorkAction(operator="provinces/fujian/operators/anne", request_id="r1", complete=complete)
    assert unary_request(action) == work_pb2.CompleteAssignmentRequest(
        operator="provinces/fujian/operators/anne",
        request_id="r1",
        task="provinces/fujian/tasks/fujian-1",
        token=3,
        verdict=task_pb2.VERDICT_APPROVED,
        amount_fen=7,
    )


def test_a_window_lasts_as_long_as_the_fault_did_and_its_allowance_after() -> None:
    """Would break if a fault that took longer to heal than planned were not excused while it lasted."""
    kept_up = Injected(number=1, kind="disk_full", province="fujian", begun_s=10.0, healed_s=20.0)
    assert (kept_up.window.begin_s, kept_up.window.end_s) == (10.0, 24.0)
    under_way = Injected(number=1, kind="disk_full", province="fujian", begun_s=10.0)
    assert under_way.window.end_s == 18.0


async def test_an_answer_is_waited_for_until_it_comes() -> None:
    """Would break if an answer of somebody else, or a refusal, were taken for the recovery."""
    answers = Answers()
    waiting = asyncio.create_task(answers.next(lambda ended: ended.identity == "desk:fujian", 10.0))
    await asyncio.sleep(0)
    answers.ended(operation("accept", 1.0, identity="desk:jiangxi"))
    answers.ended(operation("accept", 1.0, identity="desk:fujian", outcome=REFUSED))
    await asyncio.sleep(0)
    assert not waiting.done()
    answers.ended(operation("accept", 1.0, identity="desk:fujian"))
    assert await waiting


async def test_an_answer_that_does_not_come_is_no_recovery() -> None:
    """Would break if silence were reported as a time."""
    assert not await Answers().next(lambda ended: True, 0.0)


def test_load_that_died_is_told() -> None:
    """A workbench whose stream ended in an error of ours asked nothing more, and the run held."""

    async def dies() -> None:
        raise ValueError("no such kind")

    async def ends() -> None:
        return None

    async def told() -> list[str]:
        loads = [asyncio.create_task(job) for job in (dies(), ends(), asyncio.Event().wait(), asyncio.Event().wait())]
        loads[2].cancel()
        await asyncio.wait(loads[:3])
        found = deaths(loads)  # type: ignore[arg-type]
        loads[3].cancel()
        return found

    assert asyncio.run(told()) == ["a part of the load died: ValueError('no such kind')"]


@pytest.mark.parametrize("ends", [True, False])
async def test_a_run_looks_at_its_load_and_at_how_its_system_went(
    ends: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Either may be found out and told to nobody: the run held."""

    async def dies() -> None:
        raise ValueError("no such kind")

    async def read_journals(*_: object) -> Journals:
        return Journals()

    async def stop() -> bool:
        return ends

    monkeypatch.setattr(run, "read_journals", read_journals)
    chaos_run = ChaosRun(Settings(seconds=1.0, seed=1, directory=tmp_path), print)
    monkeypatch.setattr(chaos_run._system, "stop", stop)
    chaos_run._loads += [asyncio.create_task(dies()), asyncio.create_task(asyncio.Event().wait())]
    await asyncio.wait(chaos_run._loads[:1])
    await chaos_run._check(None, DevelopmentTokens(ops="ops"))  # type: ignore[arg-type]
    await chaos_run._close()
    assert chaos_run.result.broken == "a part of the load died: ValueError('no such kind')"
    assert chaos_run.result.stopped_cleanly is ends
    assert all(load.done() for load in chaos_run._loads)
