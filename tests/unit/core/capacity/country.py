"""A small country for tests of `actors.core.capacity`: four branches, a day or two, thousands of tasks."""

from actors.core.capacity.branches import WEST_LATER_MINUTES, Branch
from actors.core.capacity.scenario import LineOfWork, Outage, Scenario, Surge
from actors.core.country import Line
from actors.core.ids import ProvinceCode

NORTH, SOUTH, EAST, WEST = (ProvinceCode(code) for code in ("north", "south", "east", "west"))
BRANCHES = tuple(
    Branch(code=code, population_millions=millions, later_minutes=WEST_LATER_MINUTES if code == WEST else 0)
    for code, millions in ((NORTH, 10.0), (SOUTH, 8.0), (EAST, 5.0), (WEST, 1.0))
)
CLAIMS = LineOfWork(
    line=Line.CLAIMS, operators=48, handle_minutes=15.0, handle_variation=1.2, surge_factor=2.0, promise_minutes=60
)
SERVICING = LineOfWork(
    line=Line.SERVICING, operators=24, handle_minutes=6.0, handle_variation=0.8, surge_factor=1.5, promise_minutes=30
)
#: Monday: north surges, and south is out from ten to twelve.
SMALL = Scenario(
    branches=BRANCHES,
    lines=(CLAIMS, SERVICING),
    days=1,
    surge=Surge(province=NORTH, first_day=0, days=1),
    outage=Outage(province=SOUTH, begin_minute=600, end_minute=720),
)
