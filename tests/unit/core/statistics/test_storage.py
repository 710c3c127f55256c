"""Records of pairs: bounded, zero where nothing was, and the same after the same events."""

from array import array

import numpy as np
import pytest

from actors.core import events as e
from actors.core.country import Line
from actors.core.ids import OperatorId
from actors.core.statistics.cells import LineCell, ProductCell
from actors.core.statistics.recollection import NAMES_MAX, Recollection
from actors.core.statistics.standing import Standing
from actors.core.statistics.storage import COLUMN_ROWS_MIN, COLUMNS_MAX, PersonTable, RecordTable
from actors.core.statistics.tables import FORMER, PRODUCTS_PER_OPERATOR_MAX
from tests.unit.core.harness import MEDICAL
from tests.unit.core.statistics.world import CHEN, LIN, World, value_of


def test_what_has_not_occurred_reads_as_zeros() -> None:
    """A stranger would read another one's numbers, or crash the match."""
    table = RecordTable(3, 4)
    table.cells[table.place(2, "a") + 1] = 5.0
    rows = np.array([0, 1, 2, 99])
    assert table.column("a", rows, 1).tolist() == [0, 0, 5, 0]
    assert table.column("b", rows, 1).tolist() == [0, 0, 0, 0]
    assert table.matrices(["a", "b"], rows)[:, 2].tolist() == [[0, 5, 0], [0, 0, 0]]
    assert table.matrix("a", rows).tolist() == [[0, 0, 0], [0, 0, 0], [0, 5, 0], [0, 0, 0]]
    assert table.record(99, "a") == [0, 0, 0]
    assert (table.total("a").tolist(), table.row_total(2).tolist(), table.row_total(50).tolist()) == (
        [0, 5, 0],
        [0, 5, 0],
        [0, 0, 0],
    )


@pytest.mark.parametrize("width", [2, 3, 5])
def test_a_total_of_few_is_the_total_to_the_last_bit(width: int) -> None:
    """Else a decision would differ from the one that is made again by another version."""
    rng = np.random.default_rng(width)
    table = RecordTable(width, 4)
    for row in range(40):
        if rng.random() < 0.6:
            place = table.place(row, "a")
            table.cells[place : place + width] = array(
                "d", (rng.normal(size=width) * np.exp(3 * rng.normal(size=width))).tolist()
            )
    assert table.total_of_few("a") == table.total("a").tolist()
    assert table.total_of_few("b") == [0.0] * width
    for row in (3, 50, 7):
        table.clear_row(row)
        table.cells[table.place(row + 60, "a")] = 0.1 * row
        table.cells[table.place(row + 60, "b")] = 1.0
        assert table.total_of_few("a") == table.total("a").tolist()
        assert table.total_of_few("b") == table.total("b").tolist()
    other = RecordTable(width, 4)
    other.place(0, "a")
    other.total_of_few("a")
    other.restore(table.capture())
    assert other.total_of_few("a") == table.total("a").tolist()


def test_one_record_too_many_takes_the_place_of_the_least() -> None:
    """Names come from outside: without a bound, whoever invents products fills our memory."""
    table = RecordTable(2, 3)
    for name, weight in (("a", 3.0), ("b", 1.0), ("c", 1.0)):
        table.cells[table.place(1, name)] = weight
    freed = table.find(1, "b")
    assert table.place(1, "d") == freed, "the oldest of the least gives way"
    assert table.row(1) == ["a", "c", "d"]
    assert table.record(1, "d") == [0, 0], "nothing of the old one is left"


def test_rows_that_are_cleared_are_used_again_in_a_fixed_order() -> None:
    """Places that depended on anything but the events would make the snapshots of two replays differ."""
    table = RecordTable(2, 3)
    first, second = table.place(1, "a"), table.place(1, "b")
    table.cells[first] = table.cells[second + 1] = 7.0
    table.clear_row(1)
    assert table.record(1, "a") == [0, 0]
    assert (table.place(2, "x"), table.place(2, "y")) == (second, first)
    assert table.record(2, "x") == [0, 0]
    table.clear_row(77)


@pytest.mark.parametrize("seed", range(3))
def test_places_of_many_people_are_where_their_records_are(seed: int) -> None:
    """A kept column that missed a record which was made or given back would read one person's numbers as another's."""
    rng = np.random.default_rng(seed)
    table = PersonTable(2, 3, Standing(), 1)
    image = table.capture()
    for step in range(400):
        row, of = int(rng.integers(1, 2 * COLUMN_ROWS_MIN)), f"name-{rng.integers(6)}"
        what = int(rng.integers(40))
        if what == 0:
            table.clear_row(row)
        elif what == 1:
            image = table.capture()
        elif what == 2:
            table.restore(image)
        else:
            table.cells[table.place(row, of)] += float(rng.random())
        names = [f"name-{rng.integers(6)}" for _ in range(2)]
        rows = rng.integers(0, int(rng.integers(1, 3 * COLUMN_ROWS_MIN)), COLUMN_ROWS_MIN)
        expected = [[table.find(int(one), name) for one in rows] for name in names]
        assert table.places(names, rows).tolist() == expected, f"step {step}"


def test_columns_that_are_kept_are_bounded() -> None:
    """Names come from outside: what is kept of each must not add up."""
    table = PersonTable(2, 3, Standing(), 1)
    rows = np.arange(COLUMN_ROWS_MIN)
    for number in range(3 * COLUMNS_MAX):
        place = table.place(number % 7, f"name-{number}")
        assert table.places([f"name-{number}"], rows)[0, number % 7] == place
        assert table.column_count <= COLUMNS_MAX


@pytest.mark.parametrize("touched", [1, 200])
def test_records_as_the_minute_began_are_found_however_many_were_touched(touched: int) -> None:
    """Few touched records are looked for among many places, or places among many records: both must find the same."""
    standing = Standing()
    table = PersonTable(1, 8, standing, 3)
    other = PersonTable(1, 8, standing, 4)
    rows = np.arange(1, 2 * COLUMN_ROWS_MIN)
    for row in rows.tolist():
        for name in ("a", "b"):
            table.cells[table.place(row, name)] = float(row)
    standing.begin(0)
    for row in rows[:touched].tolist():
        table.cells[table.place(row, "a")] += 1_000.0
        for number in range(4):
            other.place(row, f"x-{number}")
    assert table.standing_matrices(["a", "b"], rows)[:, :, 0].tolist() == [rows.tolist(), rows.tolist()]
    now = table.matrices(["a", "b"], rows)[:, :, 0].tolist()
    assert now == [[row + 1_000 * (place < touched) for place, row in enumerate(rows.tolist())], rows.tolist()]
    cells = np.array([0])
    assert table.standing_columns("a", rows, cells).tolist() == [rows.tolist()]
    assert table.columns("a", rows, cells).tolist() == now[:1]


def test_a_table_comes_back_from_its_image_as_it_was() -> None:
    """After a start from a snapshot, the next record must go to the same place as without it."""
    table = RecordTable(2, 3)
    for row in range(1, 40):
        table.cells[table.place(row, "a")] = 0.1 * row
    table.clear_row(5)
    again = RecordTable(2, 3)
    again.restore(table.capture())
    assert again.capture() == table.capture()
    assert again.place(60, "z") == table.place(60, "z")
    assert again.place(61, "z") == table.place(61, "z")
    assert again.capture() == table.capture()


def test_an_operator_has_a_bounded_number_of_products() -> None:
    """The memory of a province is people times bounds, whatever branches call their products."""
    world = World()
    world.decide(0, product="often")
    world.decide(0, product="often")
    for number in range(PRODUCTS_PER_OPERATOR_MAX + 5):
        world.decide(0, product=f"p-{number}")
    row = world.state.statistics.rows[CHEN]
    kept = world.state.statistics.by_product.row(row)
    assert len(kept) == PRODUCTS_PER_OPERATOR_MAX
    assert "often" in kept
    assert f"p-{PRODUCTS_PER_OPERATOR_MAX + 4}" in kept
    assert "p-0" not in kept


def test_whoever_comes_next_does_not_inherit() -> None:
    """A beginner in the row of an expert who left would get the expert's work."""
    world = World()
    world.decide(product="life", customer_id="wang")
    statistics = world.state.statistics
    row = statistics.rows[CHEN]
    world.happens(e.OperatorSignedOut(at_ms=world.at_ms, operator=CHEN))
    world.happens(e.OperatorRemoved(at_ms=world.at_ms, operator=CHEN))
    world.enrol(OperatorId("zhao"))
    assert statistics.rows == {LIN: row + 1, "zhao": row}
    assert value_of(world, "by_line", ("zhao", Line.CLAIMS), LineCell.DECIDED) == 0
    assert value_of(world, "by_product", ("zhao", "life"), ProductCell.DONE) == 0
    assert statistics.last_kinds[row] == ""


def test_what_a_colleague_did_stays_the_provinces() -> None:
    """A province that loses its best people would forget how long its work takes."""
    world = World()
    world.decide(10)
    world.decide(20, operator=LIN)
    before = world.reading().line_sums(Line.CLAIMS)
    world.happens(e.OperatorSignedOut(at_ms=world.at_ms, operator=CHEN))
    world.happens(e.OperatorRemoved(at_ms=world.at_ms, operator=CHEN))
    assert world.reading().line_sums(Line.CLAIMS) == pytest.approx(before)
    assert world.state.statistics.by_kind.record(FORMER, MEDICAL)[0] > 0
    assert CHEN not in world.state.statistics.rows


def test_recollections_forget_what_was_noted_least_lately() -> None:
    """Customers are without number; those who come often must not be pushed out by those who came once."""
    kept = Recollection(2)
    kept.note("wang", "chen", 1)
    kept.note("li", "chen", 2)
    kept.note("wang", "lin", 3)
    kept.note("zhang", "lin", 4)
    assert (kept.of("wang"), kept.of("li"), len(kept)) == ((("lin", 3), ("chen", 1)), (), 2)
    for number in range(10):
        kept.note("wang", f"op-{number}", number)
    assert len(kept.of("wang")) == NAMES_MAX
    kept.note("wang", "op-9", 99)
    assert kept.of("wang")[0] == ("op-9", 99)
    assert len(kept.of("wang")) == NAMES_MAX
