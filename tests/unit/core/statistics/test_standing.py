"""The records of people as of the beginning of the minute: what matching reads, whatever happens within it."""

from typing import Any

import numpy as np

from actors.core.events import OperatorRemoved
from actors.core.state import ProvinceState
from actors.core.statistics import image
from actors.core.statistics.cells import KindCell, OperatorCell
from actors.core.statistics.reading import StandingReading
from actors.core.statistics.storage import PersonTable
from actors.core.statistics.tables import KINDS_PER_OPERATOR_MAX, Statistics
from tests.unit.core.harness import MEDICAL
from tests.unit.core.statistics.world import CHEN, LIN, MINUTE_MS, World


def begun() -> World:
    """Chen has decided two tasks, the last one just now, in the first second of a minute."""
    world = World()
    world.decide(10)
    world.wait(1)
    world.decide(10)
    return world


def decided(world: World, now_ms: int | None = None) -> float:
    """Tasks that Chen has decided, as matching reads them."""
    return read(world.state.statistics, world.at_ms if now_ms is None else now_ms)[OperatorCell.DECIDED]


def read(statistics: Statistics, now_ms: int) -> Any:
    """Chen's record, as matching reads it."""
    rows = np.array([statistics.rows[CHEN]])
    reading = StandingReading(statistics, now_ms)
    return reading.records(statistics.by_operator, "", rows)[0] / reading.divisors(OperatorCell)


def test_what_is_learned_in_a_minute_is_read_when_it_is_over() -> None:
    """Whatever was worked out of a person would be old at every event."""
    world = begun()
    assert round(decided(world)) == 1
    world.decide(0.2)
    assert round(decided(world)) == 1
    assert round(decided(world, world.at_ms + MINUTE_MS)) == 3


def test_a_minute_without_events_reads_what_there_is() -> None:
    """What happened in the last minute would be seen one event late."""
    world = begun()
    world.wait(1)
    assert round(decided(world)) == 2
    world.create()
    assert round(decided(world)) == 2


def test_a_clock_that_goes_back_begins_another_minute() -> None:
    """A clock that once ran ahead would make the records stand until the real time has caught up."""
    world = begun()
    world.wait(-30)
    world.create()
    assert round(decided(world)) == 2


def test_a_snapshot_in_the_middle_of_a_minute_stands_as_well() -> None:
    """Whoever starts from it would match on other numbers than whoever was there all the time."""
    world = begun()
    ours = world.state.statistics
    again = ProvinceState(world.state.province).statistics
    for piece in image.capture(ours):
        image.restore(again, piece)
    assert np.array_equal(read(again, world.at_ms), read(ours, world.at_ms))
    assert round(decided(world)) == 1


def test_the_records_of_who_takes_over_a_row_are_their_own() -> None:
    """A newcomer would start with the numbers of somebody who left within the same minute."""
    world = begun()
    world.happens(OperatorRemoved(at_ms=world.at_ms, operator=CHEN))
    world.enrol(CHEN)
    assert decided(world) == 0


def test_a_record_in_the_place_of_one_given_up_reads_as_nothing() -> None:
    """The new kind would have the past of the one that it drove out."""
    world = begun()
    statistics = world.state.statistics
    table: PersonTable = statistics.by_kind
    row, stamp = statistics.rows[CHEN], StandingReading(statistics, world.at_ms).stamp
    for number in range(KINDS_PER_OPERATOR_MAX):
        table.cells[table.place(row, f"kind-{number}") + KindCell.DECIDED] += 5.0
    rows = np.array([row])
    reading = StandingReading(statistics, world.at_ms)
    for number in range(KINDS_PER_OPERATOR_MAX):
        assert not reading.records(table, f"kind-{number}", rows).any()
    assert not reading.records(table, MEDICAL, rows).any()
    assert reading.stamp != stamp


def test_others_are_not_touched() -> None:
    """A copy of everybody would be taken at every event."""
    world = begun()
    world.wait(1)
    world.begin(world.create())
    keys = set(world.state.statistics.standing.records)
    statistics = world.state.statistics
    assert statistics.by_operator.base + statistics.by_operator.find(statistics.rows[CHEN]) in keys
    assert statistics.by_operator.base + statistics.by_operator.find(statistics.rows[LIN]) not in keys
