"""The whole rounds of `sharedops bench match`: that the province has a past, and that what is said to change does change."""

from actors.core.matching.rounds import hold_round
from gateway.command.bench_match_round import MINUTE_MS, BusyProvince, TimedScorer, rounds_ms


def test_the_province_has_a_past_and_tasks_that_wait() -> None:
    """A round of people without statistics, or without tasks that suit them, costs next to nothing and says nothing."""
    province = BusyProvince(tasks=6, people=12)
    state = province.state
    scorer = TimedScorer(state, state.model)
    held = hold_round(scorer, list(state.free), province.now_ms)
    assert held is not None
    assert len(held.problem.tasks) == 6
    assert 6 < len(held.problem.people) <= 12
    assert held.matches
    assert len(scorer.compiled.fit) > 60, "the shipped model counts"
    assert all(state.statistics.by_line.row(row) for row in state.statistics.rows.values())
    assert scorer.scoring_ms > 0


def test_going_on_changes_people_and_tasks_within_the_minute() -> None:
    """If nothing changed between two rounds, all three figures would be the first one's."""
    province = BusyProvince(tasks=6, people=12)
    state = province.state
    before, revisions = set(state.queue.members), list(state.statistics.revisions)
    minute = province.now_ms // MINUTE_MS
    province.go_on()
    assert len(state.queue.members) == 6
    assert len(before - set(state.queue.members)) == 3
    changed = [new for old, new in zip(revisions, state.statistics.revisions, strict=True) if new != old]
    assert 1 <= len(changed) <= 3
    assert province.now_ms // MINUTE_MS == minute


def test_every_size_and_situation_is_told() -> None:
    """The names that a script reads."""
    [(name, shown)] = rounds_ms(2, sizes=((3, 5),)).items()
    assert name == "round_3x5_ms"
    assert list(shown) == ["nothing_changed", "three_changed", "new_minute"]
    for figures in shown.values():
        assert 0 < figures["scoring_least"] <= figures["median"]
        assert figures["least"] <= figures["median"]
