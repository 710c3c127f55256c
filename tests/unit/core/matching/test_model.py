"""The matching model as a record: what may stand in it."""

from typing import Any

import msgspec
import pytest

from actors.core.country import Line
from actors.core.matching.model import (
    FilterSettings,
    MatchingModel,
    Shares,
    Weighting,
    fit_range,
    trivial_model,
    urgency_range,
    validate,
    waiting_bound_minutes,
)
from actors.core.matching.shipped import shipped_model

WEIGHTS = dict.fromkeys(Line, 10)
CURVE = ((0.0, 0), (1.0, 100))


def with_weighting(name: str = "task_priority_class", **changes: Any) -> MatchingModel:
    """A model of one parameter."""
    known: dict[str, Any] = {"curve": CURVE, "weights": WEIGHTS}
    return MatchingModel(weightings={name: Weighting(**(known | changes))})


@pytest.mark.parametrize("model", [shipped_model(), trivial_model(), MatchingModel(), with_weighting()])
def test_a_whole_model_is_valid_and_survives_the_journal(model: MatchingModel) -> None:
    """Else a new system could not start, or would decide by another model after a restart."""
    assert validate(model) == []
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(model), type=MatchingModel) == model


@pytest.mark.parametrize(
    ("model", "complaint"),
    [
        (with_weighting("task_colour"), "task_colour is not a parameter."),
        (with_weighting("task_privacy_level"), "task_privacy_level is a filter and takes no weight."),
        (with_weighting(curve=((1.0, 0), (1.0, 5))), "task_priority_class: breakpoints must rise."),
        (with_weighting(curve=((float("inf"), 0),)), "task_priority_class: a breakpoint is not a finite number."),
        (with_weighting(curve=((0.0, 1_001),)), "task_priority_class: points must lie between -1000 and 1000."),
        (
            with_weighting(curve=tuple((float(x), x) for x in range(9))),
            "task_priority_class: 9 breakpoints; at most 8 are allowed.",
        ),
        (
            with_weighting(weights={Line.CLAIMS: 101}),
            "task_priority_class: weights must lie between 0 and 100.",
        ),
        (with_weighting(curve=()), "task_priority_class: a weight without breakpoints gives no points."),
        (
            MatchingModel(base_shares={Line.CLAIMS: Shares(50, 30, 30)}),
            "shares[claims]: (50, 30, 30) must be at least 5 each and add up to 100.",
        ),
        (
            MatchingModel(base_shares={Line.CLAIMS: Shares(96, 2, 2)}),
            "shares[claims]: (96, 2, 2) must be at least 5 each and add up to 100.",
        ),
        (
            MatchingModel(filters=FilterSettings(amount_authority=((100, 3), (200, 2)))),
            "filters.amount_authorities: amounts must rise, and authority must not fall with them.",
        ),
        (
            MatchingModel(filters=FilterSettings(amount_authority=((0, 3),))),
            "filters.amount_authorities: amounts must be above 0, authority between 0 and 9.",
        ),
        (
            MatchingModel(filters=FilterSettings(fraud_level_experienced=4)),
            "filters.fraud_level_experienced must lie between 0 and 3.",
        ),
        (MatchingModel(filters=FilterSettings(overtime_minutes_max=-1)), "filters: no limit may be negative."),
        (
            MatchingModel(ageing_per_minute=0),
            "ageing_points_per_minute must be at least 1: without ageing tasks can wait for ever.",
        ),
    ],
)
def test_a_broken_model_is_refused_with_the_place(model: MatchingModel, complaint: str) -> None:
    """Else a slip of the pen would reach every province, or an editor could not find it."""
    assert validate(model) == [complaint]


def test_the_bound_on_waiting_is_what_ageing_needs_to_make_up_every_difference() -> None:
    """Else the stated bound would be a guess."""
    model = with_weighting()
    assert urgency_range(model, Line.CLAIMS) == (0, 1_000)
    assert fit_range(model, Line.CLAIMS) == (0, 0)
    assert waiting_bound_minutes(model) == 4
    slower = msgspec.structs.replace(model, ageing_per_minute=1)
    assert waiting_bound_minutes(slower) == 1_000
