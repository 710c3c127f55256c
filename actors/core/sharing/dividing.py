"""Dividing what lenders have among those who want it: max-min fairness in whole tasks.

A source with a small wish gets all of it, and those with large ones share the rest alike: nobody gets more as long as that could go to somebody
who has less. A lender with one partner only gives first, since that partner's part elsewhere can then be left to others. For one
lender this is exact; over a net of them it is a good approximation in one pass. Refused: linear programming (not worth a task or two that the
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
    for lender in sorted(partners, key=lambda code: (len(partners[code]), code)):
        before = {source: given[source] for source in partners[lender]}
        _fill(given, wanted, partners[lender], available[lender])
        for source, had in before.items():
            if given[source] > had:
                divided[source, lender] = given[source] - had
    return divided


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
