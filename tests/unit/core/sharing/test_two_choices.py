"""The less loaded of two."""

import msgspec

from actors.core.ids import ProvinceCode, TaskId
from actors.core.sharing.lending import Lender, lenders_of, lending_lines
from actors.core.sharing.two_choices import by_load, draw_two, may_take
from tests.unit.core.harness import MEDICAL
from tests.unit.core.journeys import summary_of

HANDLE_MS = 600_000


def lenders(count: int) -> list[Lender]:
    """So many provinces with people free, each busier than the one before."""
    hosts = [
        msgspec.structs.replace(summary_of(f"p{number}"), capacity=100, in_use=10 * number) for number in range(count)
    ]
    return [lender for host in hosts for lender in lenders_of(host, lending_lines(host), (MEDICAL,))]


def test_every_pair_is_drawn_about_as_often_and_always_the_same_for_the_same_task() -> None:
    """A draw that favours some would overload them; one that changes could not be replayed."""
    able = lenders(4)
    drawn: dict[tuple[str, str], int] = {}
    for number in range(1_200):
        first, second = draw_two(TaskId(f"fujian-{number}"), 1, able)
        assert draw_two(TaskId(f"fujian-{number}"), 1, able) == (first, second)
        pair = (first.host.province, second.host.province)
        drawn[pair] = drawn.get(pair, 0) + 1
    assert len(drawn) == 12 and all(a != b for a, b in drawn)
    assert all(60 < count < 140 for count in drawn.values())


def test_another_attempt_draws_anew() -> None:
    """The two that refused would be asked again and again."""
    able = lenders(9)
    pairs = [draw_two(TaskId("fujian-1"), attempt, able) for attempt in range(1, 20)]
    assert len({(a.host.province, b.host.province) for a, b in pairs}) > 10


def test_fewer_than_two_are_taken_as_they_are() -> None:
    """With one host left there is no choice."""
    assert draw_two(TaskId("fujian-1"), 1, []) == ()
    [only] = lenders(1)
    assert draw_two(TaskId("fujian-1"), 1, [only]) == (only,)


def test_what_was_sent_is_part_of_the_load() -> None:
    """The less loaded one would be so for ever, as its picture does not change any more."""
    quiet, busy = lenders(2)
    assert by_load((busy, quiet), {}) == [quiet, busy]
    assert by_load((quiet, busy), {(ProvinceCode("p0"), MEDICAL): 11}) == [busy, quiet]


def test_people_are_thought_free_again_after_each_handle_time() -> None:
    """An old picture must neither let a host be flooded nor keep it from helping for an hour."""
    [lender] = lenders(1)
    assert may_take(lender, 49, 0) and not may_take(lender, 50, HANDLE_MS - 1)
    assert may_take(lender, 50, HANDLE_MS) and not may_take(lender, 100, HANDLE_MS)
