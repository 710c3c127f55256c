"""The machines of `test_model` can fail: each planted fault below makes one fail, always at the same example."""

from collections.abc import Callable

import pytest
from hypothesis.stateful import run_state_machine_as_test

from actors.journal import JournalError, MemoryJournal, SqliteJournal, sqlite_view
from actors.journal import sqlite_statements as sql
from tests.unit.journal.test_model import JournalMachine, MemoryMachine, SqliteMachine
from tests.unit.machines import hunt_settings

Plant = pytest.MonkeyPatch


def no_fence(plant: Plant) -> None:
    """A zombie appends beside its successor."""
    plant.setattr(sql, "ADVANCE_HEAD", sql.ADVANCE_HEAD.replace("epoch = ? AND head_sequence = ?", "? IS NOT ?"))


def no_fence_for_snapshots(plant: Plant) -> None:
    """A zombie's slice gets into the file."""
    plant.setattr(SqliteJournal, "require_epoch", lambda journal: None)


def no_fence_in_memory(plant: Plant) -> None:
    """The simulator would never see a zombie refused."""
    permitted = MemoryJournal.require_permission

    def permit(journal: MemoryJournal, write: str) -> None:
        mine, stored = journal._epoch, journal._store.epoch
        journal._epoch = stored
        permitted(journal, write)
        journal._epoch = mine

    plant.setattr(MemoryJournal, "require_permission", permit)


def first_record_wins(plant: Plant) -> None:
    """A record is never replaced."""
    plant.setattr(sql, "UPSERT_RECORD", sql.UPSERT_RECORD.replace("REPLACE", "IGNORE"))


def records_beside_the_frame(plant: Plant) -> None:
    """The watermark says that records are on disk which are not."""
    plant.setattr(sql, "UPSERT_RECORD", "SELECT ?, ?, ?")


class _AnyDigest:
    """Equal to everything."""

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        return True


def damaged_snapshot_is_served(plant: Plant) -> None:
    """Nobody looks at the digest."""
    plant.setattr(sqlite_view, "snapshot_digest", lambda *described: _AnyDigest())


def full_disk_is_a_success(plant: Plant) -> None:
    """An append that was not written is acknowledged."""
    written = SqliteJournal.transact

    def transact(journal: SqliteJournal, write: Callable[[], None]) -> None:
        try:
            written(journal, write)
        except JournalError as failure:
            if failure.code != "STORE_FULL":
                raise

    plant.setattr(SqliteJournal, "transact", transact)


def unsynced_append_goes_on(plant: Plant) -> None:
    """After a failed fsync the same incarnation builds on what may not be there."""
    plant.setattr(SqliteJournal, "_refuse_if_dead", lambda journal: None)


FAULTS: list[tuple[type[JournalMachine], Callable[[Plant], None]]] = [
    (SqliteMachine, no_fence),
    (SqliteMachine, no_fence_for_snapshots),
    (MemoryMachine, no_fence_in_memory),
    (SqliteMachine, first_record_wins),
    (SqliteMachine, records_beside_the_frame),
    (SqliteMachine, damaged_snapshot_is_served),
    (SqliteMachine, full_disk_is_a_success),
    (SqliteMachine, unsynced_append_goes_on),
]


@pytest.mark.parametrize(("machine", "fault"), FAULTS)
def test_the_machine_finds(machine: type[JournalMachine], fault: Callable[[Plant], None], monkeypatch: Plant) -> None:
    """A machine that passes with a fault in place would prove nothing without one."""
    fault(monkeypatch)
    # The machine's own `pytest.raises` fails with pytest's own exception.
    with pytest.raises((AssertionError, JournalError, pytest.fail.Exception)):
        run_state_machine_as_test(machine, settings=hunt_settings(examples=100, steps=50))
