"""All tables of a province's statistics: who has which row, which value has which slot, and the bounds.

Rows: every operator on the roster has one from enrolment to removal; a row given back goes to whoever is enrolled next. Row 0 is nobody's
and reads as zeros (so that an unknown operator needs no test), row `FORMER` is for all who have left: their sums by line and by kind stay
the province's, their names are forgotten. Operators of other provinces have no row, and what events say of them changes nothing here.

To read, use `reading.Reading`; to change, the functions of `learning_*`, which `applying` calls.
"""

from array import array
from collections.abc import Iterator

from actors.core.country import Line
from actors.core.ids import KindId, OperatorId
from actors.core.statistics import cells as c
from actors.core.statistics.decay import DecayClock
from actors.core.statistics.priors import NationalPriors
from actors.core.statistics.recollection import Recollection
from actors.core.statistics.storage import PairTable, Slots

#: Values that have a slot at once; one more takes the place of the one that was used least lately.
KINDS_MAX = 128
PRODUCTS_MAX = 64
HOMES_MAX = 48
CHANNELS_MAX = 16
HOSPITALS_MAX = 128
PROVINCES_MAX = 48
#: Customers, cases and outcomes elsewhere that are remembered at once; the oldest is forgotten first.
CUSTOMERS_MAX = 16_384
CASES_MAX = 16_384
OUTCOMES_MAX = 8_192
#: The row of nobody, and of all who have left.
NOBODY = 0
FORMER = 1
#: Place of each line in tables by line.
LINES: dict[Line, int] = {line: place for place, line in enumerate(Line)}
#: Minutes of which the arrivals are counted one by one; stamp and count for each.
RECENT_MINUTES = 16


class Statistics:
    """What a province has learned. Part of `ProvinceState`; changed by `learning_*` alone."""

    def __init__(self) -> None:
        self.clock = DecayClock()
        #: What the country knows, adopted by an event.
        self.national = NationalPriors()
        self.rows: dict[OperatorId, int] = {}
        #: Rows given back, the last one is given out first; then `next_row`.
        self.free_rows: list[int] = []
        self.next_row = FORMER + 1
        #: Row -> changes so far: whoever keeps something worked out of a row sees that it is old. Not hard state, not in snapshots.
        self.revisions = array("q", bytes(8 * self.next_row))
        self.kinds = Slots(KINDS_MAX)
        self.products = Slots(PRODUCTS_MAX)
        self.homes = Slots(HOMES_MAX)
        self.channels = Slots(CHANNELS_MAX)
        self.hospitals = Slots(HOSPITALS_MAX)
        self.provinces = Slots(PROVINCES_MAX)
        # Tables by operator: value is the line, the only one, or a slot; row is the operator's.
        self.by_line = PairTable(len(c.LineCell))
        self.by_operator = PairTable(len(c.OperatorCell))
        self.by_review = PairTable(c.ReviewCell.WEEKS + c.WEEKS * c.WEEK_CELLS)
        self.by_kind = PairTable(len(c.KindCell))
        self.by_product = PairTable(len(c.ProductCell))
        self.by_home = PairTable(len(c.HomeCell))
        self.by_channel = PairTable(len(c.ChannelCell))
        self.by_hospital = PairTable(len(c.HospitalCell))
        self.by_amount = PairTable(len(c.AmountBandCell))
        # Tables of the province: (value, row) are named beside each.
        #: (0, kind)
        self.kind_totals = PairTable(len(c.KindTotalCell))
        #: (kind, complexity x page band)
        self.handling = PairTable(len(c.HandleCell))
        #: (kind, 0); a cell is a bucket of `cells.amount_bucket`. EXPERIENCE.
        self.amounts = PairTable(c.AMOUNT_BUCKETS)
        #: (kind before, kind now)
        self.switches = PairTable(len(c.SwitchCell))
        #: (direction, province)
        self.links = PairTable(len(c.LinkCell))
        #: (0, line)
        self.today = PairTable(len(c.LineTodayCell))
        #: (line, 0); a cell is an hour of the week: tasks that arrived in it. WORK.
        self.arrivals = PairTable(c.HOURS_OF_WEEK)
        #: (line, minute % RECENT_MINUTES); the minute, and the tasks that arrived in it. Plain.
        self.recent = PairTable(2)
        #: (0, hour of the day)
        self.hours = PairTable(len(c.HourCell))
        #: (0, 0 within eight hours signed in, 1 beyond)
        self.overtime = PairTable(len(c.HourCell))
        #: Customer -> who decided for them lately; case -> likewise.
        self.customers = Recollection(CUSTOMERS_MAX)
        self.cases = Recollection(CASES_MAX)
        #: Task of this home -> the province that decided it.
        self.outcomes = Recollection(OUTCOMES_MAX)

    # --- people come and go ---

    def enrol(self, operator: OperatorId) -> int:
        """The operator's row, a new one when there is none."""
        row = self.rows.get(operator)
        if row is None:
            if self.free_rows:
                row = self.free_rows.pop()
            else:
                row = self.next_row
                self.next_row += 1
                self.revisions.append(0)
            self.rows[operator] = row
        return row

    def remove(self, operator: OperatorId) -> None:
        """Free the operator's row; what they did by line and by kind stays the province's."""
        row = self.rows.pop(operator)
        self.by_line.add_row_to(row, FORMER, c.LineCell)
        self.by_operator.add_row_to(row, FORMER, _LASTING)
        self.by_kind.add_row_to(row, FORMER, _LASTING_OF_KIND)
        for table in self._tables_by_operator():
            table.clear_row(row)
        self.revisions[row] += 1
        self.free_rows.append(row)

    def _tables_by_operator(self) -> tuple[PairTable, ...]:
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

    # --- values come and go ---

    def kind_slot(self, kind: KindId) -> int:
        """The kind's slot; forgets the kind that was used least lately when all are taken."""
        slot, taken_over = self.kinds.use(kind, self.clock.seen_ms)
        if taken_over:
            self._forget_kind(slot)
        return slot

    def _forget_kind(self, slot: int) -> None:
        for table in (self.by_kind, self.handling, self.amounts, self.switches):
            table.clear_value(slot)
        self.kind_totals.clear_row(slot)
        self.switches.clear_row(slot)
        last_kind = c.OperatorCell.LAST_KIND
        for row in self.rows.values():
            place = self.by_operator.find(0, row)
            if place and self.by_operator.cells[place + last_kind] == slot + 1:
                self.by_operator.cells[place + last_kind] = 0.0

    def slot_of(self, slots: Slots, table: PairTable, name: str) -> int:
        """The slot of a product, home, channel or hospital; clears what lay there when it was another's."""
        slot, taken_over = slots.use(name, self.clock.seen_ms)
        if taken_over:
            table.clear_value(slot)
        return slot

    def province_slot(self, province: str) -> int:
        """The slot of another province in `links`."""
        slot, taken_over = self.provinces.use(province, self.clock.seen_ms)
        if taken_over:
            self.links.clear_row(slot)
        return slot

    # --- the whole ---

    def tables(self) -> Iterator[tuple[str, PairTable]]:
        """All tables with their names, in a fixed order."""
        return ((name, table) for name, table in vars(self).items() if isinstance(table, PairTable))

    def slots(self) -> Iterator[tuple[str, Slots]]:
        """All slots with their names, in a fixed order."""
        return ((name, slots) for name, slots in vars(self).items() if isinstance(slots, Slots))

    def recollections(self) -> Iterator[tuple[str, Recollection]]:
        """All recollections with their names, in a fixed order."""
        return ((name, kept) for name, kept in vars(self).items() if isinstance(kept, Recollection))

    @property
    def size_bytes(self) -> int:
        """Bytes of all tables; the recollections and the names come on top."""
        return sum(table.size_bytes for _, table in self.tables())


#: Cells of somebody who has left that stay the province's: all but those of today and of what they did last.
_LASTING = tuple(cell for cell in c.OperatorCell if cell < c.OperatorCell.DAY)
_LASTING_OF_KIND = tuple(cell for cell in c.KindCell if cell is not c.KindCell.LAST_DECIDED_MS)
