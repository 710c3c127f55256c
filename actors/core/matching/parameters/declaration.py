"""How a matching parameter is declared: one decorated function each, and nothing else.

The function's name is the parameter's name, its docstring the definition, its body the formula. The decorator adds what code cannot say:
the Chinese name, the unit, which of the three dimensions it belongs to, what it is used for, where its inputs come from, and whether its
value differs by line of business. The function reads a *view*, which is columns over the people, tasks or provinces at hand, and returns
one number for each of them; NaN says "unknown", and unknown is neutral: no points, no exclusion.

Refused: a table of names with a big function beside it (two places to keep in step), and a class per parameter (ten lines of frame
around one line of formula).
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, Protocol

import msgspec
import numpy as np

from actors.core.statistics.storage import FloatArray

#: Values of a parameter: one float64 per task, person, pair or province; NaN: unknown.
Values = FloatArray


class Dimension(StrEnum):
    """What a parameter speaks for; the task decides how much each counts (`shares`)."""

    EFFICIENCY = "efficiency"
    QUALITY = "quality"
    EFFECTIVENESS = "effectiveness"


class Role(StrEnum):
    """What a parameter is used for; the letters are those of docs/matching-parameters.md."""

    #: Keeps a person from a task, whatever the points.
    FILTER = "F"
    #: More of it usually earns points ...
    SCORE = "S"
    #: ... or costs them.
    COST = "K"
    #: Orders tasks; the same for every person.
    URGENCY = "U"
    #: Sets how much each dimension counts for the task.
    SHARES = "W"
    #: Decides whether a task may leave its province.
    GUARD = "G"
    #: Says how much a statistic is worth; shown with explanations.
    CONFIDENCE = "I"


class Scope(StrEnum):
    """What a parameter is a property of."""

    TASK = "task"
    OPERATOR = "operator"
    PAIR = "pair"
    PROVINCE = "province"
    LINK = "link"
    TIME = "time"


class Source(StrEnum):
    """Where the inputs come from."""

    TASK = "task"
    ROSTER = "roster"
    STATISTICS = "statistics"
    REVIEWS = "reviews"
    LOAD = "load"
    POLICY = "policy"
    CALENDAR = "calendar"


class Attribute(StrEnum):
    """The property of a task on which a parameter of people or pairs depends: tasks that share its value share the parameter's values."""

    #: Nothing: the parameter is the person's alone.
    PERSON = "person"
    LINE = "line"
    #: Nothing, but it changes with what the person has in hand and with every sign-in: it does not stand for the minute.
    LOAD = "load"
    #: Nothing, but what the person has done today: it changes with every decision.
    TODAY = "today"
    #: Nothing, but who else is on duty; it stands for the minute, or until somebody comes or goes.
    TEAM = "team"
    #: Nothing, but what is told anew in every round.
    DUTY = "duty"
    KIND = "kind"
    #: The kind, of tasks on which somebody new to it may be tried out; the others have nothing to say there.
    TRIAL = "trial"
    #: The kind, for what rests on what the person did last.
    KIND_LAST = "kind_last"
    #: The kind, for what rests on what the person has in hand.
    KIND_LOAD = "kind_load"
    PRODUCT = "product"
    HOME = "home"
    CHANNEL = "channel"
    AMOUNT_BAND = "amount_band"
    HOSPITAL = "hospital"
    LANGUAGE = "language"
    #: Authority, skills and clearance asked for.
    NEEDS = "needs"
    CUSTOMER = "customer"
    CASE = "case"
    #: Kind and time left before the promise.
    SLACK = "slack"
    #: The very task: nothing is shared.
    TASK = "task"


class Parameter(msgspec.Struct, frozen=True, kw_only=True):
    """A declared parameter."""

    name: str
    name_zh: str
    unit: str
    scope: Scope
    dimension: Dimension
    role: Role
    source: Source
    definition: str
    #: The values of a view, one each.
    function: Callable[[Any], Values]
    #: The value differs by line of business.
    by_line: bool = False
    #: What of the task it depends on; None: parameters of tasks and provinces.
    attribute: Attribute | None = None
    #: Parameters of people and kinds whose values it builds on: these are worked out even if they themselves have no weight.
    needs: tuple[str, ...] = ()
    #: How much evidence stands behind each value (effective number of items); None: the value is a fact, not a statistic.
    evidence: Callable[[Any], Values] | None = None


def _implied(scope: Scope, *, by_line: bool) -> Attribute | None:
    if scope is not Scope.OPERATOR:
        return None
    return Attribute.LINE if by_line else Attribute.PERSON


class _Named(Protocol):
    __name__: str
    __doc__: str | None


#: All declared parameters by name, in the order of declaration.
DECLARED: dict[str, Parameter] = {}


def declare(
    scope: Scope,
    name_zh: str,
    unit: str,
    dimension: Dimension,
    role: Role,
    source: Source,
    *,
    by_line: bool = False,
    attribute: Attribute | None = None,
    needs: tuple[str, ...] = (),
    evidence: Callable[[Any], Values] | None = None,
) -> Callable[[Callable[[Any], Values]], Callable[[Any], Values]]:
    """The decorator that declares a parameter of any scope; each module of parameters binds its scope once."""

    def take(function: Callable[[Any], Values]) -> Callable[[Any], Values]:
        named: _Named = function
        assert named.__name__ not in DECLARED, f"{named.__name__} is declared twice"
        assert named.__doc__, f"{named.__name__} has no definition"
        DECLARED[named.__name__] = Parameter(
            name=named.__name__,
            name_zh=name_zh,
            unit=unit,
            scope=scope,
            dimension=dimension,
            role=role,
            source=source,
            definition=" ".join(named.__doc__.split()),
            function=function,
            by_line=by_line,
            attribute=attribute or _implied(scope, by_line=by_line),
            needs=needs,
            evidence=evidence,
        )
        return function

    return take


def unknown(like: Values) -> Values:
    """A fresh array of NaN of the same shape."""
    return np.full(like.shape, np.nan)
