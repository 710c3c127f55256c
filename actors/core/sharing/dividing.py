"""Dividing what lenders have among those who want it: max-min fairness in whole tasks.

A source with a small wish gets all of it, and those with large ones share the rest alike: nobody gets more as long as that could go to somebody
who has less. A lender with one partner only gives first, since that partner's part elsewhere can then be left to others. For one
lender this is exact; over a net of them it is a good approximation in one pass. If there is more than anybody wants, lenders give so that
all keep about as much: one that is emptied would meet its next customer with nobody free, while others have people to spare. Refused: linear programming (not worth a task or two that the
next picture, half a second later, puts right), and first come, first served (provinces early in the alphabet would get everything).
"""

from collections.abc import Mapping, Sequence

from actors.core.ids import ProvinceCode


def divide(
    wanted: Mapping[ProvinceCode, int],
    partners: Mapping[ProvinceCode, Sequence[ProvinceCode]],
    available: Mapping[ProvinceCode, int],
) -> dict[tuple[ProvinceCode, ProvinceCode], int]:
    """Tasks of one kind by (source, lender); pairs that get nothing are left out.

    Args:
        wanted: tasks by source.
        partners: lender -> its sources, in the order in which a remainder is given out.
        available: tasks by lender.
    """
    given = dict.fromkeys(wanted, 0)
    divided: dict[tuple[ProvinceCode, ProvinceCode], int] = {}
    needed = sum(wanted.values())
    even = _even(available, needed)
    order = sorted(partners, key=lambda code: (len(partners[code]), code))
    for lender in order:
        _give(divided, given, wanted, lender, partners[lender], even[lender])
    # What the even part of one lender could not meet, as others may be nobody's partner or somebody else's, it meets from the rest.
    for lender in order if sum(given.values()) < needed else ():
        _give(divided, given, wanted, lender, partners[lender], available[lender] - even[lender])
    return divided


def _give(
    divided: dict[tuple[ProvinceCode, ProvinceCode], int],
    given: dict[ProvinceCode, int],
    wanted: Mapping[ProvinceCode, int],
    lender: ProvinceCode,
    sources: Sequence[ProvinceCode],
    count: int,
) -> None:
    if len(sources) == 1:
        [source] = sources
        gets = min(count, wanted[source] - given[source])
        if gets > 0:
            given[source] += gets
            divided[source, lender] = divided.get((source, lender), 0) + gets
        return
    before = [given[source] for source in sources]
    _fill(given, wanted, sources, count)
    for source, had in zip(sources, before, strict=True):
        if given[source] > had:
            divided[source, lender] = divided.get((source, lender), 0) + given[source] - had


def _even(available: Mapping[ProvinceCode, int], needed: int) -> dict[ProvinceCode, int]:
    """What each lender gives so that all together give what is needed and as much as possible is left to whoever has least left."""
    surplus = sum(available.values()) - needed
    if surplus <= 0:
        return dict(available)
    left = dict.fromkeys(available, 0)
    _fill(left, available, list(available), surplus)
    return {lender: count - left[lender] for lender, count in available.items()}


def _fill(
    given: dict[ProvinceCode, int], wanted: Mapping[ProvinceCode, int], sources: Sequence[ProvinceCode], left: int
) -> None:
    """Raise those who have least, as water rises, until nothing is left or everybody has what they want."""
    while left > 0:
        thirsty = [source for source in sources if given[source] < wanted[source]]
        if not thirsty:
            return
        level = min(given[source] for source in thirsty)
        lowest = [source for source in thirsty if given[source] == level]
        ceiling = min(
            *(wanted[source] for source in lowest), *(given[s] for s in thirsty if given[s] > level), level + left
        )
        step = min(ceiling - level, left // len(lowest))
        if step == 0:
            # Fewer tasks are left than sources: one each, in order.
            for source in lowest[:left]:
                given[source] += 1
            return
        for source in lowest:
            given[source] += step
        left -= step * len(lowest)
