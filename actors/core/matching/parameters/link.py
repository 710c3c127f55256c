"""Link parameters: how work has gone between a home and a host."""

from functools import partial

import numpy as np

from actors.core.matching.parameters.declaration import Dimension, Role, Scope, Source, Values, declare, unknown
from actors.core.matching.views.provinces import LinkView
from actors.core.statistics.cells import LinkCell, LinkDirection

_link = partial(declare, Scope.LINK)
_EFFICIENCY, _QUALITY, _EFFECTIVENESS = Dimension.EFFICIENCY, Dimension.QUALITY, Dimension.EFFECTIVENESS
_SCORE, _COST, _STATISTICS = Role.SCORE, Role.COST, Source.STATISTICS


@_link("省际承办效率比", "ratio", _EFFICIENCY, _SCORE, _STATISTICS)
def link_handle_ratio(links: LinkView) -> Values:
    """Handle minutes per work unit of the home's tasks at the host over the host's own; unknown when none ever went."""
    shared, local = links.ratio(LinkCell.HANDLE_MINUTES, LinkCell.UNITS), links.local_minutes_per_unit
    return np.divide(shared, local, out=unknown(local), where=local > 0)


@_link("省际接收时延", "s", _EFFICIENCY, _COST, _STATISTICS)
def link_pickup_seconds(links: LinkView) -> Values:
    """Median time from the decision to share until the host's accept is known, as that of a lognormal."""
    return np.exp(links.ratio(LinkCell.PICKUP_LOG_SECONDS, LinkCell.PICKUPS))


@_link("共享件质量差", "pp", _QUALITY, _COST, Source.REVIEWS)
def link_shared_qa_gap(links: LinkView) -> Values:
    """Pass ratio of the home's tasks at the host less the host's own; below 0 is worse."""
    return links.quality_gaps


@_link("省际退回率", "ratio", _QUALITY, _COST, _STATISTICS)
def link_return_ratio(links: LinkView) -> Values:
    """Decisions of the host that the home sent back or reopened over decisions."""
    return links.ratio(LinkCell.SENT_BACK, LinkCell.DECIDED)


@_link("省际结算净额", "units", _EFFECTIVENESS, _SCORE, _STATISTICS)
def link_settlement_balance_units(links: LinkView) -> Values:
    """Work units that the host has done for the home less the reverse."""
    done, owed = (links.sums(LinkCell.UNITS_MILLI, direction) for direction in (LinkDirection.OUT, LinkDirection.IN))
    return (done - owed) / 1_000.0


@_link("省际共享按时率", "ratio", _EFFECTIVENESS, _SCORE, _STATISTICS)
def link_on_time_ratio(links: LinkView) -> Values:
    """The home's tasks that the host decided by their due time over those it decided."""
    return links.ratio(LinkCell.ON_TIME, LinkCell.DECIDED)
