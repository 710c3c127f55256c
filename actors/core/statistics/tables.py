"""All tables of a province's statistics: who has which row, and the bounds.

Rows: every operator on the roster has one from enrolment to removal; a row given back goes to whoever is enrolled next. Row 0 is nobody's
and reads as zeros (so that an unknown operator needs no test), row `FORMER` is for all who have left: their sums by line and by kind stay
the province's, their names are forgotten. Operators of other provinces have no row, and what events say of them changes nothing here.

To read, use `reading.Reading`; to change, the functions of `learning_*`, which `applying` calls.

Memory, measured with everybody working on one line, eight kinds, ten products, ten homes, four channels, four amount bands and twenty
hospitals: 6.8 kB an operator, so 3.8 MB at 555 operators and 137 MB at 20,000 in one province; full recollections take 11 MB more, whatever
the size of the province. A snapshot holds 3 kB an operator.
"""

from array import array
from collections.abc import Iterator

from actors.core.ids import KindId, OperatorId
from actors.core.statistics import cells as c
from actors.core.statistics.decay import DecayClock
from actors.core.statistics.group import GroupSums
from actors.core.statistics.priors import NationalPriors
from actors.core.statistics.recollection import Recollection
from actors.core.statistics.standing import Standing
from actors.core.statistics.storage import PersonTable, RecordTable

#: Records of one operator at most, in each table by operator.
KINDS_PER_OPERATOR_MAX = 64
PRODUCTS_PER_OPERATOR_MAX = 64
HOMES_PER_OPERATOR_MAX = 48
CHANNELS_PER_OPERATOR_MAX = 16
HOSPITALS_PER_OPERATOR_MAX = 64
#: Kinds, pairs of kinds, and provinces that the province as a whole has records of, at most.
KINDS_MAX = 256
SWITCHES_MAX = 1_024
PROVINCES_MAX = 48
#: Customers, cases and outcomes elsewhere that are remembered at once; the one noted least lately is forgotten first.
CUSTOMERS_MAX = 16_384
CASES_MAX = 16_384
OUTCOMES_MAX = 8_192
#: The row of nobody, and of all who have left.
NOBODY = 0
FORMER = 1
#: Minutes of which the arrivals are counted one by one.
RECENT_MINUTES = 16
#: More lines of business than there are.
LINES_MAX = 8


class Statistics:
    """What a province has learned. Part of `ProvinceState`; changed by `learning_*` alone."""

    def __init__(self) -> None:
        self.clock = DecayClock(begin_minute=self._begin_minute)
        #: The records of people as of the beginning of the minute.
        self.standing = standing = Standing()
        #: What the country knows, adopted by an event.
        self.national = NationalPriors()
        #: What people's numbers are drawn to.
        self.group = GroupSums()
        self.rows: dict[OperatorId, int] = {}
        #: Rows given back, the last one is given out first; then `next_row`.
        self.free_rows: list[int] = []
        self.next_row = FORMER + 1
        #: Row -> changes so far: whoever keeps something worked out of a row sees that it is old. Not hard state, not in snapshots.
        self.revisions = array("q", bytes(8 * self.next_row))
        # Tables by operator: the row is the operator's; what a record is of stands beside each.
        #: Line.
        self.by_line = PersonTable(len(c.LineCell), LINES_MAX, standing, 0)
        #: "", the only one.
        self.by_operator = PersonTable(len(c.OperatorCell), 1, standing, 1)
        #: "", the only one.
        self.by_review = PersonTable(c.ReviewCell.WEEKS + c.WEEKS * c.WEEK_CELLS, 1, standing, 2)
        self.by_kind = PersonTable(len(c.KindCell), KINDS_PER_OPERATOR_MAX, standing, 3)
        self.by_product = PersonTable(len(c.ProductCell), PRODUCTS_PER_OPERATOR_MAX, standing, 4)
        self.by_home = PersonTable(len(c.HomeCell), HOMES_PER_OPERATOR_MAX, standing, 5)
        self.by_channel = PersonTable(len(c.ChannelCell), CHANNELS_PER_OPERATOR_MAX, standing, 6)
        self.by_hospital = PersonTable(len(c.HospitalCell), HOSPITALS_PER_OPERATOR_MAX, standing, 7)
        #: Amount band, as a string.
        self.by_amount = PersonTable(len(c.AmountBandCell), c.AMOUNT_BANDS, standing, 8)
        #: Row -> the kind that its operator decided last, "": none.
        self.last_kinds: list[str] = [""] * self.next_row
        # Tables of the province: (row; what a record is of).
        #: (0; kind)
        self.kind_totals = RecordTable(len(c.KindTotalCell), KINDS_MAX)
        #: (complexity x page band; kind)
        self.handling = RecordTable(len(c.HandleCell), KINDS_MAX)
        #: (0; kind). A cell is a bucket of `cells.amount_bucket`; EXPERIENCE.
        self.amounts = RecordTable(c.AMOUNT_BUCKETS, KINDS_MAX)
        #: (0; `switch_key`)
        self.switches = RecordTable(len(c.SwitchCell), SWITCHES_MAX)
        #: Kind -> decisions of it after another of the same person so far: whoever keeps something worked out of `switches` sees that it is
        #: old. Not hard state, not in snapshots.
        self.switch_revisions: dict[KindId, int] = {}
        #: Kind -> the kind before -> what the revision of the kind was at the latest decision after that.
        self.switch_revisions_after: dict[KindId, dict[str, int]] = {}
        #: (direction; province)
        self.links = RecordTable(len(c.LinkCell), PROVINCES_MAX)
        #: (0; line)
        self.today = RecordTable(len(c.LineTodayCell), LINES_MAX)
        #: (0; line). A cell is an hour of the week: tasks that arrived in it; WORK.
        self.arrivals = RecordTable(c.HOURS_OF_WEEK, LINES_MAX)
        #: (minute % `RECENT_MINUTES`; line). The minute, and the tasks that arrived in it; plain.
        self.recent = RecordTable(2, LINES_MAX)
        #: (hour of the day; "")
        self.hours = RecordTable(len(c.HourCell), 1)
        #: (0 within eight hours signed in, 1 beyond; "")
        self.overtime = RecordTable(len(c.HourCell), 1)
        #: Customer -> who decided for them lately; case -> likewise.
        self.customers = Recollection(CUSTOMERS_MAX)
        self.cases = Recollection(CASES_MAX)
        #: Task of this home -> the province that decided it.
        self.outcomes = Recollection(OUTCOMES_MAX)

    def _begin_minute(self) -> None:
        """An event of another minute than the last one's is about to teach something."""
        self.standing.begin(self.clock.seen_ms)
        self.group.begin_minute(self)

    def enrol(self, operator: OperatorId) -> int:
        """The operator's row, a new one when there is none."""
        row = self.rows.get(operator)
        if row is None:
            row = self.rows[operator] = self.free_rows.pop() if self.free_rows else self._next_row()
        return row

    def _next_row(self) -> int:
        row = self.next_row
        self.next_row += 1
        self.revisions.append(0)
        self.last_kinds.append("")
        return row

    def note_change(self, operator: OperatorId | None) -> None:
        """Something has happened to an operator that teaches nothing: whoever keeps something worked out of the row sees that it is old."""
        row = self.rows.get(operator) if operator else None
        if row is not None:
            self.revisions[row] += 1

    def remove(self, operator: OperatorId) -> None:
        """Free the operator's row; what they did by line and by kind stays the province's."""
        row = self.rows.pop(operator)
        self.by_line.add_row_to(row, FORMER, c.LineCell)
        self.by_operator.add_row_to(row, FORMER, _LASTING)
        self.by_review.add_row_to(row, FORMER, range(c.ReviewCell.WEEKS))
        self.by_kind.add_row_to(row, FORMER, _LASTING_OF_KIND)
        for table in self._tables_by_operator():
            table.clear_row(row)
        self.last_kinds[row] = ""
        self.revisions[row] += 1
        self.free_rows.append(row)

    def _tables_by_operator(self) -> tuple[RecordTable, ...]:
        return (
            self.by_line,
            self.by_operator,
            self.by_review,
            self.by_kind,
            self.by_product,
            self.by_home,
            self.by_channel,
            self.by_hospital,
            self.by_amount,
        )

    def tables(self) -> Iterator[tuple[str, RecordTable]]:
        """All tables with their names, in a fixed order."""
        return ((name, table) for name, table in vars(self).items() if isinstance(table, RecordTable))

    def recollections(self) -> Iterator[tuple[str, Recollection]]:
        """All recollections with their names, in a fixed order."""
        return ((name, kept) for name, kept in vars(self).items() if isinstance(kept, Recollection))


def switch_key(before: str, now: str) -> str:
    """What a record of `switches` is of."""
    return f"{before}>{now}"


#: Cells of somebody who has left that stay the province's: all but those of today and of what they did last.
_LASTING = tuple(cell for cell in c.OperatorCell if cell < c.OperatorCell.DAY)
_LASTING_OF_KIND = tuple(cell for cell in c.KindCell if cell is not c.KindCell.LAST_DECIDED_MS)
