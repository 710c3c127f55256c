"""What provinces tell each other about the country, so that a new operator or a rare kind starts from what is known elsewhere.

A province reports sums, not ratios (`ProvinceTotals`, a few kB): sums of all provinces add up to the country's (`merge`), and every ratio
that can be asked of a person can be asked of the country with the same two cells. A province adopts the result by an event, seldom, so
that a replay reads the same priors at the same places.

Refused: priors that the coordinator pushes into memory. They would be soft state, and a decision could not be explained a day later.
"""

from collections.abc import Iterable

import msgspec

from actors.core.country import Line
from actors.core.ids import KindId
from actors.core.statistics.cells import KindTotalCell

#: Kinds that priors speak of at most; those with the fewest decisions are left out first.
PRIOR_KINDS_MAX = 128
#: Sums that have changed by less are not worth an event.
NOTICEABLE_PERMILLE = 50

Sums = tuple[float, ...]


class ProvinceTotals(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A province's sums, decayed as of the minute of the report. Cells in the order of their enumerations."""

    #: Line -> sums of `LineCell`.
    lines: dict[Line, Sums] = {}
    #: Sums of `OperatorCell`; plain ones are zero.
    people: Sums = ()
    #: Sums of the `ReviewCell`s before the weeks.
    reviews: Sums = ()
    #: Kind -> sums of `KindTotalCell`.
    kinds: dict[KindId, Sums] = {}
    #: Kind -> sums of `HandleCell`, all complexities and page counts together.
    handling: dict[KindId, Sums] = {}


class NationalPriors(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The country's sums: those of `ProvinceTotals`, added up."""

    #: How many provinces are in it; 0: nothing is known.
    provinces: int = 0
    lines: dict[Line, Sums] = {}
    people: Sums = ()
    reviews: Sums = ()
    kinds: dict[KindId, Sums] = {}
    handling: dict[KindId, Sums] = {}


def merge(reports: Iterable[ProvinceTotals]) -> NationalPriors:
    """Add the provinces' sums up. The order of the reports changes the last bits only; give them in the order of the provinces."""
    count = 0
    lines: dict[Line, Sums] = {}
    kinds: dict[KindId, Sums] = {}
    handling: dict[KindId, Sums] = {}
    people: Sums = ()
    reviews: Sums = ()
    for report in reports:
        count += 1
        people = _added(people, report.people)
        reviews = _added(reviews, report.reviews)
        for line, sums in report.lines.items():
            lines[line] = _added(lines.get(line, ()), sums)
        for into, sums_by_kind in ((kinds, report.kinds), (handling, report.handling)):
            for kind, sums in sums_by_kind.items():
                into[kind] = _added(into.get(kind, ()), sums)
    kept = most_decided(kinds)
    return NationalPriors(
        provinces=count,
        lines=lines,
        people=people,
        reviews=reviews,
        kinds={kind: kinds[kind] for kind in kept},
        handling={kind: handling[kind] for kind in kept if kind in handling},
    )


def knows_decisions(priors: NationalPriors) -> bool:
    """Whether anything has been decided in the country: before that there is nothing to start from."""
    return any(sums[KindTotalCell.DECIDED] > 0 for sums in priors.kinds.values())


def most_decided(kinds: dict[KindId, Sums]) -> list[KindId]:
    """The kinds to speak of, in order of name: at most `PRIOR_KINDS_MAX`, those with the most decisions."""
    ranked = sorted(kinds, key=lambda kind: (-kinds[kind][KindTotalCell.DECIDED], kind))
    return sorted(ranked[:PRIOR_KINDS_MAX])


def differ_noticeably(old: NationalPriors, new: NationalPriors) -> bool:
    """Whether adopting `new` in place of `old` is worth an event: some sum of a line or kind has changed by more than `NOTICEABLE_PERMILLE`."""
    if old.provinces != new.provinces or old.kinds.keys() != new.kinds.keys() or old.lines.keys() != new.lines.keys():
        return True
    pairs = [(old.lines[line], sums) for line, sums in new.lines.items()]
    pairs += [(old.kinds[kind], sums) for kind, sums in new.kinds.items()]
    pairs += [(old.people, new.people), (old.reviews, new.reviews)]
    return any(_moved(before, after) for before, after in pairs)


def _moved(before: Sums, after: Sums) -> bool:
    """Whether a sum has changed noticeably; an item more or less is none."""
    if len(before) != len(after):
        return True
    pairs = zip(before, after, strict=True)
    return any(abs(x - y) * 1000 > NOTICEABLE_PERMILLE * max(abs(x), abs(y)) + 1000 for x, y in pairs)


def _added(left: Sums, right: Sums) -> Sums:
    if not left or not right:
        return left or right
    return tuple(x + y for x, y in zip(left, right, strict=True))
