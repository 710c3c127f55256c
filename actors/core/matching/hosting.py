"""What the matching model makes of provinces: points of a host for a home's tasks, and how hard pressed a home is.

The same curves and weights as everywhere. Points of a host are the sum of weight x points of the host_ and link_ parameters, in hundredths,
so that ten of them weigh about as much as the experience of its people (`sharing.hosts`). The pressure of a home is the sum over the home_
parameters, in permille by which its thresholds for sharing fall, at most `PRESSURE_MAX` either way: policy stays with the people who set it.
"""

from collections.abc import Sequence

from actors.core.country import Line
from actors.core.ids import ProvinceCode
from actors.core.line_summary import LineSummary
from actors.core.matching.compiled import LINES, Group
from actors.core.matching.model import weighted
from actors.core.matching.parameters import Role, Scope
from actors.core.matching.record import MatchingModel
from actors.core.matching.views.provinces import LinkView, ProvinceFacts, ProvinceView
from actors.core.sharing.summary import ProvinceSummary
from actors.core.statistics.reading import Reading
from actors.core.statistics.storage import FloatArray

PRESSURE_MAX = 500


class Hosting:
    """A model's parameters of provinces and links, as arrays."""

    def __init__(self, model: MatchingModel) -> None:
        self._homes = Group(model, weighted(model, Role.GUARD))
        ranked = (Role.SCORE, Role.COST)
        self._hosts = Group(model, weighted(model, *ranked, scopes=(Scope.PROVINCE,)))
        self._links = Group(model, weighted(model, *ranked, scopes=(Scope.LINK,)))

    @property
    def weighs_provinces(self) -> bool:
        """Whether any parameter of provinces has a weight."""
        return bool(self._homes.scored or self._hosts.scored)

    def host_points(
        self, home: ProvinceCode, hosts: Sequence[ProvinceSummary], line: Line, reading: Reading
    ) -> dict[ProvinceCode, int]:
        """Points of each host for tasks of `home`.

        Args:
            reading: the home's statistics, for the links.
        """
        facts = [facts_of(host, line) for host in hosts]
        if not facts:
            return {}
        points = _weighed(self._hosts, ProvinceView(facts), line, len(facts))
        points += _weighed(self._links, LinkView(home, facts, line, reading), line, len(facts))
        return {host.province: int(of_host) // 100 for host, of_host in zip(facts, points.tolist(), strict=True)}

    def pressure_permille(self, home: ProvinceFacts) -> int:
        """By how much the home's thresholds fall in a line, permille."""
        pressure = int(_weighed(self._homes, ProvinceView([home]), home.line.line, 1)[0]) // 100
        return max(-PRESSURE_MAX, min(PRESSURE_MAX, pressure))


def _weighed(group: Group, view: object, line: Line, count: int) -> FloatArray:
    """Sum of weight x points, (provinces,)."""
    points = group.points(group.values(view, (count,)))
    return (group.weights[LINES.index(line)][:, None] * points).sum(axis=0)


def facts_of(summary: ProvinceSummary, line: Line) -> ProvinceFacts:
    """What the views read of a province's summary."""
    own = next((one for one in summary.lines if one.line is line), LineSummary(line=line))
    return ProvinceFacts(
        province=summary.province,
        line=own,
        status=summary.status,
        capacity=summary.capacity,
        in_use=summary.in_use,
        shared_in=summary.shared_in,
        share_in_quota=summary.policy.share_in_quota,
        reserve_operators=summary.policy.reserve_operators,
        share_out_ratio_permille=summary.policy.share_out_ratio_permille,
        shared_quality_gaps=summary.shared_quality_gaps,
    )
