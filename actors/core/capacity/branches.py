"""The 36 branches and their sizes."""

from collections.abc import Sequence

import msgspec

from actors.core.ids import ProvinceCode


class Branch(msgspec.Struct, frozen=True, kw_only=True):
    """A branch as far as the scenario knows it."""

    code: ProvinceCode
    #: 2020 census; the five cities with branches of their own are taken off their provinces.
    population_millions: float
    #: It opens and closes so much later than the others.
    later_minutes: int = 0


#: Xinjiang and Tibet work two hours later by the country's one clock.
WEST_LATER_MINUTES = 120

_POPULATION_MILLIONS = {
    "beijing": 21.9, "tianjin": 13.9, "hebei": 74.6, "shanxi": 34.9, "neimenggu": 24.0, "liaoning": 35.1, "dalian": 7.5,
    "jilin": 24.1, "heilongjiang": 31.9, "shanghai": 24.9, "jiangsu": 84.7, "zhejiang": 55.2, "ningbo": 9.4, "anhui": 61.0,
    "fujian": 36.4, "xiamen": 5.2, "jiangxi": 45.2, "shandong": 91.5, "qingdao": 10.1, "henan": 99.4, "hubei": 57.8,
    "hunan": 66.4, "guangdong": 108.4, "shenzhen": 17.6, "guangxi": 50.1, "hainan": 10.1, "chongqing": 32.1,
    "sichuan": 83.7, "guizhou": 38.6, "yunnan": 47.2, "xizang": 3.6, "shaanxi": 39.5, "gansu": 25.0, "qinghai": 5.9,
    "ningxia": 7.2, "xinjiang": 25.9,
}  # fmt: skip

BRANCHES: tuple[Branch, ...] = tuple(
    Branch(
        code=ProvinceCode(code),
        population_millions=millions,
        later_minutes=WEST_LATER_MINUTES if code in ("xinjiang", "xizang") else 0,
    )
    for code, millions in _POPULATION_MILLIONS.items()
)


def people_of(branches: Sequence[Branch], operators: int) -> list[int]:
    """Operators of each branch, by population, at least one everywhere: largest remainders, ties in the order given.

    Args:
        operators: of all together, at least one a branch.
    """
    millions = sum(branch.population_millions for branch in branches)
    exact = [operators * branch.population_millions / millions for branch in branches]
    people = [max(1, int(each)) for each in exact]
    by_remainder = sorted(range(len(branches)), key=lambda place: int(exact[place]) - exact[place])
    for place in by_remainder[: max(0, operators - sum(people))]:
        people[place] += 1
    return people
