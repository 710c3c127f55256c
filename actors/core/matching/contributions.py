"""Where a pair's points come from: the very arrays of the round, line by line.

Nothing is worked out again: a contribution is the effective weight and the points that the fold has multiplied, so the contributions of a
pair add up to its fit, and those of a task to its urgency, exactly. To be asked before the next event.
"""

import numpy as np

from actors.core.matching.explained import Contribution
from actors.core.matching.extras import Extra
from actors.core.matching.parameters import Parameter
from actors.core.matching.scoring import Problem, Scorer, TaskTerms

#: Stands for the model's ageing among the contributions to urgency.
AGEING = "ageing"


def fit_contributions(scorer: Scorer, problem: Problem, task: int, person: int) -> list[Contribution]:
    """What makes up ``problem.fit[task, person]``: every parameter that counts for the task and has points or a value."""
    found: list[Contribution] = []
    views: dict[int, object] = {}
    for terms in problem.pairs:
        column = terms.column(person)
        for row in np.flatnonzero(terms.weights[task]).tolist():
            parameter = scorer.compiled.fit[int(terms.parameters[row])]
            value, evidence = _value(scorer, problem, terms.extra, parameter, int(terms.keys[row]), person, views)
            points, weight = int(terms.points[row, column]), int(terms.weights[task, row])
            found.append(_contribution(parameter, value, evidence, points, weight))
    return found


def urgency_contributions(problem: Problem, task: int) -> list[Contribution]:
    """What makes up ``problem.urgency[task]``, ageing included."""
    ageing = int(problem.ageing[task])
    waited = Contribution(
        parameter=AGEING,
        value=float(problem.waited_minutes[task]),
        unit="min",
        evidence=None,
        points=ageing,
        weight=1,
        contribution=ageing,
    )
    return [*_of_task(problem.urgencies, task), waited]


def share_contributions(problem: Problem, task: int) -> list[Contribution]:
    """What shifts the task's shares: hundredths of a per cent for the parameter's own dimension."""
    return _of_task(problem.shifts, task)


def _of_task(terms: TaskTerms, task: int) -> list[Contribution]:
    return [
        _contribution(
            parameter,
            float(terms.values[place, task]),
            None,
            int(terms.points[place, task]),
            int(terms.weights[place, task]),
        )
        for place, parameter in enumerate(terms.group.scored)
    ]


def _value(
    scorer: Scorer,
    problem: Problem,
    extra: Extra | None,
    parameter: Parameter,
    key: int,
    person: int,
    views: dict[int, object],
) -> tuple[float, float | None]:
    """The value of a parameter for a person, and how much evidence stands behind it.

    Args:
        extra: where the key is; None: in the bank.
        views: of this person, by key: most parameters share one.
    """
    if extra is not None:
        return float(extra.values[extra.group.places[parameter.name], key - extra.first, person]), None
    bank, candidates = scorer.bank, problem.candidates
    attribute, name = bank.keys.key(key)
    row = int(candidates.rows[person])
    value = bank.value(key, scorer.compiled.groups[attribute].places[parameter.name], row)
    if parameter.evidence is None:
        return value, None
    if key not in views:
        alone = bank.candidates(
            [candidates.people[person]], candidates.rows[[person]], candidates.board, candidates.reading
        )
        views[key] = bank.view(attribute, [name], alone)
    return value, float(np.ravel(parameter.evidence(views[key]))[0])


def _contribution(parameter: Parameter, value: float, evidence: float | None, points: int, weight: int) -> Contribution:
    return Contribution(
        parameter=parameter.name,
        value=None if np.isnan(value) else value,
        unit=parameter.unit,
        evidence=evidence,
        points=points,
        weight=weight,
        contribution=points * weight,
    )
