"""Where a pair's points come from: the very arrays of the round, line by line.

Nothing is worked out again: a contribution is the effective weight and the points that the fold has multiplied, so the contributions of a
pair add up to its fit, and those of a task to its urgency, exactly.
"""

from collections.abc import Iterator

import msgspec
import numpy as np

from actors.core.matching.scoring import Block, Problem

#: Stands for the model's ageing among the contributions to urgency.
AGEING = "ageing"


class Contribution(msgspec.Struct, frozen=True, kw_only=True):
    """What one parameter brings to a fit or an urgency."""

    parameter: str
    #: In the parameter's unit; None: unknown, which is neutral.
    value: float | None
    unit: str
    #: Effective number of items behind a statistic; None: the value is a fact.
    evidence: float | None
    points: int
    #: 0..100.
    weight: int
    #: weight x points.
    contribution: int


def fit_contributions(problem: Problem, task: int, person: int) -> list[Contribution]:
    """What makes up ``problem.fit[task, person]``: one for every parameter that counts for the task."""
    return [
        contribution
        for block in problem.blocks
        if block.place[task] >= 0
        for contribution in _of_block(block, task, int(block.place[task]), person)
    ]


def urgency_contributions(problem: Problem, task: int) -> list[Contribution]:
    """What makes up ``problem.urgency[task]``, ageing included."""
    ageing = int(problem.ageing[task])
    return [
        *_of_block(problem.urgencies, task, task, 0),
        Contribution(
            parameter=AGEING,
            value=float(problem.waited_minutes[task]),
            unit="min",
            evidence=None,
            points=ageing,
            weight=1,
            contribution=ageing,
        ),
    ]


def share_contributions(problem: Problem, task: int) -> list[Contribution]:
    """What shifts the task's shares: hundredths of a per cent for the parameter's own dimension."""
    return list(_of_block(problem.shifts, task, task, 0))


def _of_block(block: Block, task: int, value_place: int, person: int) -> Iterator[Contribution]:
    view = block.view()
    for place, parameter in enumerate(block.group.scored):
        points, weight = int(block.points[place, value_place, person]), int(block.weights[task, place])
        value = float(block.values[place, value_place, person])
        evidence = None
        if parameter.evidence is not None:
            counts = np.atleast_2d(parameter.evidence(view))
            evidence = float(counts[value_place, person])
        yield Contribution(
            parameter=parameter.name,
            value=None if np.isnan(value) else value,
            unit=parameter.unit,
            evidence=evidence,
            points=points,
            weight=weight,
            contribution=points * weight,
        )
