"""Whether a host that took in more than its quota is found in the journals."""

from typing import Any

import msgspec
import pytest

from actors.core import events as e
from actors.core.country import SharingPolicy
from actors.core.drills.measuring import Measuring
from actors.core.drills.record import Standing
from actors.core.drills.steps import standing_of
from actors.core.ids import OperatorId, TaskId
from actors.core.task import Decision, Verdict
from tests.unit.core.drills.scene import (
    FUJIAN,
    JIANGXI,
    STRUCK_MS,
    drill,
    handed_over,
    move_accepted,
    move_started,
    summary,
)

AT_MS = STRUCK_MS + 3_000


def accepted(number: int) -> e.AnyEvent:
    """A task of Fujian arrives in Jiangxi."""
    return move_accepted(number, AT_MS)


def decided(number: int, home: str = "fujian") -> e.AnyEvent:
    """A task is decided in Jiangxi."""
    decision = Decision(verdict=Verdict.APPROVED, operator=OperatorId("somebody"), province=JIANGXI, time_ms=AT_MS)
    return e.TaskCompleted(at_ms=AT_MS, task_id=TaskId(f"{home}-{number}"), decision=decision)


def over(*events: e.AnyEvent, guests: int = 0, quota: int = 2) -> int | None:
    """Hosts above their quota after these events in Jiangxi."""
    known = (
        Standing(province=FUJIAN, sequence=10, open_tasks=9, share_in_quota=100),
        Standing(province=JIANGXI, sequence=5, open_tasks=guests, guests=guests, share_in_quota=quota),
    )
    after = (Standing(province=FUJIAN, sequence=20), Standing(province=JIANGXI, sequence=5 + len(events)))
    measuring = Measuring(drill(before=known), after)
    for sequence, event in enumerate(events, start=6):
        measuring.take(JIANGXI, sequence, [event])
    return measuring.report().figures.get("over_quota")


def revised(quota: int, **limits: Any) -> e.AnyEvent:
    """A revision of Jiangxi's policy."""
    return e.SharingPolicyUpdated(at_ms=AT_MS, policy=SharingPolicy(share_in_quota=quota, **limits))


@pytest.mark.parametrize(
    ("events", "guests", "found"),
    [
        ((accepted(1), accepted(2)), 0, 0),
        ((accepted(1), accepted(2), accepted(3)), 0, 1),
        ((accepted(1),), 2, 1),
        # Room is made by what is decided or moves on, but not by the host's own work.
        ((accepted(1), accepted(2), decided(1), accepted(3)), 0, 0),
        ((accepted(1), accepted(2), handed_over(1, AT_MS), accepted(3)), 0, 0),
        ((accepted(1), accepted(2), decided(1, "jiangxi"), accepted(3)), 0, 1),
        # The quota is the policy's of the moment; lowered below what is there, it is broken by the next task only.
        ((accepted(1), accepted(2), revised(1)), 0, 0),
        ((accepted(1), revised(1), accepted(2)), 0, 1),
        ((revised(3), accepted(1), accepted(2), accepted(3)), 0, 0),
        ((revised(1, effective_until_ms=AT_MS + 1), accepted(1), accepted(2)), 0, 0),
        ((revised(1, effective_from_ms=AT_MS + 1), accepted(1), accepted(2)), 0, 0),
        ((revised(3, effective_until_ms=AT_MS + 1), accepted(1), accepted(2), accepted(3)), 0, 0),
    ],
)
def test_a_host_above_its_quota_is_found(events: tuple[e.AnyEvent, ...], guests: int, found: int) -> None:
    """The regional drill says that no host was; unless this can find one, that says nothing."""
    assert over(*events, guests=guests) == found


def test_a_homes_own_task_is_no_guest() -> None:
    """What comes home is let in whatever the quota."""
    back = move_accepted(1, AT_MS)
    assert isinstance(back, e.MoveAccepted)
    task = msgspec.structs.replace(back.task, task_id=TaskId("jiangxi-7"), home=JIANGXI)
    assert over(msgspec.structs.replace(back, task=task), guests=2) == 0


def test_what_a_home_hears_of_its_own_task_makes_no_room_for_guests() -> None:
    """A busy branch that is told how its own tasks ended elsewhere could take in as many more than it may, and nobody would see it."""
    own = msgspec.structs.replace(move_started(7, AT_MS, FUJIAN), task_id=TaskId("jiangxi-7"))
    known = move_accepted(7, AT_MS).task
    ended = msgspec.structs.replace(known, task_id=own.task_id, home=JIANGXI)
    told = e.OutcomeNoted(at_ms=AT_MS, task=ended)
    assert over(own, told, accepted(1), accepted(2)) == 0
    assert over(own, told, accepted(1), accepted(2), accepted(3)) == 1


def test_a_drill_of_before_quotas_were_noted_has_no_such_figure() -> None:
    """A figure made up of what is not known would pass or fail by chance."""
    assert "over_quota" not in Measuring(drill(), ()).report().figures


def test_a_standing_tells_guests_and_quota() -> None:
    """Else every count would begin at nothing."""
    standing = standing_of(summary(JIANGXI, shared_in=3, policy=SharingPolicy(share_in_quota=5)))
    assert (standing.guests, standing.share_in_quota) == (3, 5)
