"""A matching model as arrays, ready for rounds: made once for each revision.

Only parameters that count are in it: those with a weight in some line, those that filters ask, and those that either builds on.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from actors.core.country import Line
from actors.core.matching.model import MatchingModel, curve_of, weighted
from actors.core.matching.parameters import CATALOGUE, Attribute, Dimension, Parameter, Role, Scope
from actors.core.matching.points import POINTS_MAX, Curves
from actors.core.matching.shares import WHOLE
from actors.core.statistics.storage import FloatArray

LINES = tuple(Line)
DIMENSIONS = tuple(Dimension)
_FIT = (Role.SCORE, Role.COST)
#: Parameters whose values filters ask, whatever the model weighs.
FILTERED: dict[Attribute, tuple[str, ...]] = {
    Attribute.LOAD: ("operator_free_capacity", "operator_shift_minutes_left"),
    Attribute.TODAY: ("operator_quota_left",),
    Attribute.LINE: ("operator_certificate_days_left",),
    Attribute.DUTY: ("operator_heartbeat_age_seconds",),
    Attribute.NEEDS: ("pair_authority_margin", "pair_skill_coverage", "pair_privacy_margin"),
    Attribute.HOME: ("pair_local_rule_certified",),
    Attribute.TASK: ("pair_conflict_flag", "pair_prior_decider_flag", "pair_declined_before_flag"),
    Attribute.KIND: (),
    Attribute.KIND_LOAD: (),
}
#: Asked only where somebody's shift is known (`filtering`); what it builds on is worked out then, if the model does not weigh it anyway.
SHIFT_FIT = "pair_shift_fit_minutes"


class Group:
    """Parameters that are worked out together: first those that are scored, then those whose values alone are wanted.

    Args:
        scored: with curves and weights.
        wanted: without.
        start: number of the first scored one among all that make up the fit.
    """

    __slots__ = (
        "curves",
        "dimensions",
        "in_dimension",
        "numbers",
        "parameters",
        "places",
        "scored",
        "start",
        "weights",
        "withins",
    )

    def __init__(
        self, model: MatchingModel, scored: Sequence[Parameter], wanted: Iterable[Parameter] = (), start: int = 0
    ) -> None:
        self.scored = tuple(scored)
        self.start = start
        every = dict.fromkeys(parameter.name for parameter in (*scored, *wanted))
        self.parameters = tuple(CATALOGUE[name] for name in every)
        #: Name -> row of the values.
        self.places = {name: place for place, name in enumerate(every)}
        self.curves = Curves([curve_of(model, parameter.name) for parameter in scored])
        #: (lines, scored)
        self.weights = np.array(
            [[model.weightings[parameter.name].weight(line) for parameter in scored] for line in LINES], dtype=np.int64
        ).reshape(len(LINES), len(scored))
        #: Number of each scored parameter's dimension.
        self.dimensions = np.array([DIMENSIONS.index(parameter.dimension) for parameter in scored], dtype=np.int64)
        #: 1 in the column of its dimension, (scored, dimensions).
        self.in_dimension = np.eye(len(DIMENSIONS))[self.dimensions]
        #: Place of each scored one in the group, (scored, 1), and its number among all that make up the fit.
        self.withins = np.arange(len(self.scored))[:, None]
        self.numbers = start + np.arange(len(self.scored))

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
        shares = weighted(model, Role.SHARES, scopes=task_scopes)
        urgency = weighted(model, Role.URGENCY, scopes=task_scopes)
        self.shares, self.urgency = Group(model, shares), Group(model, urgency)
        #: Both, to be worked out in one sweep: first the shares.
        self.of_tasks = Group(model, shares + urgency)
        fit = weighted(model, *_FIT, scopes=(Scope.OPERATOR, Scope.PAIR, Scope.TIME))
        wanted = _wanted(fit)
        #: What makes up the fit, by what of the task it depends on.
        self.groups: dict[Attribute, Group] = {}
        start = 0
        for attribute in Attribute:
            scored = [parameter for parameter in fit if parameter.attribute is attribute]
            values = [CATALOGUE[name] for name in wanted if CATALOGUE[name].attribute is attribute]
            if scored or values or attribute in FILTERED:
                self.groups[attribute] = Group(model, scored, values, start)
                start += len(scored)
        groups = self.groups.values()
        #: All scored parameters of the groups in order: weights, (lines, parameters), and numbers of their dimensions.
        self.weights = np.concatenate([group.weights for group in groups], axis=1)
        self.dimensions = np.concatenate([group.dimensions for group in groups])
        self.fit = tuple(parameter for group in groups for parameter in group.scored)
        #: The curves of all of these.
        self.curves = Curves([curve_of(model, parameter.name) for parameter in self.fit])
        #: No sum of weight x points is greater in magnitude: a task weighs one row of each parameter at most.
        self.reach = len(self.fit) * WHOLE * POINTS_MAX
        #: The line's own shares, (lines, dimensions).
        self.base_shares = np.array([_shares(model, line) for line in LINES], dtype=np.float64)


def _wanted(fit: Sequence[Parameter]) -> list[str]:
    """Names of parameters whose values are needed though they may have no weight."""
    names = [name for filtered in FILTERED.values() for name in filtered]
    names += [name for parameter in fit for name in parameter.needs]
    wanted = dict.fromkeys(names)
    while further := [need for name in wanted for need in CATALOGUE[name].needs if need not in wanted]:
        wanted |= dict.fromkeys(further)
    return list(wanted)


def _shares(model: MatchingModel, line: Line) -> tuple[int, int, int]:
    shares = model.shares(line)
    return shares.efficiency, shares.quality, shares.effectiveness
