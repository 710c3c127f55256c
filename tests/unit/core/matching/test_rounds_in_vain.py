"""A round that gave nothing is not held again for nothing, and always again when it might give something."""

from typing import Any

import msgspec
import pytest

from actors.core import events as e
from actors.core.applying import apply
from actors.core.ids import TaskId
from actors.core.matching.rounds import Matcher
from actors.core.matching.scoring import Problem, Scorer
from actors.core.task import Decline, TaskSpec
from gateway.command.bench_match_round import BusyProvince


class Counting(Scorer):
    """Counts the rounds it is asked to score."""

    asked = 0

    def problem(self, *arguments: Any, **named: Any) -> Problem:
        """As `Scorer.problem`."""
        self.asked += 1
        return super().problem(*arguments, **named)


class Waiting:
    """Four people, and one task that none of them may have."""

    def __init__(self) -> None:
        self.province = BusyProvince(0, 4)
        self.state = self.province.state
        self.heard = list(self.state.free)
        self.matcher = Matcher(Counting)
        kind = next(iter(self.state.operators[self.heard[0]].kinds))
        spec = TaskSpec(kind=kind, excluded_operators=tuple(self.heard))
        at_ms = self.province.now_ms
        self.task_id = TaskId(f"fujian-{self.state.task_number + 1}")
        apply(self.state, e.TaskCreated(at_ms=at_ms, who="branch:test", task_id=self.task_id, spec=spec))

    def rounds(self, now_ms: int | None = None) -> int:
        """Rounds that were scored when one was asked for."""
        scorer = self.matcher.scorer(self.state)
        assert isinstance(scorer, Counting)
        before = scorer.asked
        assert self.matcher.hold_round(self.state, self.heard, now_ms or self.province.now_ms) is None
        return scorer.asked - before


def test_nothing_new_is_not_asked_twice() -> None:
    """People whom nothing suits would cost the province a round with every heartbeat."""
    waiting = Waiting()
    assert waiting.rounds() > 0
    assert waiting.rounds() == 0


@pytest.mark.parametrize("what", ["event", "minute", "people"])
def test_whatever_may_change_the_answer_brings_a_new_round(what: str) -> None:
    """A task would wait beside somebody who may do it."""
    waiting = Waiting()
    waiting.rounds()
    now_ms = waiting.province.now_ms
    if what == "event":
        waiting.matcher.note_event()
    elif what == "minute":
        now_ms += 60_000
    else:
        waiting.heard.pop()
    assert waiting.rounds(now_ms) > 0


def test_a_decline_that_is_forgotten_brings_a_new_round() -> None:
    """It is forgotten in the middle of a minute, without any event."""
    waiting = Waiting()
    task = waiting.state.tasks[waiting.task_id]
    declined = Decline(operator=waiting.heard[0], until_ms=waiting.province.now_ms + 5_000, since_ms=0)
    waiting.state.replace_task(msgspec.structs.replace(task, declines=(declined,)))
    assert waiting.rounds() > 0
    assert waiting.rounds() > 0
