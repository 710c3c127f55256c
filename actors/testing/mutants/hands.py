"""Planted bugs around desks: leases, tokens, rights, decisions and their legs."""

from typing import Any

import msgspec

from actors.core import clockwork, desk, records
from actors.core import commands as c
from actors.core.clock import Instant
from actors.core.deciding import Turn
from actors.core.desk import take_off_desk
from actors.core.ledger import LedgerLeg
from actors.core.matching import bank_people
from actors.core.matching.views.suitability import TaskPairs
from actors.core.operators import PresenceState
from actors.core.province import _DECISIONS, Province
from actors.core.state import ProvinceState
from actors.core.task import TRANSITIONS, Action, TaskState
from actors.testing.mutants.plant import Plant
from actors.testing.site import Incarnation

replace = msgspec.structs.replace


def believes_any_token(plant: Plant) -> None:
    """A desk may go on with a lease that it has lost."""
    held = desk._held

    def mutant(turn: Turn, command: c.HolderCommand, *rest: Any, **named: Any) -> Any:
        task = turn.state.tasks.get(command.task_id)
        shown = command if task is None else replace(command, token=task.token)
        return held(turn, shown, *rest, **named)

    plant.attribute(desk, "_held", mutant)


def never_expires_a_lease(plant: Plant) -> None:
    """Work in hand at a desk that is gone stays there for ever."""
    plant.attribute(clockwork, "_expire_leases", lambda turn: None)


def never_expires_an_offer(plant: Plant) -> None:
    """An offer that a living desk never answers stays there for ever."""
    plant.attribute(clockwork, "_expire_offers", lambda turn: None)


def does_not_renew_a_lease_by_work(plant: Plant) -> None:
    """A lease ends after its term, whether or not the desk is heard."""

    def mutant(turn: Turn) -> None:
        since: dict[Any, int] = turn.outbox.__dict__.setdefault("held_since", {})
        now_ms, state = turn.now.monotonic_ms, turn.state
        for held in list(state.holds.values()):
            for task_id in list(held):
                key = (task_id, state.tasks[task_id].token)
                if now_ms - since.setdefault(key, now_ms) >= state.limits.lease_duration_ms:
                    take_off_desk(turn, task_id, "lease_lost", clockwork.WHO)

    plant.attribute(clockwork, "_expire_leases", mutant)


def measures_leases_by_the_wall_clock(plant: Plant) -> None:
    """A jump of the wall clock is taken for silence."""
    now = Incarnation.now

    def mutant(self: Any) -> Instant:
        at = now(self)
        return Instant(wall_ms=at.wall_ms, monotonic_ms=at.wall_ms)

    plant.attribute(Incarnation, "now", mutant)


def does_not_forgive_its_own_standstill(plant: Plant) -> None:
    """After a stall of the province everybody else seems to have been silent."""
    plant.attribute(Province, "note_tick", lambda self, now: None)


def lets_a_desk_take_back_whoever_left(plant: Plant) -> None:
    """A desk that comes back by itself takes its operator from where they sit now."""
    signed_in = _DECISIONS[c.SignIn]
    plant.entry(_DECISIONS, c.SignIn, lambda turn, command: signed_in(turn, replace(command, resume=False)))


def lets_work_lie_after_a_sign_out(plant: Plant) -> None:
    """Whoever signs out keeps what they held."""
    plant.attribute(desk, "give_back", lambda turn, operator, reason, who: 0)


def decides_what_was_not_begun(plant: Plant) -> None:
    """A task may be completed that was never started."""
    plant.entry(TRANSITIONS, (TaskState.ASSIGNED, Action.COMPLETE), TaskState.COMPLETED)


def cancels_under_the_hands(plant: Plant) -> None:
    """A task may be cancelled while somebody works on it."""
    plant.entry(TRANSITIONS, (TaskState.IN_PROGRESS, Action.CANCEL), TaskState.CANCELLED)


def gives_more_than_a_person_can_hold(plant: Plant) -> None:
    """Matching does not count what somebody holds already."""

    def note_freedom(self: Any, operator: Any) -> None:
        person = self.operators.get(operator)
        if person is not None and person.presence is PresenceState.AVAILABLE:
            self.free[operator] = None
        else:
            self.free.pop(operator, None)

    plant.attribute(ProvinceState, "_note_freedom", note_freedom)
    in_hand = bank_people.in_hand
    plant.attribute(ProvinceState, "load_of", lambda self, operator: 0)
    plant.attribute(bank_people, "in_hand", lambda person, held, *rest: in_hand(person, None, *rest))


def gives_work_to_excluded_people(plant: Plant) -> None:
    """The prior decider gets the task again."""
    plant.attribute(TaskPairs, "conflict", property(lambda self: self.flags([[] for _ in self.tasks])))


def posts_legs_in_a_later_frame(plant: Plant) -> None:
    """A decision is torn: its legs come with the next decision of the same province."""
    legs_of = desk.legs_of
    torn: dict[str, tuple[LedgerLeg, ...]] = {}

    def mutant(task: Any, kind: Any, *, home: Any, host: Any, work_units_milli: int) -> Any:
        legs = torn.pop(host, ())
        torn[host] = legs_of(task, kind, home=home, host=host, work_units_milli=work_units_milli)
        return legs

    plant.attribute(desk, "legs_of", mutant)


def forgets_external_ids(plant: Plant) -> None:
    """A branch system that repeats itself without a request id gets a second task."""
    plant.attribute(records, "external_key", lambda external_id: f"x:{id(external_id)}")


BUGS = (
    believes_any_token,
    never_expires_a_lease,
    never_expires_an_offer,
    does_not_renew_a_lease_by_work,
    measures_leases_by_the_wall_clock,
    does_not_forgive_its_own_standstill,
    lets_a_desk_take_back_whoever_left,
    lets_work_lie_after_a_sign_out,
    decides_what_was_not_begun,
    cancels_under_the_hands,
    gives_more_than_a_person_can_hold,
    gives_work_to_excluded_people,
    posts_legs_in_a_later_frame,
    forgets_external_ids,
)
