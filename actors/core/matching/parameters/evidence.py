"""How many items stand behind a statistic of people: shown with explanations, never scored."""

from collections.abc import Callable

from actors.core.matching.parameters.declaration import Values
from actors.core.matching.views.people import PeopleView
from actors.core.statistics.cells import LineCell, OperatorCell, ReviewCell


def of_line(cell: LineCell) -> Callable[[PeopleView], Values]:
    """Counts of the line, as decayed by now."""

    def count(people: PeopleView) -> Values:
        return people.line_sums[cell]

    return count


def overall(cell: OperatorCell) -> Callable[[PeopleView], Values]:
    """Counts of all lines together."""

    def count(people: PeopleView) -> Values:
        return people.sums[cell]

    return count


def reviewed(cell: ReviewCell) -> Callable[[PeopleView], Values]:
    """Counts of reviews."""

    def count(people: PeopleView) -> Values:
        return people.review_sums[cell]

    return count
