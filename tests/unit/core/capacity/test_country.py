"""A small country at play: the product's plan moves its tasks."""

import msgspec
import numpy as np
import pytest

from actors.core.capacity import country
from actors.core.capacity.country import Played, play
from actors.core.capacity.hours import service_minutes
from actors.core.capacity.measures import outcome_of
from actors.core.capacity.scenario import Scenario, calm
from actors.core.capacity.theory import isolation
from actors.core.capacity.work import Work, draw
from actors.core.country import ShareOutMode, SharingPolicy
from tests.unit.core.capacity.country import CLAIMS, SMALL

POLICY = SharingPolicy()


def played(scenario: Scenario, policy: SharingPolicy | None, seed: int = 1, period: float = 1.0) -> tuple[Work, Played]:
    """Claims of a scenario."""
    drawn = draw(scenario, CLAIMS, seed)
    work = drawn.at_load(1.0)
    return work, play(scenario, CLAIMS, drawn.duties, work, policy, period)


def test_sharing_makes_a_surging_country_quicker() -> None:
    """Would break if the plan's flows did not reach the queues."""
    drawn = draw(SMALL, CLAIMS, 1)
    outcomes = [
        outcome_of(CLAIMS, drawn.duties, work, came) for work, came in (played(SMALL, None), played(SMALL, POLICY))
    ]
    alone, shared = outcomes
    assert (alone.moved, alone.evacuated, alone.plans) == (0, 0, 0)
    assert shared.moved > 0
    assert shared.evacuated > 0
    assert shared.mean_minutes < alone.mean_minutes
    assert shared.on_time > alone.on_time


def test_every_task_is_done_after_it_arrived() -> None:
    """Would break if a task were lost, or done before it was there."""
    work, came = played(SMALL, POLICY)
    assert bool(np.all(came.done > work.arrived))
    calm_work, calm_came = played(calm(SMALL), POLICY)
    assert bool(np.all(calm_came.done - calm_work.arrived >= calm_work.minutes - 1e-9))


def test_overtime_leaves_less_for_the_morning() -> None:
    """Would break if the hours that are said to be worked were not."""
    late = msgspec.structs.replace(SMALL, overtime_minutes=180)
    for policy in (None, POLICY):
        assert played(late, policy)[1].left < played(SMALL, policy)[1].left


def test_the_same_seed_is_the_same_day() -> None:
    """Would break if a figure could not be had again."""
    first, again, other = (played(SMALL, POLICY, seed)[1] for seed in (1, 1, 2))
    assert first.done.tolist() == again.done.tolist()
    assert first.done.tolist() != other.done.tolist()


def test_sharing_that_never_begins_is_isolation() -> None:
    """Would break if pictures and plans changed what they only look at."""
    assert isolation(SMALL, 3, 1.0).holds


def test_a_country_at_ease_needs_no_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    """Would break if a picture that is not taken would have made a difference."""
    spared = played(SMALL, POLICY)[1]
    monkeypatch.setattr(country._Country, "_is_at_ease", lambda self, policy: False)
    asked = played(SMALL, POLICY)[1]
    assert spared.done.tolist() == asked.done.tolist()
    assert spared.plans < asked.plans


def test_a_closed_policy_shares_nothing_by_plan() -> None:
    """Would break if the model moved work of a province whose policy forbids it."""
    closed = SharingPolicy(share_out_mode=ShareOutMode.CLOSED)
    work, came = played(SMALL, closed)
    assert (came.moved, came.evacuated) == (0, 0)
    assert came.done.tolist() == played(SMALL, None)[1].done.tolist()
    assert len(work.arrived) == len(came.done)


def test_what_must_stay_stays() -> None:
    """Would break if work that may not leave its home left it."""
    bound = msgspec.structs.replace(SMALL, sharable_part=0.0)
    _, came = played(bound, POLICY)
    assert (came.moved, came.evacuated) == (0, 0)


def test_a_period_that_misses_the_hours_is_refused() -> None:
    """Would break if people came and went between two pictures, unseen."""
    with pytest.raises(ValueError, match="does not divide"):
        played(SMALL, POLICY, period=7.0)


def test_a_task_of_a_calm_night_waits_no_service_minutes() -> None:
    """Would break if what arrives after closing counted the night as a delay."""
    drawn = draw(calm(SMALL), CLAIMS, 1)
    work, came = played(calm(SMALL), None)
    own = slice(work.first[0], work.first[1])
    late = work.arrived[own] > 1_050.0
    spans = drawn.duties[0].spans
    minutes = service_minutes(spans, came.done[own]) - service_minutes(spans, work.arrived[own])
    assert int(np.count_nonzero(late)) > 0
    assert bool(np.all((came.done[own] - work.arrived[own])[late] > minutes[late] + 600.0))
