"""People new to a kind are tried out on low-risk tasks until they are known."""

from typing import Any

import msgspec
import numpy as np
import pytest

from actors.core.country import Line
from actors.core.matching.contributions import fit_contributions
from actors.core.matching.model import waiting_bound_minutes
from actors.core.matching.record import ExplorationSettings, MatchingModel, Weighting
from actors.core.matching.scoring import Problem, Scorer
from actors.core.operators import KindExperience
from actors.core.task import PriorReason
from tests.unit.core.matching.parameters.world import ANN, BOB, LARGE, MEDICAL, MODEL, World

NEED = "pair_trial_need"
OFF = msgspec.structs.replace(MODEL, weightings={**MODEL.weightings, NEED: Weighting()})
SETTINGS = MODEL.exploration
#: What makes a task too delicate to try somebody out on.
DELICATE: tuple[dict[str, Any], ...] = (
    {"risk_score_permille": SETTINGS.risk_permille_max + 1},
    {"amount_fen": SETTINGS.amount_fen_max + 1},
    {"green_channel": True},
    {"dispute": True},
    {"fraud_alert_level": 1},
    {"prior_task": "fujian-9", "prior_operator": "carol", "prior_reason": PriorReason.APPEALED},
)


def scored(world: World, model: MatchingModel = MODEL, **spec: Any) -> tuple[Scorer, Problem]:
    """A new task against Ann and Bob."""
    scorer = Scorer(world.state, model)
    people = [world.state.operators[name] for name in (ANN, BOB)]
    return scorer, scorer.problem([world.state.tasks[world.create(**spec)]], people, world.now_ms)


def trial_points(world: World, model: MatchingModel = MODEL, **spec: Any) -> int:
    """What being new brings Ann, as the explanation has it."""
    scorer, problem = scored(world, model, **spec)
    parts = fit_contributions(scorer, problem, 0, 0)
    assert sum(part.contribution for part in parts) == problem.fit[0, 0]
    return sum(part.contribution for part in parts if part.parameter == NEED)


def with_done(count: int) -> World:
    """Bob is new to the kind as ever; Ann has so many behind her."""
    return World(kinds={MEDICAL: KindExperience(done_count=count), LARGE: KindExperience()})


def test_a_newcomer_gets_low_risk_tasks_before_somebody_with_some_experience() -> None:
    """Else whoever was enrolled first would keep all the work, and nobody would find out what the others can do."""
    world = with_done(SETTINGS.decided_min)
    tried, plain = scored(world)[1], scored(world, OFF)[1]
    ann, bob = range(2)
    assert tried.fit[0, bob] > tried.fit[0, ann]
    assert plain.fit[0, bob] < plain.fit[0, ann]


def test_an_expert_keeps_the_task() -> None:
    """Else trying people out would cost more than it teaches."""
    problem = scored(with_done(1_000))[1]
    assert problem.fit[0, 0] > problem.fit[0, 1]


@pytest.mark.parametrize("spec", DELICATE, ids=lambda spec: next(iter(spec)))
def test_nobody_is_tried_out_on_a_delicate_task(spec: dict[str, Any]) -> None:
    """Else a beginner would be preferred for just the tasks where mistakes are dear."""
    world = World()
    assert trial_points(world) > 0
    assert trial_points(world, **spec) == 0
    assert np.array_equal(scored(world, **spec)[1].fit, scored(world, OFF, **spec)[1].fit)


def test_the_limits_themselves_are_low_risk() -> None:
    """Else the settings would mean something else than they say."""
    within: dict[str, Any] = {"risk_score_permille": SETTINGS.risk_permille_max, "amount_fen": SETTINGS.amount_fen_max}
    assert trial_points(World(), **within) > 0


def test_the_bonus_falls_with_every_decision_and_ends_at_the_threshold() -> None:
    """Else people would count as new for ever."""
    points = [trial_points(with_done(count)) for count in (0, 5, 10, 19, 20, 21, 500)]
    assert points[:4] == sorted(points[:4], reverse=True)
    assert len(set(points[:4])) == 4
    assert points[3] > 0
    assert points[4:] == [0, 0, 0]


def test_a_decision_here_counts_towards_the_threshold() -> None:
    """Else only the roster's history would end the trial, which no journal changes."""
    world = World()
    before = trial_points(world)
    world.decide()
    assert trial_points(world.wait(1)) < before


def test_the_line_shows_the_sample_behind_it() -> None:
    """Else an explanation would not say why the person counts as new."""
    scorer, problem = scored(with_done(5))
    [part] = [part for part in fit_contributions(scorer, problem, 0, 0) if part.parameter == NEED]
    assert part.evidence == 5
    assert part.value == 0.75


@pytest.mark.parametrize(
    "off",
    [OFF, msgspec.structs.replace(MODEL, exploration=ExplorationSettings(decided_min=0))],
    ids=["no weight", "nobody is new"],
)
def test_exploration_switched_off_changes_nothing(off: MatchingModel) -> None:
    """Else it could not be switched off; and fits would differ from those of a model that knows nothing of it."""
    without = msgspec.structs.replace(
        MODEL, weightings={name: weighting for name, weighting in MODEL.weightings.items() if name != NEED}
    )
    world = with_done(3)
    assert trial_points(world, off) == 0
    assert np.array_equal(scored(world, off)[1].fit, scored(world, without)[1].fit)


def test_the_stated_bound_on_waiting_includes_it() -> None:
    """Else a stream of tasks for newcomers could hold up one that is not for them for longer than stated."""
    heavier = Weighting(curve=MODEL.weightings[NEED].curve, weights=dict.fromkeys(Line, 100))
    model = msgspec.structs.replace(MODEL, weightings={**MODEL.weightings, NEED: heavier})
    assert waiting_bound_minutes(OFF) < waiting_bound_minutes(MODEL) < waiting_bound_minutes(model)
