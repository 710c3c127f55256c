"""Provinces as columns, for one line of business: how hard pressed they are as homes, how able as hosts, and how work goes between them."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from actors.core.country import Line, ProvinceStatus
from actors.core.ids import ProvinceCode
from actors.core.line_summary import LineSummary
from actors.core.statistics.cells import LinkCell, LinkDirection
from actors.core.statistics.reading import Reading
from actors.core.statistics.storage import FloatArray as Values

NAN = float("nan")
#: What a status counts as in `home_status_code`; a province that does not answer is DEGRADED and sends no summary.
STATUS_CODES: dict[ProvinceStatus, int] = {
    ProvinceStatus.ACTIVE: 0,
    ProvinceStatus.DRAINING: 2,
    ProvinceStatus.SUSPENDED: 3,
    ProvinceStatus.UNREACHABLE: 4,
}


class ProvinceFacts(NamedTuple):
    """A province as others see it: what the views read of its summary."""

    province: ProvinceCode
    line: LineSummary
    status: ProvinceStatus
    #: Capacity on duty, and what of it is in use.
    capacity: int
    in_use: int
    shared_in: int
    share_in_quota: int
    reserve_operators: int
    share_out_ratio_permille: int
    #: Home -> pass ratio of its tasks here less the line's own, permille.
    shared_quality_gaps: Mapping[ProvinceCode, int]


class ProvinceView:
    """Some provinces in one line. All columns have shape (provinces,)."""

    def __init__(self, provinces: Sequence[ProvinceFacts]) -> None:
        self.provinces = provinces

    def of_line(self, name: str) -> Values:
        """A number of the line's summary; below 0 is unknown."""
        numbers = np.array([getattr(province.line, name) for province in self.provinces], dtype=np.float64)
        return np.where(numbers < 0, NAN, numbers)

    def ratio(self, name: str) -> Values:
        """The same in permille, as a ratio."""
        return self.of_line(name) / 1_000.0

    def fact(self, name: str) -> Values:
        """A number of the province."""
        return np.array([getattr(province, name) for province in self.provinces], dtype=np.float64)

    @property
    def load_ratio(self) -> Values:
        """Capacity in use over capacity on duty; NaN with nobody there."""
        capacity = self.fact("capacity")
        return np.divide(self.fact("in_use"), capacity, out=np.full(capacity.shape, NAN), where=capacity > 0)

    @property
    def status_code(self) -> Values:
        """Numbers of `STATUS_CODES`."""
        return np.array([STATUS_CODES[province.status] for province in self.provinces], dtype=np.float64)


class LinkView:
    """The links from one home to some hosts, as the home has seen them. All columns have shape (hosts,).

    Args:
        reading: the home's statistics.
    """

    def __init__(self, home: ProvinceCode, hosts: Sequence[ProvinceFacts], line: Line, reading: Reading) -> None:
        self.home = home
        self.hosts = hosts
        self.line = line
        self._reading = reading

    def ratio(self, total: LinkCell, weight: LinkCell) -> Values:
        """A ratio of what went out, drawn to that of all links; NaN when nothing ever went."""
        reading, out = self._reading, LinkDirection.OUT
        return np.array(
            [reading.link_ratio(total, weight, out, host.province) for host in self.hosts], dtype=np.float64
        )

    def sums(self, cell: LinkCell, direction: LinkDirection) -> Values:
        """A sum of each link."""
        reading = self._reading
        return np.array([reading.link_sum(cell, direction, host.province) for host in self.hosts], dtype=np.float64)

    @property
    def local_minutes_per_unit(self) -> Values:
        """What the host needs per work unit for its own; NaN: unknown."""
        return ProvinceView(self.hosts).of_line("minutes_per_unit_milli") / 1_000.0

    @property
    def quality_gaps(self) -> Values:
        """Pass ratio of the home's tasks at the host less the host's own, percentage points; NaN: no reviews."""
        gaps = [host.shared_quality_gaps.get(self.home) for host in self.hosts]
        return np.array([NAN if gap is None else gap / 10.0 for gap in gaps], dtype=np.float64)
