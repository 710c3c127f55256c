"""The matching model as a record: what the journals hold and the wire carries.

It knows nothing of the catalogue of parameters, so that events and commands can hold it without importing every parameter there is; what
a model means, and what makes one valid, is in `model`.
"""

import msgspec

from actors.core.country import Line
from actors.core.matching.points import Curve


class Weighting(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one parameter is worth."""

    #: (value in the parameter's unit, points), values rising; constant beyond both ends.
    curve: Curve = ()
    #: 0..100 per line; a line that is not named has weight 0.
    weights: dict[Line, int] = {}

    def weight(self, line: Line) -> int:
        """The weight in `line`."""
        return self.weights.get(line, 0)


class Shares(msgspec.Struct, frozen=True, array_like=True):
    """How much each dimension counts, of a hundred."""

    efficiency: int = 34
    quality: int = 33
    effectiveness: int = 33


class FilterSettings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the filters ask for, where the task itself does not say it."""

    #: (amount in fen, authority): from this amount on, the authority that people whose authority is recorded need.
    amount_authority: tuple[tuple[int, int], ...] = ()
    #: From this fraud alert level on, nobody on probation; 0: no such rule.
    fraud_level_experienced: int = 2
    #: A disputed task goes to nobody who decided it before, or knows it from before.
    dispute_needs_another: bool = True
    #: A desk not heard for longer gets nothing, seconds; where the country asks for less (`TimeLimits.heartbeat_fresh_ms`), that holds. 0: only that.
    heartbeat_seconds_max: int = 5
    #: Days that a recorded certificate must still be valid.
    certificate_days_min: int = 0
    #: Minutes beyond the end of the shift that people are expected to stay.
    overtime_minutes_max: int = 120


class ExplorationSettings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """When a person who is new to a kind is tried out: what `pair_trial_need` asks. How much that is worth is its weight; nought is off."""

    #: Below so many decisions of a kind, the roster's history included, a person counts as new to it; 0: nobody is.
    decided_min: int = 20
    #: Only tasks of at most this risk, permille, ...
    risk_permille_max: int = 300
    #: ... and of at most this amount, fen; never disputes, appeals, alerts or green channel.
    amount_fen_max: int = 5_000_000


class MatchingModel(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A revision of the matching model."""

    revision: int = 1
    #: By parameter name; a parameter that is not named is not used.
    weightings: dict[str, Weighting] = {}
    #: Shares of a task of the line before its W parameters shift them.
    base_shares: dict[Line, Shares] = {}
    filters: FilterSettings = FilterSettings()
    exploration: ExplorationSettings = ExplorationSettings()
    #: Urgency gained per minute since the task was taken in, without end: nothing starves (`model.waiting_bound_minutes`).
    ageing_per_minute: int = 300
    updated_ms: int = 0
    updated_by: str = ""
    note: str = ""

    def shares(self, line: Line) -> Shares:
        """The line's own shares."""
        return self.base_shares.get(line, Shares())
