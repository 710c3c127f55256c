"""The schedule: which fault begins when, where, and for how long. Pure: the same arguments give the same schedule.

Theory of operation
-------------------
Faults come in storms, with calm between them. Scattered evenly, a hundred faults would leave no moment of which one could say that the
system was whole; a storm overlaps its faults, which is harder on the system, and the calm after it shows that everything has come back.

* A storm begins with the faults that last longest, so that all of them have ended when the calm is due.
* Kinds are drawn from a shuffled deck in which a kind lies as often as it weighs; so every kind comes up, and the common ones more often.
* Targets are drawn so that no province is hit twice in a storm while another has not been hit at all.
* A kind that takes the whole country down (its restart takes half a minute) has a place of its own, between two storms, in long runs only.

A fault's window runs from its beginning until `hold_s + recovery_s` later; `recovery_s` is what the kind is allowed by the promise, and not
what it needed in this run. Outside all windows nothing excuses a refusal.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum


class Scope(Enum):
    """Whose operations a fault may excuse."""

    PROVINCE = "province"
    COUNTRY = "country"
    #: None: the fault must not be noticed by any task operation.
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of fault."""

    name: str
    scope: Scope
    #: How long it is kept up; 0: it is over at once (a kill).
    hold_s: float = 0.0
    #: Allowed from its end until everything is as before.
    recovery_s: float
    #: How often it lies in the deck.
    weight: int = 1
    #: Takes the whole country down for so long that it gets a place of its own.
    is_heavy: bool = False
    #: Hits somebody in particular.
    needs_province: bool = False
    #: Needs a province whose clients reach the gateway through a proxy.
    needs_proxy: bool = False


_P, _C, _N = Scope.PROVINCE, Scope.COUNTRY, Scope.NOBODY

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        # A killed actor is back in 4 s at the worst; a stopped one is seen in 3 s and serves in 7 s.
        Kind(name="province_kill", scope=_P, recovery_s=4.0, weight=3, needs_province=True),
        Kind(name="province_stop", scope=_P, hold_s=3.0, recovery_s=4.0, weight=2, needs_province=True),
        Kind(name="coordinator_kill", scope=_N, recovery_s=4.0),
        Kind(name="coordinator_stop", scope=_N, hold_s=3.0, recovery_s=4.0),
        Kind(name="gateway_kill", scope=_C, recovery_s=8.0),
        Kind(name="gateway_stop", scope=_C, hold_s=2.5, recovery_s=7.0),
        Kind(name="disk_full", scope=_P, hold_s=4.0, recovery_s=4.0, weight=2, needs_province=True),
        Kind(name="disk_readonly", scope=_P, hold_s=4.0, recovery_s=4.0, needs_province=True),
        # The kernel refuses every write of the process, its logs included.
        Kind(name="file_size_limit", scope=_P, hold_s=3.0, recovery_s=5.0, needs_province=True),
        Kind(name="fsync_slow", scope=_P, hold_s=5.0, recovery_s=5.0, needs_province=True),
        Kind(name="clock_forward", scope=_P, hold_s=4.0, recovery_s=2.0, needs_province=True),
        Kind(name="clock_back", scope=_P, hold_s=4.0, recovery_s=2.0, needs_province=True),
        Kind(name="connection_cut", scope=_P, hold_s=3.0, recovery_s=5.0, needs_province=True, needs_proxy=True),
        # Half-open: the client's keepalive finds out 15 s after the last byte.
        Kind(name="connection_half_open", scope=_P, hold_s=6.0, recovery_s=13.0, needs_province=True, needs_proxy=True),
        Kind(name="connection_slow", scope=_P, hold_s=5.0, recovery_s=3.0, needs_province=True, needs_proxy=True),
        Kind(name="requests_doubled", scope=_N, recovery_s=2.0, needs_province=True),
        Kind(name="requests_reordered", scope=_N, recovery_s=2.0, needs_province=True),
        Kind(name="requests_month_old", scope=_P, hold_s=2.0, recovery_s=2.0, needs_province=True),
        # Leases of silent desks expire after 10 s.
        Kind(name="desks_frozen", scope=_P, hold_s=12.0, recovery_s=5.0, needs_province=True),
        Kind(name="site_silent", scope=_P, hold_s=7.0, recovery_s=8.0, needs_province=True),
        Kind(name="gcs_kill", scope=_C, recovery_s=60.0, is_heavy=True),
        Kind(name="raylet_kill", scope=_C, recovery_s=60.0, is_heavy=True),
    )
}
#: In force for the whole run, beside the schedule: Ray loses messages between its own processes.
RPC_LOSS = "ray_rpc_loss"

#: Calm before the first storm; shorter in short runs.
LEAD_S = 15.0
#: From the beginning of a storm to the beginning of the next, in long runs.
PERIOD_S = 40.0
#: Faults of a storm begin within this long, so that its last window has closed when half of the period is over.
BEGIN_WITHIN_S = 9.0
STORM_FAULTS = 11
#: A run shorter than this has one storm, and nothing heavy.
SHORT_RUN_S = 120.0
#: Runs from this length on take Ray down, too.
HEAVY_RUN_S = 300.0
#: From a heavy fault until the next storm.
HEAVY_S = 68.0
#: Share of a run that must lie outside all windows.
CALM_SHARE_MIN = 1 / 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One planned fault."""

    number: int
    at_s: float
    kind: str
    #: Code; empty: it hits nobody in particular.
    province: str = ""

    @property
    def end_s(self) -> float:
        """When its window closes."""
        return self.at_s + KINDS[self.kind].hold_s + KINDS[self.kind].recovery_s


def plan(seed: int, seconds: float, provinces: Sequence[str], proxied: Sequence[str]) -> list[Fault]:
    """The faults of a run, in the order in which they begin.

    Args:
        proxied: the provinces whose clients reach the gateway through a proxy; at least one.
    """
    rng = random.Random(f"schedule/{seed}/{seconds}")
    deck = _Deck(rng)
    targets = _Targets(rng, provinces, proxied)
    if seconds < SHORT_RUN_S:
        kinds = [kind for kind in KINDS.values() if not kind.is_heavy]
        planned = _storm(rng, seconds / 12, seconds / 3, kinds, targets)
    else:
        planned = []
        for begin_s, heavy in _places(rng, seconds):
            if heavy is not None:
                planned.append((begin_s, heavy, ""))
            else:
                kinds = [deck.draw() for _ in range(STORM_FAULTS)]
                planned += _storm(rng, begin_s, BEGIN_WITHIN_S, kinds, targets)
    planned.sort(key=lambda entry: entry[0])
    return [
        Fault(number=number, at_s=round(at_s, 2), kind=kind.name, province=province)
        for number, (at_s, kind, province) in enumerate(planned, start=1)
    ]


def _places(rng: random.Random, seconds: float) -> list[tuple[float, Kind | None]]:
    """Where storms begin and heavy faults strike (None: a storm)."""
    heavies = [kind for kind in KINDS.values() if kind.is_heavy] if seconds >= HEAVY_RUN_S else []
    rng.shuffle(heavies)
    storms = int((seconds - LEAD_S - HEAVY_S * len(heavies)) // PERIOD_S)
    pieces: list[Kind | None] = [None] * storms
    for place, heavy in enumerate(heavies, start=1):
        pieces.insert(place * len(pieces) // (len(heavies) + 1), heavy)
    places: list[tuple[float, Kind | None]] = []
    at_s = LEAD_S
    for piece in pieces:
        places.append((at_s, piece))
        at_s += PERIOD_S if piece is None else HEAVY_S
    return places


def _storm(
    rng: random.Random, begin_s: float, within_s: float, kinds: Sequence[Kind], targets: "_Targets"
) -> list[tuple[float, Kind, str]]:
    """Faults of these kinds, the longest first, spread over `within_s`."""
    ordered = sorted(kinds, key=lambda kind: -(kind.hold_s + kind.recovery_s))
    step_s = within_s / max(1, len(ordered) - 1)
    targets.begin_storm()
    storm = []
    for place, kind in enumerate(ordered):
        at_s = begin_s + max(0.0, (place - rng.random()) * step_s)
        storm.append((at_s, kind, targets.draw(kind) if kind.needs_province else ""))
    return storm


class _Deck:
    """Kinds without heavy ones, each as often as it weighs, shuffled; a new one when it is used up."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._cards: list[Kind] = []

    def draw(self) -> Kind:
        if not self._cards:
            self._cards = [kind for kind in KINDS.values() if not kind.is_heavy for _ in range(kind.weight)]
            self._rng.shuffle(self._cards)
        return self._cards.pop()


class _Targets:
    """Provinces, in an order that spares those already hit in this storm."""

    def __init__(self, rng: random.Random, provinces: Sequence[str], proxied: Sequence[str]) -> None:
        self._rng = rng
        self._provinces = list(provinces)
        self._proxied = list(proxied)
        self._hits: dict[str, int] = {}

    def begin_storm(self) -> None:
        self._hits = dict.fromkeys(self._provinces, 0)

    def draw(self, kind: Kind) -> str:
        among = self._proxied if kind.needs_proxy else self._provinces
        fewest = min(self._hits[code] for code in among)
        code = self._rng.choice([code for code in among if self._hits[code] == fewest])
        self._hits[code] += 1
        return code
