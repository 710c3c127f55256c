"""A matching model as arrays, ready for rounds: made once for each revision.

Only parameters that count are in it: those with a weight in some line, those that filters ask, and those that either builds on.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from actors.core.country import Line
from actors.core.matching.model import MatchingModel, curve_of, weighted
from actors.core.matching.parameters import CATALOGUE, Attribute, Dimension, Parameter, Role, Scope
from actors.core.matching.points import Curves
from actors.core.statistics.storage import FloatArray

LINES = tuple(Line)
DIMENSIONS = tuple(Dimension)
_FIT = (Role.SCORE, Role.COST)
#: Operator parameters that filters ask, whatever the model weighs.
FILTERED = (
    "operator_free_capacity",
    "operator_probation_flag",
    "operator_share_opt_in",
    "operator_quota_left",
    "operator_shift_minutes_left",
)
FILTERED_BY_LINE = ("operator_certificate_days_left",)
#: Pair parameters that filters ask; those of `Attribute.KIND` only where somebody's shift is known, see `filtering`.
FILTERED_PAIRS: dict[Attribute, tuple[str, ...]] = {
    Attribute.NEEDS: ("pair_authority_margin", "pair_skill_coverage", "pair_privacy_margin"),
    Attribute.HOME: ("pair_local_rule_certified",),
    Attribute.TASK: ("pair_conflict_flag", "pair_prior_decider_flag", "pair_declined_before_flag"),
}
SHIFT_FIT = "pair_shift_fit_minutes"


class Group:
    """Parameters that are worked out together: first those that are scored, then those whose values alone are wanted.

    Args:
        scored: with curves and weights.
        wanted: without.
    """

    __slots__ = ("curves", "dimensions", "parameters", "places", "scored", "weights")

    def __init__(self, model: MatchingModel, scored: Sequence[Parameter], wanted: Iterable[Parameter] = ()) -> None:
        self.scored = tuple(scored)
        known = {parameter.name for parameter in scored}
        self.parameters = (*scored, *(parameter for parameter in wanted if parameter.name not in known))
        #: Name -> row of the values.
        self.places = {parameter.name: place for place, parameter in enumerate(self.parameters)}
        self.curves = Curves([curve_of(model, parameter.name) for parameter in scored])
        #: (lines, scored)
        self.weights = np.array(
            [[model.weightings[parameter.name].weight(line) for parameter in scored] for line in LINES], dtype=np.int64
        ).reshape(len(LINES), len(scored))
        #: Number of each scored parameter's dimension.
        self.dimensions = np.array([DIMENSIONS.index(parameter.dimension) for parameter in scored], dtype=np.int64)

    def values(self, view: object, shape: tuple[int, ...]) -> FloatArray:
        """The values of all parameters, (parameters, *shape)."""
        result = np.empty((len(self.parameters), *shape))
        for place, parameter in enumerate(self.parameters):
            result[place] = parameter.function(view)
        return result

    def points(self, values: FloatArray) -> FloatArray:
        """Whole points of the scored parameters, (scored, things)."""
        return self.curves.points(values[: len(self.scored)])


class CompiledModel:
    """A model, group by group."""

    def __init__(self, model: MatchingModel) -> None:
        self.model = model
        task_scopes = (Scope.TASK, Scope.TIME)
        self.shares = Group(model, weighted(model, Role.SHARES, scopes=task_scopes))
        self.urgency = Group(model, weighted(model, Role.URGENCY, scopes=task_scopes))
        fit = weighted(model, *_FIT, scopes=(Scope.OPERATOR, Scope.PAIR, Scope.TIME))
        of_pairs = [parameter for parameter in fit if parameter.scope is Scope.PAIR]
        pairs_used = [*of_pairs, CATALOGUE[SHIFT_FIT]]
        built_on = [CATALOGUE[name] for parameter in pairs_used for name in parameter.needs]
        people = [parameter for parameter in fit if parameter.scope is not Scope.PAIR]
        kept = [parameter for parameter in people if not parameter.on_duty]
        #: Kept until the person changes, the same in all lines; and by line.
        self.people = Group(
            model,
            [parameter for parameter in kept if not parameter.by_line],
            [*_named(FILTERED), *(parameter for parameter in built_on if not parameter.by_line)],
        )
        self.people_by_line = Group(
            model,
            [parameter for parameter in kept if parameter.by_line],
            [*_named(FILTERED_BY_LINE), *(parameter for parameter in built_on if parameter.by_line)],
        )
        #: Worked out in every round.
        self.on_duty = Group(
            model, [parameter for parameter in people if parameter.on_duty], _named(["operator_heartbeat_age_seconds"])
        )
        self.pairs: dict[Attribute, Group] = {}
        for attribute in Attribute:
            scored = [parameter for parameter in of_pairs if parameter.attribute is attribute]
            wanted = _named(FILTERED_PAIRS.get(attribute, ()))
            if scored or wanted:
                self.pairs[attribute] = Group(model, scored, wanted)
        #: The line's own shares, (lines, dimensions).
        self.base_shares = np.array([_shares(model, line) for line in LINES], dtype=np.float64)


def _named(names: Iterable[str]) -> list[Parameter]:
    return [CATALOGUE[name] for name in names]


def _shares(model: MatchingModel, line: Line) -> tuple[int, int, int]:
    shares = model.shares(line)
    return shares.efficiency, shares.quality, shares.effectiveness
