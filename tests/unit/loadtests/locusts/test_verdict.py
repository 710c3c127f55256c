from pathlib import Path

import pytest

from gateway.v1 import task_pb2
from loadtests.locusts.findings import Decided, Findings, Happened, Read, compare
from loadtests.locusts.ledger import Acknowledged
from loadtests.locusts.objectives import Objectives, ObjectivesUnusable, percentile_ms, read_objectives
from loadtests.locusts.verdict import FAILED, HELD, MISSED, Figures, judge

OBJECTIVES = Objectives(create_p99_ms=100, on_time_permille=900)
DONE = task_pb2.TASK_STATE_COMPLETED


def findings(tasks: dict[str, Read | None], events: list[Decided], acknowledged: Acknowledged) -> Findings:
    """What is found when the journals hold these tasks and decisions."""
    found = Findings()
    happened = Happened("run", acknowledged.tasks, found)
    for name, external_id in acknowledged.tasks.items():
        happened.created(name, external_id)
    for event in events:
        happened.decided(event)
    happened.settle()
    compare(acknowledged, tasks, happened.decisions, found)
    return found


def sound() -> tuple[dict[str, Read | None], list[Decided], Acknowledged]:
    """Two tasks, decided as told."""
    tasks: dict[str, Read | None] = {
        name: Read(f"run-{name}", DONE, operator="x", verdict=1, amount_fen=7, is_on_time=True) for name in ("a", "b")
    }
    events = [Decided(name, "x", 1, 7) for name in tasks]
    told = Acknowledged(
        created=2,
        decided=2,
        tasks={name: f"run-{name}" for name in tasks},
        decisions=dict.fromkeys(tasks, ("x", 1, 7)),
    )
    return tasks, events, told


def test_all_held_is_0() -> None:
    """Would break if a good run were called a bad one."""
    verdict = judge(Figures(calls=9, measured={"create_p99_ms": 100.0}), findings(*sound()), OBJECTIVES)
    assert verdict.exit_code == HELD == 0, verdict.lines


@pytest.mark.parametrize("measured", [101.0, None], ids=["too slow", "not measured"])
def test_a_missed_objective_is_3(measured: float | None) -> None:
    """Would break if a slow run passed, or one in which nothing was measured."""
    verdict = judge(Figures(calls=9, measured={"create_p99_ms": measured}), findings(*sound()), OBJECTIVES)
    assert verdict.exit_code == MISSED == 3


def test_too_many_late_is_3_and_what_a_file_leaves_out_is_not_judged() -> None:
    """Would break if broken promises went unseen."""
    tasks, events, told = sound()
    tasks["b"] = Read("run-b", DONE, operator="x", verdict=1, amount_fen=7, is_on_time=False)
    figures = Figures(calls=9, measured={"create_p99_ms": 1.0})
    assert judge(figures, findings(tasks, events, told), OBJECTIVES).exit_code == MISSED
    assert judge(figures, findings(tasks, events, told), Objectives()).exit_code == HELD


def test_a_failure_is_1_even_when_an_objective_is_missed_too() -> None:
    """Would break if a failed call were hidden behind a slow one; refusals that say when to come back are none."""
    slow: dict[str, float | None] = {"create_p99_ms": 5_000.0}
    failed = Figures(calls=9, failures=[(2, "CreateTask: INTERNAL")], measured=slow)
    refused = Figures(calls=9, refused=100, fenced=3, measured=slow)
    assert judge(failed, findings(*sound()), OBJECTIVES).exit_code == FAILED == 1
    assert judge(refused, findings(*sound()), OBJECTIVES).exit_code == MISSED
    assert judge(Figures(calls=9, troubles=["a worker gave no account"]), findings(*sound()), OBJECTIVES).exit_code == 1


@pytest.mark.parametrize("found", [None, Findings()], ids=["ended early", "no task at all"])
def test_a_run_that_proves_nothing_is_1(found: Findings | None) -> None:
    """Would break if a run that ended early, or did nothing, passed."""
    assert judge(Figures(measured={"create_p99_ms": 1.0}), found, Objectives()).exit_code == FAILED


def _lost(tasks: dict[str, Read | None], events: list[Decided], told: Acknowledged) -> None:
    tasks["a"] = None


def _another(tasks: dict[str, Read | None], events: list[Decided], told: Acknowledged) -> None:
    tasks["a"] = Read("run-z", DONE, operator="x", verdict=1, amount_fen=7)


def _open(tasks: dict[str, Read | None], events: list[Decided], told: Acknowledged) -> None:
    tasks["a"] = Read("run-a", task_pb2.TASK_STATE_QUEUED)
    events.pop(0)
    told.decisions.pop("a")


def _twice(tasks: dict[str, Read | None], events: list[Decided], told: Acknowledged) -> None:
    events.append(events[0])


def _nobody_told(tasks: dict[str, Read | None], events: list[Decided], told: Acknowledged) -> None:
    events.pop(0)


def _other_amount(tasks: dict[str, Read | None], events: list[Decided], told: Acknowledged) -> None:
    told.decisions["a"] = ("x", 1, 8)


def _doubled(tasks: dict[str, Read | None], events: list[Decided], told: Acknowledged) -> None:
    told.tasks["c"] = "run-a"
    tasks["c"] = Read("run-a", DONE, operator="x", verdict=1, amount_fen=7)
    events.append(Decided("c", "x", 1, 7))


def _two_processes(tasks: dict[str, Read | None], events: list[Decided], told: Acknowledged) -> None:
    told.problems.append("a: decided at two desks")


@pytest.mark.parametrize(
    "spoil", [_lost, _another, _open, _twice, _nobody_told, _other_amount, _doubled, _two_processes]
)
def test_every_contradiction_is_1(spoil) -> None:
    """Would break if something acknowledged could be lost, changed, left or decided twice without the run failing."""
    tasks, events, told = sound()
    spoil(tasks, events, told)
    verdict = judge(Figures(calls=9), findings(tasks, events, told), Objectives())
    assert verdict.exit_code == FAILED, verdict.lines


def test_other_peoples_tasks_are_no_matter() -> None:
    """Would break if tasks of an earlier run were taken for this one's."""
    tasks, events, told = sound()
    told.decisions["earlier"] = ("y", 1, 1)
    events.append(Decided("earlier", "y", 1, 1))
    found = findings(tasks, events, told)
    assert (found.contradictions, found.created_seen, found.decided_seen) == (0, 2, 2)


def test_percentiles_are_of_all_ways_together() -> None:
    """Would break if one slow way to create were hidden by a fast one, or nothing counted as fast."""
    assert percentile_ms([{1: 98}, {500: 1, 900: 1}], 0.99) == 500
    assert percentile_ms([{1: 100}, {900: 1}], 0.99) == 1
    assert percentile_ms([{}], 0.99) is None


def test_the_shipped_objectives_can_be_read_and_others_are_refused(tmp_path: Path) -> None:
    """Would break if a misspelt objective were silently not judged."""
    assert read_objectives().on_time_permille
    for text in ("create_p99 = 5", "promise_s = 0", "on_time_permille = 1001", "create_p99_ms = 'fast'", "="):
        path = tmp_path / "objectives.toml"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(ObjectivesUnusable):
            read_objectives(path)


def test_objectives_that_are_not_there_are_named_once(tmp_path: Path) -> None:
    """The name was told twice, with an error number between."""
    path = tmp_path / "none.toml"
    with pytest.raises(ObjectivesUnusable) as told:
        read_objectives(path)
    assert str(told.value) == f"{path}: No such file or directory"
