"""Who is usually there when: learned from day to day."""

import numpy as np

from actors.core.matching.planning.presence import DAY_MINUTES, SLOT_MINUTES, Presence

BOTH = np.array([0, 1])


def after_days(days: int) -> Presence:
    """Person 0 works from 8 to 16, person 1 from 8 to 12."""
    presence = Presence()
    for day in range(days):
        for minute in range(8 * 60, 16 * 60, SLOT_MINUTES):
            presence.see([0, 1] if minute < 12 * 60 else [0], day * DAY_MINUTES + minute)
    return presence


def staying(presence: Presence, now: float, minutes: float) -> list[float]:
    """Of both people."""
    return presence.staying(BOTH, now, np.array([minutes, minutes])).tolist()


def test_on_the_first_day_everybody_stays() -> None:
    """Else nothing would ever be waited for before a whole day was seen."""
    assert staying(Presence(), 600.0, 120.0) == [1.0, 1.0]
    assert staying(after_days(1), 15 * 60.0, 240.0) == [1.0, 1.0]


def test_who_goes_home_at_noon_is_not_waited_for_over_noon() -> None:
    """Else tasks would be left for people who are about to go."""
    presence = after_days(6)
    now = 5 * DAY_MINUTES + 11.5 * 60 + DAY_MINUTES
    first, second = staying(presence, now, 90.0)
    assert second < 0.5 < first
    assert staying(presence, now - 180, 60.0) == [1.0, 1.0]
    evening = now + 4 * 60
    assert staying(presence, evening, 120.0)[0] < 0.2


def test_where_people_never_leave_they_stay() -> None:
    """Else round-the-clock work would lose waiting on purpose."""
    presence = Presence()
    for minute in range(0, 3 * DAY_MINUTES, SLOT_MINUTES):
        presence.see(BOTH, float(minute))
    assert staying(presence, 3.0 * DAY_MINUTES, 600.0) == [1.0, 1.0]


def test_a_clock_that_steps_back_does_no_harm() -> None:
    """Else one late message would break learning."""
    presence = after_days(2)
    presence.see([0], 100.0)
    presence.see([1], 2.0 * DAY_MINUTES)
    assert all(0.0 <= each <= 1.0 for each in staying(presence, 2.0 * DAY_MINUTES, 60.0))
