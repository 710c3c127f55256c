from collections.abc import Callable, Iterator
from typing import Any

import pytest

from actors.core import commands as c
from actors.core import events as e
from actors.core import records
from actors.core.applying import apply
from actors.core.country import Line
from actors.core.ids import OperatorId, ProvinceCode, TaskId
from actors.core.operators import PresenceState
from actors.core.refusal import Reason
from actors.core.state import ProvinceState
from actors.core.task import CLOSED_STATES, TRANSITIONS, Action, Placement, TaskState, Verdict, can, moved_on
from tests.unit.core.harness import FUJIAN, JIANGXI, MEDICAL, Branch, person
from tests.unit.core.journeys import OPEN_STATES, bring_to, settle
from tests.unit.core.life_table import LIFE

S, A = TaskState, Action

#: A task's life as the trade tells it, row by row: (from, what happens, to).
FIELD_TABLE = {
    (S.SCHEDULED, A.REACH_SCHEDULE): S.QUEUED,
    (S.QUEUED, A.OFFER): S.OFFERED,
    (S.OFFERED, A.ACCEPT): S.ASSIGNED,
    (S.OFFERED, A.UNOFFER): S.QUEUED,
    (S.QUEUED, A.ASSIGN): S.ASSIGNED,
    (S.QUEUED, A.REASSIGN): S.ASSIGNED,
    (S.ASSIGNED, A.REASSIGN): S.ASSIGNED,
    (S.IN_PROGRESS, A.REASSIGN): S.ASSIGNED,
    (S.IN_PROGRESS, A.REFER): S.QUEUED,
    (S.ASSIGNED, A.START): S.IN_PROGRESS,
    (S.ASSIGNED, A.RELEASE): S.QUEUED,
    (S.IN_PROGRESS, A.RELEASE): S.QUEUED,
    (S.IN_PROGRESS, A.SUSPEND): S.SUSPENDED,
    (S.SUSPENDED, A.RESUME): S.QUEUED,
    (S.QUEUED, A.MOVE): S.MOVING,
    (S.MOVING, A.TAKE_BACK): S.QUEUED,
    (S.MOVING, A.HAND_OVER): S.MOVED,
    (S.IN_PROGRESS, A.COMPLETE): S.COMPLETED,
    (S.IN_PROGRESS, A.RETURN): S.RETURNED,
    (S.SCHEDULED, A.CANCEL): S.CANCELLED,
    (S.QUEUED, A.CANCEL): S.CANCELLED,
    (S.OFFERED, A.CANCEL): S.CANCELLED,
    (S.ASSIGNED, A.CANCEL): S.CANCELLED,
    (S.SUSPENDED, A.CANCEL): S.CANCELLED,
}

HolderCommand = Callable[[dict[str, Any]], c.AnyCommand]
#: Every command of a holder, with the action it stands for (None: none, it is always allowed).
HOLDER_COMMANDS: dict[str, tuple[Action | None, HolderCommand]] = {
    "AcceptOffer": (A.ACCEPT, lambda held: c.AcceptOffer(**held)),
    "DeclineOffer": (A.UNOFFER, lambda held: c.DeclineOffer(**held)),
    "StartAssignment": (A.START, lambda held: c.StartAssignment(**held)),
    "RenewAssignment": (None, lambda held: c.RenewAssignment(**held)),
    "SuspendAssignment": (
        A.SUSPEND,
        lambda held: c.SuspendAssignment(**held, reason="papers"),
    ),
    "CompleteAssignment": (
        A.COMPLETE,
        lambda held: c.CompleteAssignment(**held, verdict=Verdict.APPROVED),
    ),
    "ReturnTask": (A.RETURN, lambda held: c.ReturnTask(**held, reason="not ours")),
    "ReferAssignment": (
        A.REFER,
        lambda held: c.ReferAssignment(**held, required_authority=1),
    ),
    "ReleaseAssignment": (A.RELEASE, lambda held: c.ReleaseAssignment(**held)),
}
#: What has happened already may be asked again: the answer was lost, not the act.
REPEATED = {("AcceptOffer", S.ASSIGNED), ("AcceptOffer", S.IN_PROGRESS), ("StartAssignment", S.IN_PROGRESS)}


def test_the_table_is_that_of_the_field() -> None:
    """A transition nobody agreed on, or one that is missing, would be a change of the business."""
    table = {key: state for key, state in TRANSITIONS.items() if key[1] is not A.AMEND}
    assert table == FIELD_TABLE


def test_amending_changes_no_state_and_no_closed_task() -> None:
    """UpdateTask must not become a hidden transition."""
    amended = {state: after for (state, action), after in TRANSITIONS.items() if action is A.AMEND}
    assert all(state is after for state, after in amended.items())
    assert set(amended) == set(TaskState) - {*CLOSED_STATES, S.MOVING}


@pytest.mark.parametrize("state", CLOSED_STATES)
def test_nothing_leads_out_of_a_closed_state(state: TaskState) -> None:
    """A decided task that could go on might be decided again."""
    assert [action for action in Action if (state, action) in TRANSITIONS] == []


@pytest.mark.parametrize("state", OPEN_STATES)
@pytest.mark.parametrize("action", Action)
def test_what_is_not_in_the_table_cannot_be_applied(state: TaskState, action: Action) -> None:
    """An event that does not fit must stop a replay, never bend the state."""
    branch = Branch()
    task = branch.task(bring_to(branch, state))
    assert can(task, action) == ((state, action) in TRANSITIONS)
    if can(task, action):
        after = moved_on(task, action)
        assert (after.state, after.version) == (TRANSITIONS[state, action], task.version + 1)
    else:
        with pytest.raises(KeyError):
            moved_on(task, action)


@pytest.mark.parametrize("state", [*OPEN_STATES, *CLOSED_STATES])
@pytest.mark.parametrize("name", HOLDER_COMMANDS)
def test_a_holder_may_do_what_the_table_says_and_nothing_else(state: TaskState, name: str) -> None:
    """A desk's command outside the table must be refused with a reason and leave no event behind."""
    branch = Branch()
    task_id = bring_to(branch, state)
    task = branch.state.tasks.get(task_id) or branch.closed(task_id)
    action, make = HOLDER_COMMANDS[name]
    command = make(
        {
            "who": "operator:chen",
            "task_id": task_id,
            "operator": task.operator or "chen",
            "token": task.token,
        }
    )
    held = task.operator is not None and state not in CLOSED_STATES
    if held and (action is None or (state, action) in TRANSITIONS):
        branch.did(command)
        assert bool(branch.events) == (action is not None)
    elif (name, state) in REPEATED:
        branch.did(command)
        assert branch.events == ()
    else:
        expected = Reason.WRONG_STATE if held else Reason.STALE_TOKEN
        closed = (S.COMPLETED, S.RETURNED, S.CANCELLED)
        if (name, state) == ("CompleteAssignment", S.COMPLETED):
            # The decision itself, said again: the answer was lost, so it is given again.
            branch.did(command)
            assert branch.events == ()
        else:
            assert branch.refused(command) is (Reason.ALREADY_DECIDED if state in closed else expected)


@pytest.mark.parametrize("name", HOLDER_COMMANDS)
@pytest.mark.parametrize("state", [S.OFFERED, S.ASSIGNED, S.IN_PROGRESS])
@pytest.mark.parametrize(("operator", "token"), [("chen", -1), ("chen", 1), ("lin", 0)])
def test_an_old_token_or_another_holder_is_refused(state: TaskState, name: str, operator: str, token: int) -> None:
    """A frozen desk that thaws, or a stranger, would decide what somebody else holds (I3)."""
    branch = Branch()
    branch.arrive(person("lin", kinds={}))
    task = branch.task(bring_to(branch, state))
    held = {"who": "x", "task_id": task.task_id, "operator": operator, "token": task.token + token}
    command = HOLDER_COMMANDS[name][1](held)
    assert branch.refused(command) is Reason.STALE_TOKEN


def test_a_stale_token_names_the_winning_assignment() -> None:
    """The operator of a thawed desk must be told who has the task now."""
    branch = Branch()
    task_id = bring_to(branch, S.IN_PROGRESS)
    task = branch.task(task_id)
    assert task.operator is not None
    command = c.CompleteAssignment(task_id=task_id, operator=task.operator, token=0, verdict=Verdict.APPROVED)
    [reply] = branch.batch(command)
    assert getattr(reply, "metadata", None) == {
        "task": task_id,
        "state": "in_progress",
        "province": "fujian",
        "operator": "chen",
        "token": str(task.token),
        "generation": "1",
    }


@pytest.mark.parametrize("state", [*OPEN_STATES, *CLOSED_STATES])
def test_cancelling_follows_the_table(state: TaskState) -> None:
    """Work must not be cancelled under an operator's hands, nor a decision undone; a task elsewhere is pointed to."""
    branch = Branch()
    task_id = bring_to(branch, state)
    command = c.CancelTask(who="branch:core", task_id=task_id)
    if (state, A.CANCEL) in TRANSITIONS:
        assert branch.did(command).task.state is S.CANCELLED
    elif state in (S.MOVING, S.MOVED):
        assert getattr(branch.do(command), "host", None) == JIANGXI
        assert branch.events == ()
    else:
        expected = Reason.WRONG_STATE if state is S.IN_PROGRESS else Reason.ALREADY_DECIDED
        assert branch.refused(command) is expected


@pytest.mark.parametrize("state", OPEN_STATES)
def test_resuming_follows_the_table(state: TaskState) -> None:
    """Only a suspended task may be resumed."""
    branch = Branch()
    task_id = bring_to(branch, state)
    command = c.ResumeTask(who="branch:core", task_id=task_id)
    if state is S.SUSPENDED:
        branch.did(command)
        # It goes back to the one who knows it.
        assert branch.task(task_id).operator == "chen"
    elif state is S.MOVING:
        assert getattr(branch.do(command), "in_transit", False)
    else:
        assert branch.refused(command) is Reason.WRONG_STATE


def test_the_etag_changes_with_every_version_and_generation() -> None:
    """A client's etag from another owner must never match by chance."""
    branch = Branch()
    task = branch.task(branch.create(MEDICAL))
    seen = {task.etag}
    branch.did(c.UpdateTask(task_id=task.task_id, priority=3, etag=task.etag))
    seen.add(branch.task(task.task_id).etag)
    assert len(seen) == 2
    assert branch.refused(c.UpdateTask(task_id=task.task_id, priority=4, etag=task.etag)) is Reason.ETAG_MISMATCH


def lives() -> Iterator[list[e.AnyEvent]]:
    """Journals in which everything happens that may happen to a task."""
    for state in TaskState:
        branch = Branch()
        task_id = bring_to(branch, state)
        if state is S.SCHEDULED:
            branch.wait(60_000)
        elif state is S.MOVING:
            settle(branch, task_id, accepted=False)
        elif state is S.SUSPENDED:
            branch.did(c.ResumeTask(task_id=task_id))
        elif state in (S.OFFERED, S.ASSIGNED, S.IN_PROGRESS):
            branch.do(c.SignOut(operator=OperatorId("chen")))
            branch.do(c.CancelTask(task_id=task_id))
        yield branch.log
    for state in (S.OFFERED, S.IN_PROGRESS):
        branch = Branch()
        task_id = bring_to(branch, state)
        holder = branch.holder(task_id)
        branch.did(
            c.DeclineOffer(**holder) if state is S.OFFERED else c.ReferAssignment(**holder, required_authority=1)
        )
        branch.arrive(person("lin", authority={Line.CLAIMS: 9}), presence=PresenceState.BREAK)
        branch.did(c.ReassignTask(task_id=task_id, operator=OperatorId("lin")))
        yield branch.log


def test_every_step_of_a_life_is_another_version_and_voids_the_tokens_it_must() -> None:
    """Two versions with one etag let a change overwrite another; a token that outlives its assignment decides twice."""
    seen: dict[str, None] = {}
    for log in lives():
        state = ProvinceState(FUJIAN)
        for event in log:
            task_id, name = getattr(event, "task_id", TaskId("")), type(event).__name__
            before = state.tasks.get(task_id)
            apply(state, event)
            if before is not None and name in LIFE:
                after = state.tasks.get(task_id) or records.decode_task(state.records[records.task_key(task_id)])
                sources, target, rise = LIFE[name]
                assert before.state in sources and after.state is target
                assert (after.version, after.token) == (before.version + 1, before.token + rise), name
                seen[name] = None
    assert sorted(seen) == sorted(LIFE)


def test_placement_and_home_of_a_new_task() -> None:
    """The home of a task never changes, and a task begins there."""
    branch = Branch()
    task = branch.task(branch.create())
    assert (task.home, task.host, task.placement, task.generation) == (
        ProvinceCode(FUJIAN),
        FUJIAN,
        Placement.HOME,
        1,
    )
