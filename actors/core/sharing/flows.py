"""What the coordinator advises, and what it remembers from one plan to the next."""

import msgspec

from actors.core.ids import KindId, ProvinceCode


class MoveFlow(msgspec.Struct, frozen=True, kw_only=True):
    """Advice: send up to `count` tasks of `kind` to `host`."""

    source: ProvinceCode
    host: ProvinceCode
    kind: KindId
    count: int
    reason: str


class FlowMemory(msgspec.Struct, frozen=True, kw_only=True):
    """What the coordinator must remember between two plans: which (source, kind) are sharing at the moment."""

    sharing: frozenset[tuple[ProvinceCode, KindId]] = frozenset()
