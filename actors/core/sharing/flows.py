"""What the coordinator advises, and what it remembers from one plan to the next."""

from collections.abc import Mapping

import msgspec

from actors.core.country import Line
from actors.core.ids import KindId, ProvinceCode


class MoveFlow(msgspec.Struct, frozen=True, kw_only=True):
    """Advice: send up to `count` tasks of `kind` to `host`."""

    source: ProvinceCode
    host: ProvinceCode
    kind: KindId
    count: int
    reason: str


LinkKey = tuple[Line, ProvinceCode, ProvinceCode]
"""A line, who gives, who takes."""


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """Two provinces that are connected for a line; work goes one way only."""

    opened_ms: int
    #: When the lender last had something to give.
    lent_ms: int


class FlowMemory(msgspec.Struct, frozen=True, kw_only=True):
    """What the coordinator must remember between two plans. It may all be lost: then the next plan begins without hysteresis."""

    #: The (source, kind) that are hard pressed at the moment.
    sharing: frozenset[tuple[ProvinceCode, KindId]] = frozenset()
    links: Mapping[LinkKey, Link] = {}
    #: When links were closed, as long as their opposites may not open.
    closed_ms: Mapping[LinkKey, int] = {}
