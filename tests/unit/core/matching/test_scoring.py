"""From tasks and people to points."""

import numpy as np
import pytest

from actors.core.matching import bank
from actors.core.matching.bank_rows import WHOLE_FROM
from actors.core.matching.contributions import fit_contributions, share_contributions, urgency_contributions
from actors.core.matching.model import fit_range, trivial_model, urgency_range, waiting_bound_minutes
from actors.core.matching.record import MatchingModel
from actors.core.matching.scoring import Problem, Scorer
from actors.core.matching.shipped import shipped_model
from actors.core.statistics.tables import SWITCHES_MAX
from tests.unit.core.matching.rounds_at_random import RandomProvince

MODELS = {"shipped": shipped_model(), "trivial": trivial_model(), "empty": MatchingModel()}


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("seed", range(3))
def test_contributions_of_every_pair_add_up_to_its_fit(seed: int, model: str) -> None:
    """Else the explanation shown would not be the decision taken."""
    province = RandomProvince(seed)
    scorer = Scorer(province.state, MODELS[model])
    tasks, people = list(province.state.tasks.values()), list(province.state.operators.values())
    problem = scorer.problem(tasks, people, province.now_ms)
    for task in range(len(tasks)):
        low, high = fit_range(MODELS[model], tasks[task].line)
        for person in range(len(people)):
            parts = fit_contributions(scorer, problem, task, person)
            assert sum(part.contribution for part in parts) == problem.fit[task, person]
            assert all(part.contribution == part.points * part.weight for part in parts)
            assert low <= problem.fit[task, person] <= high
        parts = urgency_contributions(problem, task)
        assert sum(part.contribution for part in parts) == problem.urgency[task]
        low, high = urgency_range(MODELS[model], tasks[task].line)
        assert low <= problem.urgency[task] - problem.ageing[task] <= high
        assert problem.shares[task].sum() == 100
        assert len(share_contributions(problem, task)) == len(problem.shifts.group.scored)


@pytest.mark.parametrize("seed", range(3))
def test_a_pair_alone_is_scored_as_in_the_round(seed: int) -> None:
    """Else an explanation made for one pair would not be that of the round."""
    province = RandomProvince(seed)
    tasks, people = list(province.state.tasks.values()), list(province.state.operators.values())
    together = Scorer(province.state, MODELS["shipped"]).problem(tasks, people, province.now_ms)
    for task in range(len(tasks)):
        for person in range(len(people)):
            alone = Scorer(province.state, MODELS["shipped"]).problem([tasks[task]], [people[person]], province.now_ms)
            assert alone.fit[0, 0] == together.fit[task, person]
            assert alone.urgency[0] == together.urgency[task]
            assert alone.eligible[0, 0] == together.eligible[task, person]
            removed = alone.removed_by(0, 0)
            assert removed == together.removed_by(task, person)
            assert (removed is None) == bool(alone.eligible[0, 0])


@pytest.mark.parametrize("step_ms", [0, 9_000, 60_000])
def test_what_is_kept_between_rounds_changes_no_number(step_ms: int) -> None:
    """Else a decision would depend on the rounds before it and could not be explained a day later."""
    province = RandomProvince(5, past=40)
    kept = Scorer(province.state, MODELS["shipped"])
    start_ms = province.now_ms
    for step in range(60):
        province.decide() if step % 3 else province.create()
        if step_ms:
            # Many events a minute, and a clock that goes back after every decision.
            province.now_ms = start_ms + step * step_ms
        elif step % 10 == 0:
            province.now_ms += 60_000
        tasks, people = list(province.state.tasks.values()), list(province.state.operators.values())
        ours = kept.problem(tasks, people, province.now_ms)
        fresh = Scorer(province.state, MODELS["shipped"]).problem(tasks, people, province.now_ms)
        assert_same(ours, fresh)


@pytest.mark.parametrize("switches_max", [3, SWITCHES_MAX])
def test_what_is_kept_stands_no_longer_than_what_it_was_worked_out_of(switches_max: int) -> None:
    """Decisions and reviews, pairs of kinds that make room for others, and a clock that jumps change numbers within a minute."""
    province = RandomProvince(8, past=60)
    province.time_passes = False
    province.state.statistics.switches.bound = switches_max
    kept = Scorer(province.state, MODELS["shipped"])
    start_ms = province.now_ms // 60_000 * 60_000
    for step in range(48):
        # Six steps a minute; the last but one of them goes back a minute.
        province.now_ms = start_ms + step // 6 * 60_000 + (0, 300, 600, 9_000, -50_000, 9_500)[step % 6]
        province.decide() if step % 4 else province.create()
        people, tasks = list(province.state.operators.values()), list(province.state.tasks.values())
        # Not everybody each time: who is left out is worked out later, when more has changed.
        some = people[step % 3 :: 2]
        ours = kept.problem(tasks, some, province.now_ms)
        assert_same(ours, Scorer(province.state, MODELS["shipped"]).problem(tasks, some, province.now_ms))


@pytest.mark.parametrize("seed", [1, 2])
def test_whole_rows_that_are_put_at_once_hide_nobody_who_was_left_out(seed: int) -> None:
    """Of many people whole rows are put; what the columns of others then hold must not pass for theirs, nor what stands of them be lost."""
    province = RandomProvince(seed, people=2 * WHOLE_FROM, past=80)
    province.time_passes = False
    kept = Scorer(province.state, MODELS["shipped"])
    start_ms = province.now_ms // 60_000 * 60_000
    for step in range(18):
        # Everybody, all but a few, each second one, or a handful: some of whom were looked at in this minute and some not.
        province.now_ms = start_ms + step // 6 * 60_000 + step % 6 * 300
        province.decide() if step % 3 else province.create()
        people, tasks = list(province.state.operators.values()), list(province.state.tasks.values())
        some = province.pick(people, people[5:], people[step % 2 :: 2], people[step % 7 :: 9])
        # Not all tasks each time, so that keys differ in whom they stand for.
        few = [task for task in tasks if province.chance(600)] or tasks
        ours = kept.problem(few, some, province.now_ms)
        assert_same(ours, Scorer(province.state, MODELS["shipped"]).problem(few, some, province.now_ms))


def test_too_many_keys_are_forgotten_and_change_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers of keys from before would show a task the points of another's kind or home."""
    monkeypatch.setattr(bank, "KEYS_MAX", 60)
    province = RandomProvince(6, past=40)
    kept = Scorer(province.state, MODELS["shipped"])
    epochs: list[int] = []
    for step in range(30):
        province.decide() if step % 3 else province.create()
        people, tasks = list(province.state.operators.values()), list(province.state.tasks.values())
        few = tasks[step % 2 :: 1 + step % 3] or tasks
        ours = kept.problem(few, people, province.now_ms)
        assert_same(ours, Scorer(province.state, MODELS["shipped"]).problem(few, people, province.now_ms))
        epochs.append(kept.bank.keys.epoch)
    assert 1 < len(set(epochs)) < len(epochs)


def assert_same(ours: Problem, fresh: Problem) -> None:
    """Every number of the two is equal to the last bit."""
    assert np.array_equal(ours.fit, fresh.fit)
    assert np.array_equal(ours.urgency, fresh.urgency)
    assert np.array_equal(ours.codes, fresh.codes)
    assert np.array_equal(ours.shares, fresh.shares)
    for terms, again in ((ours.urgencies, fresh.urgencies), (ours.shifts, fresh.shifts)):
        assert np.array_equal(terms.values, again.values, equal_nan=True)
        assert np.array_equal(terms.points, again.points)


def test_one_of_many_is_scored_as_in_the_round() -> None:
    """Few people's points are taken out of the rows of all; the wrong ones would go to somebody else unseen."""
    province = RandomProvince(9, people=40)
    scorer = Scorer(province.state, MODELS["shipped"])
    tasks, people = list(province.state.tasks.values()), list(province.state.operators.values())
    together = scorer.problem(tasks, people, province.now_ms).fit.copy()
    for place in (0, 17, 39):
        alone = scorer.problem(tasks, [people[place]], province.now_ms)
        assert alone.pairs[0].columns is None
        assert np.array_equal(alone.fit[:, 0], together[:, place])
        for task in range(len(tasks)):
            parts = fit_contributions(scorer, alone, task, 0)
            assert sum(part.contribution for part in parts) == alone.fit[task, 0]


def test_removed_people_are_counted_once_each() -> None:
    """Else the counts with a decision would not say how many people there were."""
    province = RandomProvince(6)
    tasks, people = list(province.state.tasks.values()), list(province.state.operators.values())
    problem = Scorer(province.state, MODELS["shipped"]).problem(tasks, people, province.now_ms)
    for task in range(len(tasks)):
        removed = problem.removed(task)
        assert sum(removed.values()) == len(people) - problem.eligible[task].sum()


@pytest.mark.parametrize("seed", range(3))
def test_a_task_older_by_the_stated_bound_outranks_every_younger_one(seed: int) -> None:
    """Else a task could wait for ever behind more urgent ones: the bound on waiting would be a promise only."""
    province = RandomProvince(seed, tasks=1)
    oldest = next(iter(province.state.tasks.values()))
    province.now_ms += (waiting_bound_minutes(MODELS["shipped"]) + 1) * 60_000
    for _ in range(12):
        province.create()
    tasks, people = list(province.state.tasks.values()), list(province.state.operators.values())
    assert tasks[0] is oldest
    problem = Scorer(province.state, MODELS["shipped"]).problem(tasks, people, province.now_ms)
    worth = problem.urgency[:, None] + problem.fit
    assert (worth[0] > worth[1:]).all()
