"""A made-up past is a real one: the same journals that production would have written, only faster."""

from pathlib import Path

import msgspec
import pytest

from actors.country_file import load_country
from actors.store import Store, open_store
from actors.testing.history import DESKS, HistoryPlan, write_history
from actors.verification.directory import verify_directory
from actors.verification.report import Report

TASKS = 800
QUEUED = 30


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An empty store of two provinces."""
    opened = open_store(tmp_path / "data", tuple(entry.province for entry in load_country(None).provinces[:2]))
    opened.release()
    return opened


def _plan(store: Store) -> HistoryPlan:
    country = load_country(None)
    settings = tuple(entry for entry in country.provinces if entry.province in store.identity.provinces)
    return HistoryPlan(
        store_id=store.store_id,
        journals=str(store.directory / "journals"),
        provinces=settings,
        kinds=country.kinds,
        limits=country.limits,
        tasks=dict.fromkeys(store.identity.provinces, TASKS),
        queued={store.identity.provinces[0]: QUEUED},
        start_ms=1_700_000_000_000,
    )


def test_every_task_is_decided_once_some_elsewhere_and_the_journals_agree(store: Store) -> None:
    """A start-up measured on journals that `verify` would refuse, or without moves, would prove nothing."""
    seen: list[int] = []
    assert write_history(_plan(store), seen.append) == 2 * TASKS
    report = verify_directory(store.directory)
    assert report.problems == []
    assert (report.tasks_created, report.tasks_decided, report.tasks_open) == (2 * TASKS + QUEUED, 2 * TASKS, QUEUED)
    assert report.tasks_decided_shared > 0
    assert report.ledger_legs == 2 * report.tasks_decided_shared
    assert seen[-1] == 2 * TASKS


def test_it_is_the_same_past_each_time(tmp_path: Path, store: Store) -> None:
    """Two runs of a measurement could not be compared if each had another past."""
    write_history(_plan(store))
    first = verify_directory(store.directory)
    other = Store(tmp_path / "other", store.identity)
    (other.directory / "journals").mkdir(parents=True)
    (other.directory / "store.json").write_bytes((store.directory / "store.json").read_bytes())
    write_history(_plan(other))
    assert _untimed(verify_directory(other.directory)) == _untimed(first)
    assert DESKS < TASKS


def _untimed(report: Report) -> Report:
    return msgspec.structs.replace(report, seconds=0, events_per_second=0)
