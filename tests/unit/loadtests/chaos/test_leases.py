import pytest

from gateway.v1 import event_pb2, task_pb2
from loadtests.chaos.clock import is_excused
from loadtests.chaos.leases import Leases


def event(type_: str, task: str = "t", *, operator: str = "chen", token: int = 0, **fields: object) -> event_pb2.Event:
    """An event of a task."""
    found = event_pb2.Event(type=type_, task=task, operator=operator, token=token)
    for name, value in fields.items():
        setattr(found, name, value)
    return found


def leases_after(*events: event_pb2.Event) -> Leases:
    """The leases after these events."""
    leases = Leases(is_excused)
    for one in events:
        leases.take(one)
    return leases


def test_an_ordinary_life_has_nothing_to_report() -> None:
    """A checker that cries wolf is switched off."""
    leases = leases_after(
        event("OfferMade", token=1),
        event("OfferDeclined"),
        event("OfferMade", operator="lin", token=3),
        event("OfferAccepted"),
        event("TaskAssigned", operator="chen", token=4),
        event("TaskCompleted"),
    )
    assert (leases.lost, leases.doubled, leases.negative, leases.held) == ([], [], [], {})
    assert leases.decided == {"t": 1}


@pytest.mark.parametrize("type_", ["OfferWithdrawn", "AssignmentReleased"])
def test_work_that_the_system_takes_away_is_lost_unless_the_desk_left(type_: str) -> None:
    """A lease that a clock ran out of is the very fault that is looked for."""
    given = event("TaskAssigned", token=1)
    assert leases_after(given, event(type_, reason="lease_lost")).lost == [f"t: {type_} lease_lost"]
    assert leases_after(given, event(type_, reason="signed_out")).lost == []


def test_two_holders_and_a_token_that_does_not_rise_are_doubled_leases() -> None:
    """Both let two people decide the same task."""
    twice = leases_after(event("OfferMade", token=1), event("OfferMade", operator="lin", token=2))
    assert len(twice.doubled) == 1
    stale = leases_after(event("OfferMade", token=2), event("OfferDeclined"), event("OfferMade", token=2))
    assert len(stale.doubled) == 1


def test_a_negative_handle_time_is_found() -> None:
    """It would go into averages, pay and reports."""
    completed = event("TaskCompleted")
    completed.decision.CopyFrom(task_pb2.Decision(handle_ms=-1))
    assert len(leases_after(event("OfferMade", token=1), completed).negative) == 1


def test_an_evacuation_may_take_what_nobody_has_begun_and_nothing_else() -> None:
    """Once seen on busy cores: a holder had accepted a second task; begun work taken along would be done twice."""
    given, begun, taken = (
        event("OfferMade", token=1),
        event("AssignmentStarted"),
        event("AssignmentReleased", reason="evacuated"),
    )
    assert leases_after(given, taken).lost == []
    assert leases_after(given, begun, taken).lost == ["t: AssignmentReleased evacuated"]
    # That it was begun once says nothing of the next who has it.
    assert leases_after(given, begun, event("TaskReturned"), event("OfferMade", token=2), taken).lost == []
