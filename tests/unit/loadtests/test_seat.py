import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from gateway.v1 import error_pb2, operator_pb2, task_pb2, work_pb2
from loadtests.catalogue import Line
from loadtests.desk_counts import DeskCounts
from loadtests.handling import Behaviour
from loadtests.seat import Held, Seat

OPERATOR = "provinces/fujian/operators/fujian-op-1"


@dataclass(order=True)
class Alarm:
    """A call that is due; cancelling takes it back."""

    at_s: float
    number: int
    call: Callable[[], object] = field(compare=False)
    is_cancelled: bool = field(default=False, compare=False)

    def cancel(self) -> None:
        self.is_cancelled = True


class VirtualClock:
    """Time that passes when the test says so."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self._alarms: list[Alarm] = []

    def time(self) -> float:
        return self.now_s

    def call_later(self, delay: float, callback: Callable[..., object], *arguments: object) -> Alarm:
        alarm = Alarm(self.now_s + delay, len(self._alarms), lambda: callback(*arguments))
        heapq.heappush(self._alarms, alarm)
        return alarm

    def pass_seconds(self, seconds: float) -> None:
        until_s = self.now_s + seconds
        while self._alarms and self._alarms[0].at_s <= until_s:
            alarm = heapq.heappop(self._alarms)
            self.now_s = alarm.at_s
            if not alarm.is_cancelled:
                alarm.call()
        self.now_s = until_s


class Bench:
    """A seat with everything around it: what it sends is written down."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.clock = VirtualClock()
        self.counts = DeskCounts()
        self.sent: list[tuple[work_pb2.WorkAction, Held | None]] = []
        self.seat = Seat(
            OPERATOR,
            {Line.CLAIMS: 3},
            behaviour=behaviour,
            rng=random.Random(1),
            clock=self.clock,
            act=lambda action, held: self.sent.append((action, held)),
            counts=self.counts,
        )

    def news(self) -> list[tuple[str, str, int]]:
        """(action, task id, token) of everything sent since the last look."""
        told = []
        for action, _ in self.sent:
            name = action.WhichOneof("action")
            assert name is not None
            body = getattr(action, name)
            told.append((name, body.task.rpartition("/")[2], body.token))
        self.last = [held for _, held in self.sent]
        self.sent.clear()
        return told


@pytest.fixture
def bench() -> Bench:
    """A seat whose operator takes everything and decides it, in a second for a minute."""
    return Bench(Behaviour(seconds_per_minute=1.0, reaction_s=(0.1, 0.1)))


def task(number: int, *, green: bool = False, state: task_pb2.TaskState = task_pb2.TASK_STATE_OFFERED) -> task_pb2.Task:
    """A claim of Fujian."""
    return task_pb2.Task(
        name=f"provinces/fujian/tasks/fujian-{number}",
        home_province="fujian",
        kind="claims-medical",
        line=operator_pb2.LINE_CLAIMS,
        complexity=3,
        amount_fen=1_000,
        green_channel=green,
        state=state,
        create_time_ms=number,
    )


def assign(bench: Bench, number: int, token: int, *, green: bool = False) -> None:
    """The server gives a task without an offer."""
    given = task(number, green=green, state=task_pb2.TASK_STATE_ASSIGNED)
    bench.seat.assigned(work_pb2.Assignment(operator=OPERATOR, token=token, task=given))


def begin(bench: Bench, number: int, token: int, *, green: bool = False) -> Held:
    """A task is given and its start confirmed."""
    assign(bench, number, token, green=green)
    assert ("start", f"fujian-{number}", token) in bench.news()
    held = bench.seat.held[f"provinces/fujian/tasks/fujian-{number}"]
    bench.seat.started(held)
    return held


def test_an_offer_is_accepted_started_and_decided(bench: Bench) -> None:
    """Would break if a desk left out a step, or showed another token than it was given."""
    bench.seat.offered(work_pb2.Offer(operator=OPERATOR, token=4, task=task(1)))
    assert bench.news() == []
    bench.clock.pass_seconds(0.2)
    assert bench.news() == [("accept", "fujian-1", 4)]
    assign(bench, 1, 4)
    assert bench.news() == [("start", "fujian-1", 4)]
    held = bench.seat.held["provinces/fujian/tasks/fujian-1"]
    bench.seat.started(held)
    bench.clock.pass_seconds(100)
    assert bench.news() == [("complete", "fujian-1", 4)]
    bench.seat.ended(held)
    assert not bench.seat.held


def test_a_revoked_offer_is_not_answered(bench: Bench) -> None:
    """Would break if a desk accepted what it no longer has."""
    bench.seat.offered(work_pb2.Offer(operator=OPERATOR, token=4, task=task(1)))
    bench.seat.revoked("provinces/fujian/tasks/fujian-1", 4)
    bench.clock.pass_seconds(10)
    assert bench.news() == []
    assert bench.counts.revoked == 1


def test_an_old_revocation_does_not_touch_a_newer_lease(bench: Bench) -> None:
    """Would break if news that came late took a task away that was given again since."""
    begin(bench, 1, 7)
    bench.seat.revoked("provinces/fujian/tasks/fujian-1", 5)
    assert len(bench.seat.held) == 1


def test_one_task_at_a_time(bench: Bench) -> None:
    """Would break if an operator of capacity two worked on both at once and took half the time."""
    first = begin(bench, 1, 3)
    assign(bench, 2, 9)
    assert bench.news() == []
    bench.clock.pass_seconds(100)
    assert bench.news() == [("complete", "fujian-1", 3)]
    bench.seat.ended(first)
    assert bench.news() == [("start", "fujian-2", 9)]


def test_the_green_channel_interrupts_and_the_rest_of_the_work_is_done_later(bench: Bench) -> None:
    """Would break if a green-channel claim waited behind other work in the same hands, or work were forgotten or done twice."""
    held = begin(bench, 1, 3)
    left_s = held.left_s
    bench.clock.pass_seconds(left_s / 2)
    urgent = begin(bench, 2, 9, green=True)
    bench.clock.pass_seconds(100)
    assert bench.news() == [("complete", "fujian-2", 9)]
    bench.seat.ended(urgent)
    bench.clock.pass_seconds(left_s * 0.49)
    assert bench.news() == []
    bench.clock.pass_seconds(left_s * 0.02)
    assert bench.news() == [("complete", "fujian-1", 3)]


def test_a_refused_decision_frees_the_operator(bench: Bench) -> None:
    """Would break if a stale token left a desk waiting for ever."""
    first = begin(bench, 1, 3)
    assign(bench, 2, 9)
    bench.clock.pass_seconds(100)
    bench.news()
    bench.seat.revoked("provinces/fujian/tasks/fujian-1", 3)
    assert len(bench.seat.held) == 2, "the answer to the decision is still to come"
    bench.seat.refused(first, error_pb2.Error(code=9, reason="STALE_TOKEN"))
    assert bench.news() == [("start", "fujian-2", 9)]
    assert bench.counts.refused == {"STALE_TOKEN": 1}


def test_after_a_reconnect_the_server_decides_what_is_held(bench: Bench) -> None:
    """Would break if a desk went on with what it lost while the line was down, or overlooked what it was given meanwhile."""
    begin(bench, 1, 3)
    begin_again = task(2, state=task_pb2.TASK_STATE_IN_PROGRESS)
    bench.seat.resumed(
        work_pb2.Session(
            operator=OPERATOR,
            offers=[work_pb2.Offer(operator=OPERATOR, token=12, task=task(3))],
            assignments=[work_pb2.Assignment(operator=OPERATOR, token=8, task=begin_again)],
        )
    )
    assert sorted(bench.seat.held) == ["provinces/fujian/tasks/fujian-2", "provinces/fujian/tasks/fujian-3"]
    bench.clock.pass_seconds(100)
    assert bench.news() == [("accept", "fujian-3", 12), ("complete", "fujian-2", 8)]


def test_work_under_way_survives_a_reconnect(bench: Bench) -> None:
    """Would break if every lost stream began all work anew."""
    held = begin(bench, 1, 3)
    bench.clock.pass_seconds(held.left_s / 2)
    same = task(1, state=task_pb2.TASK_STATE_IN_PROGRESS)
    bench.seat.resumed(work_pb2.Session(assignments=[work_pb2.Assignment(operator=OPERATOR, token=3, task=same)]))
    bench.clock.pass_seconds(held.left_s * 0.51)
    assert bench.news() == [("complete", "fujian-1", 3)]


@pytest.mark.parametrize(
    ("behaviour", "action"),
    [
        (Behaviour(suspend=1.0), "suspend"),
        (Behaviour(refer=1.0), "refer"),
        (Behaviour(return_task=1.0), "return_task"),
        (Behaviour(refer=1.0, refer_below_authority=3), "complete"),
    ],
)
def test_work_can_end_otherwise(behaviour: Behaviour, action: str) -> None:
    """Would break if a behaviour had no effect, or people of high authority referred to nobody."""
    bench = Bench(behaviour)
    begin(bench, 1, 3)
    bench.clock.pass_seconds(100)
    assert bench.news() == [(action, "fujian-1", 3)]


def test_only_a_first_offer_is_declined() -> None:
    """Would break if a task could run out of people who may do it."""
    bench = Bench(Behaviour(decline=1.0, reaction_s=(0.1, 0.1)))
    bench.seat.offered(work_pb2.Offer(operator=OPERATOR, token=1, task=task(1)))
    again = task(2)
    again.offer_attempts = 1
    bench.seat.offered(work_pb2.Offer(operator=OPERATOR, token=5, task=again))
    bench.clock.pass_seconds(1)
    assert bench.news() == [("decline", "fujian-1", 1), ("accept", "fujian-2", 5)]
