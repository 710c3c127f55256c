"""Who waits for a process, and how many workers stand ready for them."""

import pytest

from actors.attendance import Attendance
from actors.spare_workers import spares_for

NAMES = ("coordinator", "province/fujian", "province/jiangxi")


@pytest.fixture
def attendance() -> Attendance:
    """Everybody is up."""
    attendance = Attendance(NAMES)
    for name in NAMES:
        attendance.came(name)
    return attendance


def test_nobody_is_up_at_first() -> None:
    """Would break if spare workers were started beside the actors, and made the start of a country longer."""
    attendance = Attendance(NAMES)
    for name in NAMES:
        assert not attendance.is_complete()
        attendance.came(name)
    assert attendance.is_complete()


def test_the_return_of_one_is_not_the_return_of_all(attendance: Attendance) -> None:
    """Would break if new spares competed with actors that still wait for a process of their own."""
    attendance.went("province/fujian")
    attendance.went("province/jiangxi")
    attendance.came("province/fujian")
    assert not attendance.is_complete()
    attendance.came("province/jiangxi")
    assert attendance.is_complete()


def test_who_stands_aside_waits_for_no_process(attendance: Attendance) -> None:
    """Would break if a damaged journal in one province made every other failure a slow one."""
    attendance.went("province/jiangxi")
    assert attendance.is_complete(aside=["province/jiangxi"])
    assert not attendance.is_complete(aside=["province/fujian"])
    assert not attendance.is_complete()


def test_who_stood_aside_from_the_start_is_waited_for_when_it_tries_again() -> None:
    """Would break if the return of a mended province, which was never up before, were taken for nobody's."""
    attendance = Attendance(NAMES)
    attendance.came("coordinator")
    attendance.came("province/fujian")
    assert attendance.is_complete(aside=["province/jiangxi"])
    assert not attendance.is_complete()
    attendance.came("province/jiangxi")
    assert attendance.is_complete()


@pytest.mark.parametrize(("actors", "spares"), [(3, 2), (7, 2), (37, 4)])
def test_a_large_country_has_more_spares(actors: int, spares: int) -> None:
    """Would break if a small country paid for a large one's failures, or several failures at once found two spares."""
    assert spares_for(actors) == spares
