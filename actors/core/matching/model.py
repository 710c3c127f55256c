"""The matching model (人单匹配模型): how much each parameter counts. A versioned record, changed by people and never by the code.

Theory of operation
-------------------
A parameter (package `parameters`) says what is; the model says what it is worth:

* a *curve* turns the parameter's value into whole points, -1000..1000 (`points`);
* a *weight* per line of business, 0..100. Weight nought means that the parameter is not even computed;
* *shares*: of a hundred, how much the three dimensions count for a task; the line's own, shifted by the task's W parameters (`shares`).

So a contribution is ``min(100, weight x 3 x share // 100) x points``: whole numbers, and 128 of them stay below 2^24, exact in float32 in
any order of summation. An explanation shows these very numbers. Refused: real-valued weights (sums then depend on the order, and a shown
sum differs from the used one), and curves scaled by the candidates at hand (the same person would be worth another number every minute).

Filters, guards and ageing are settings of the same record, so that one revision names everything that a decision depended on.
"""

import itertools
import math

from actors.core.country import Line
from actors.core.matching.folding import EXACT_BELOW
from actors.core.matching.parameters import CATALOGUE, Parameter, Role, Scope
from actors.core.matching.points import BREAKPOINTS_MAX, POINTS_MAX, Curve
from actors.core.matching.record import ExplorationSettings, FilterSettings, MatchingModel, Shares, Weighting

__all__ = [
    "AUTHORITY_MAX",
    "SHARE_MIN",
    "WEIGHTED_ROLES",
    "WEIGHT_MAX",
    "ExplorationSettings",
    "FilterSettings",
    "MatchingModel",
    "Shares",
    "Weighting",
    "curve_of",
    "fit_range",
    "trivial_model",
    "urgency_range",
    "validate",
    "waiting_bound_minutes",
    "weighted",
]

WEIGHT_MAX = 100
AUTHORITY_MAX = 9
#: Least share that a dimension has in a task, of a hundred: no dimension ever counts for nothing.
SHARE_MIN = 5
#: Roles whose parameters have a curve and weights.
WEIGHTED_ROLES = (Role.SCORE, Role.COST, Role.URGENCY, Role.SHARES, Role.GUARD)


def trivial_model() -> MatchingModel:
    """A model of four parameters. For simulations that are about something else than the match."""
    return MatchingModel(
        weightings={
            "pair_kind_done_count": _everywhere(((0, 0), (10, 170), (50, 420), (200, 670), (1_000, 1_000)), 60),
            "operator_idle_minutes": _everywhere(((0, 0), (10, 1_000)), 10),
            "task_priority_class": _everywhere(((0, 0), (9, 900)), 60),
            "task_green_channel_flag": _everywhere(((0, 0), (1, 1_000)), 72),
        },
        note="trivial",
    )


def _everywhere(curve: Curve, weight: int) -> Weighting:
    return Weighting(curve=curve, weights=dict.fromkeys(Line, weight))


def weighted(model: MatchingModel, *roles: Role, scopes: tuple[Scope, ...] = tuple(Scope)) -> list[Parameter]:
    """Parameters of these roles and scopes that count in some line, in the catalogue's order. No other is ever computed."""
    counting = {name for name, weighting in model.weightings.items() if any(weighting.weights.values())}
    return [
        parameter
        for name, parameter in CATALOGUE.items()
        if name in counting and parameter.role in roles and parameter.scope in scopes
    ]


def curve_of(model: MatchingModel, name: str) -> Curve:
    """The curve of a parameter; empty if the model does not name it."""
    weighting = model.weightings.get(name)
    return weighting.curve if weighting else ()


# --- validation ---


def validate(model: MatchingModel) -> list[str]:
    """What is wrong with a model, one sentence each; empty: nothing."""
    violations = [
        violation
        for name, weighting in model.weightings.items()
        for violation in _weighting_violations(name, weighting)
    ]
    for line, shares in model.base_shares.items():
        parts = (shares.efficiency, shares.quality, shares.effectiveness)
        if sum(parts) != 100 or min(parts) < SHARE_MIN:
            violations.append(f"shares[{line}]: {parts} must be at least {SHARE_MIN} each and add up to 100.")
    violations += _filter_violations(model.filters)
    if model.ageing_per_minute < 1:
        violations.append("ageing_points_per_minute must be at least 1: without ageing tasks can wait for ever.")
    if not violations:
        violations += _range_violations(model)
    return violations


def _weighting_violations(name: str, weighting: Weighting) -> list[str]:
    parameter = CATALOGUE.get(name)
    if parameter is None:
        return [f"{name} is not a parameter."]
    if parameter.role not in WEIGHTED_ROLES:
        return [f"{name} is a {parameter.role.name.lower()} and takes no weight."]
    found: list[str] = []
    curve = weighting.curve
    if len(curve) > BREAKPOINTS_MAX:
        found.append(f"{name}: {len(curve)} breakpoints; at most {BREAKPOINTS_MAX} are allowed.")
    if any(not math.isfinite(x) for x, _ in curve):
        found.append(f"{name}: a breakpoint is not a finite number.")
    if any(x >= following for (x, _), (following, _) in itertools.pairwise(curve)):
        found.append(f"{name}: breakpoints must rise.")
    if any(abs(y) > POINTS_MAX for _, y in curve):
        found.append(f"{name}: points must lie between -{POINTS_MAX} and {POINTS_MAX}.")
    if any(not 0 <= weight <= WEIGHT_MAX for weight in weighting.weights.values()):
        found.append(f"{name}: weights must lie between 0 and {WEIGHT_MAX}.")
    if any(weighting.weights.values()) and not curve:
        found.append(f"{name}: a weight without breakpoints gives no points.")
    return found


def _filter_violations(filters: FilterSettings) -> list[str]:
    found: list[str] = []
    table = filters.amount_authority
    rising = all(low < high and level <= higher for (low, level), (high, higher) in itertools.pairwise(table))
    if not rising:
        found.append("filters.amount_authorities: amounts must rise, and authority must not fall with them.")
    if any(amount <= 0 or not 0 <= level <= AUTHORITY_MAX for amount, level in table):
        found.append(f"filters.amount_authorities: amounts must be above 0, authority between 0 and {AUTHORITY_MAX}.")
    if not 0 <= filters.fraud_level_experienced <= 3:
        found.append("filters.fraud_level_experienced must lie between 0 and 3.")
    if min(filters.heartbeat_seconds_max, filters.certificate_days_min, filters.overtime_minutes_max) < 0:
        found.append("filters: no limit may be negative.")
    return found


def _range_violations(model: MatchingModel) -> list[str]:
    """Sums that could lose a point to rounding. A hundred full weights of a thousand points are far below the limit."""
    found: list[str] = []
    for line in Line:
        low, high = fit_range(model, line)
        if max(-low, high) >= EXACT_BELOW:
            found.append(f"weights of {line}: points could add up to {max(-low, high)}, beyond exact {EXACT_BELOW}.")
    return found


def fit_range(model: MatchingModel, line: Line) -> tuple[int, int]:
    """Least and greatest fit that any pair could have in `line`, whatever the task's shares."""
    return _range(model, line, (Role.SCORE, Role.COST), (Scope.OPERATOR, Scope.PAIR, Scope.TIME), largest_share=True)


def urgency_range(model: MatchingModel, line: Line) -> tuple[int, int]:
    """Least and greatest urgency of a task of `line`, ageing left out."""
    return _range(model, line, (Role.URGENCY,), (Scope.TASK,), largest_share=False)


def _range(
    model: MatchingModel, line: Line, roles: tuple[Role, ...], scopes: tuple[Scope, ...], *, largest_share: bool
) -> tuple[int, int]:
    low = high = 0
    for parameter in weighted(model, *roles, scopes=scopes):
        weighting = model.weightings[parameter.name]
        weight = weighting.weight(line)
        if largest_share:
            weight = min(WEIGHT_MAX, weight * 3 * (100 - 2 * SHARE_MIN) // 100)
        points = [y for _, y in weighting.curve] + [0]
        low += weight * min(points)
        high += weight * max(points)
    return low, high


def waiting_bound_minutes(model: MatchingModel) -> int:
    """The stated bound on waiting: a task older than another by more than this outranks it, whatever the flags and whoever is free.

    Both must be of lines that share people; the bound is taken over all lines. It holds because ageing never stops: what all other
    parameters can make of the difference between two tasks is finite, and ageing has made it up after so many minutes.
    """
    spans = [(fit_range(model, line), urgency_range(model, line)) for line in Line]
    low = min(fit[0] + urgency[0] for fit, urgency in spans)
    high = max(fit[1] + urgency[1] for fit, urgency in spans)
    return math.ceil((high - low) / model.ageing_per_minute)
