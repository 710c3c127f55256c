"""Random walks: long sequences of sensible and senseless commands over a few people and tasks."""

from collections.abc import Sequence
from random import Random
from typing import Any

import msgspec
from hypothesis import strategies as st

from actors.core import commands as c
from actors.core.country import Line, ProvinceStatus, ShareOutMode, SharingPolicy
from actors.core.ids import OperatorId, ProvinceCode, TaskId
from actors.core.operators import KindExperience, PresenceState
from actors.core.sharing.summary import encode_picture
from actors.core.task import MoveOut, Placement, Task, TaskSpec, TaskState, Verdict
from tests.unit.core.harness import ADDRESS, KINDS, LARGE, MEDICAL, Branch, person, session_of, spec
from tests.unit.core.journeys import picture_of

HOSTS = (ProvinceCode("jiangxi"), ProvinceCode("hubei"))
NAMES = ("chen", "lin", "wu", "zhao")
#: (what, choice) per step; the choice decides who, which task, and whether the token is right.
STEPS = st.lists(st.tuples(st.integers(0, 23), st.integers(0, 2**20)), min_size=10, max_size=80)


def walk(branch: Branch, steps: Sequence[tuple[int, int]]) -> None:
    """Take the steps; every third is in the same batch as the one before."""
    pending: list[c.AnyCommand] = []
    for what, choice in steps:
        random = Random(choice)
        if what == 0:
            branch.batch(*pending)
            pending = []
            branch.wait(random.choice((100, 1_000, 3_000, 12_000)), heard=random.sample(NAMES, random.randrange(4)))
            continue
        pending.append(_command(branch, what, random))
        if choice % 3:
            branch.batch(*pending)
            pending = []
    branch.batch(*pending)


def _command(branch: Branch, what: int, random: Random) -> c.AnyCommand:
    asked: dict[str, Any] = {"who": f"somebody:{random.randrange(2)}"}
    if random.randrange(2):
        asked["request_id"] = str(random.randrange(6))
    operator = OperatorId(random.choice(NAMES))
    task = _some_task(branch, random)
    if what <= 4:
        return c.CreateTask(**asked, spec=_some_spec(branch, random))
    if what == 5:
        entry = person(
            operator,
            capacity=random.randint(1, 3),
            auto_accept=random.randrange(3) == 0,
            authority={Line.CLAIMS: random.choice((0, 5))},
            kinds={kind: KindExperience() for kind in random.sample([MEDICAL, ADDRESS, LARGE], random.randint(0, 3))},
        )
        return c.UpsertOperators(**asked, entries=(entry,))
    if what <= 8:
        presence = random.choice((PresenceState.AVAILABLE, PresenceState.AVAILABLE, PresenceState.BREAK))
        return c.SignIn(**asked, operator=operator, session=session_of(operator), presence=presence)
    if what == 9:
        return random.choice(
            (
                c.SignOut(**asked, operator=operator),
                c.SetPresence(**asked, operator=operator, presence=random.choice(list(PresenceState))),
                c.FetchNextTask(**asked, operator=operator),
                c.DeleteOperator(**asked, operator=operator),
            )
        )
    if what <= 16:
        return _by_holder(asked, task, operator, random)
    if what == 17:
        return random.choice(
            (
                c.UpdateTask(**asked, task_id=task.task_id, priority=random.randrange(10)),
                c.CancelTask(**asked, task_id=task.task_id),
                c.ResumeTask(**asked, task_id=task.task_id),
                c.ReassignTask(**asked, task_id=task.task_id, operator=operator),
            )
        )
    if what <= 19:
        return _between_provinces(branch, task, random)
    if what == 20:
        return c.TakeAdvice(picture=encode_picture(picture_of(*HOSTS, revision=len(branch.log) + 1)))
    if what == 21:
        mode = random.choice((*[ShareOutMode.OVERFLOW] * 6, ShareOutMode.EVACUATE, ShareOutMode.CLOSED))
        return c.UpdateSharingPolicy(**asked, policy=SharingPolicy(share_out_mode=mode))
    if what == 22:
        status = random.choice((*[ProvinceStatus.ACTIVE] * 6, ProvinceStatus.DRAINING, ProvinceStatus.SUSPENDED))
        return c.SetProvinceStatus(**asked, status=status)
    return random.choice(
        (
            c.AdoptTaskKinds(revision=random.randrange(5), kinds=KINDS),
            c.LosePath(session_prefix="gateway-1/"),
            c.HearDesks(sessions=tuple(session_of(name) for name in NAMES)),
            c.ListTasks(),
            c.GetProvince(),
        )
    )


def _some_spec(branch: Branch, random: Random) -> TaskSpec:
    return spec(
        random.choice((MEDICAL, ADDRESS, LARGE)),
        priority=random.randrange(10),
        green_channel=random.randrange(5) == 0,
        external_id=random.choice(("", "", "case-1", "case-2")),
        excluded_operators=(OperatorId("chen"),) if random.randrange(4) == 0 else (),
        not_before_ms=branch.wall_ms + 2_000 if random.randrange(6) == 0 else 0,
        home_only=random.randrange(6) == 0,
        batch_id=random.choice(("", "batch-1", "batch-2")),
    )


def _some_task(branch: Branch, random: Random) -> Task:
    """An open task, mostly one that somebody holds; else one that never was."""
    held = [task for task in branch.state.tasks.values() if task.operator is not None]
    chosen = held if held and random.randrange(4) else list(branch.state.tasks.values())
    if not chosen:
        nothing = Branch()
        return msgspec.structs.replace(nothing.task(nothing.create()), task_id=TaskId("fujian-999"))
    return random.choice(chosen)


def _by_holder(asked: dict[str, Any], task: Task, operator: OperatorId, random: Random) -> c.AnyCommand:
    held = asked | {
        "task_id": task.task_id,
        "operator": task.operator or operator,
        "token": task.token - (random.randrange(6) == 0),
    }
    natural: dict[TaskState, tuple[c.AnyCommand, ...]] = {
        TaskState.OFFERED: (c.AcceptOffer(**held), c.DeclineOffer(**held)),
        TaskState.ASSIGNED: (c.StartAssignment(**held), c.ReleaseAssignment(**held)),
    }
    anything: tuple[c.AnyCommand, ...] = (
        c.CompleteAssignment(**held, verdict=Verdict.APPROVED, amount_fen=random.randrange(100)),
        c.SuspendAssignment(**held, reason="papers"),
        c.ReturnTask(**held, reason="not ours"),
        c.ReferAssignment(**held, required_authority=random.randint(1, 9)),
        c.ReleaseAssignment(**held, draft="half"),
        c.RenewAssignment(**held),
    )
    return random.choice(natural.get(task.state, anything) if random.randrange(5) else anything)


def _between_provinces(branch: Branch, task: Task, random: Random) -> c.AnyCommand:
    """An answer to a move, or a task of another home, or one of ours that comes home or has ended elsewhere."""
    if task.state is TaskState.MOVING and task.move is not None:
        move = task.move
        return random.choice(
            (
                c.SettleMove(
                    task_id=task.task_id,
                    host=move.host,
                    generation=move.generation,
                    attempt=move.attempt - (random.randrange(5) == 0),
                    accepted=bool(random.randrange(2)),
                ),
                c.AcceptMove(
                    who=f"province:{move.host}",
                    source=move.host,
                    task=msgspec.structs.replace(
                        task, host=move.host, generation=task.generation + 1, token=task.token + 9
                    ),
                    move=MoveOut(
                        host=branch.code,
                        generation=task.generation + 1,
                        attempt=1,
                        placement=Placement.SHARED,
                        started_ms=branch.wall_ms,
                    ),
                ),
            )
        )
    number = random.randint(1, 4)
    foreign = msgspec.structs.replace(
        task,
        task_id=TaskId(f"jiangxi-{number}"),
        home=HOSTS[0],
        host=HOSTS[0],
        state=TaskState.MOVING,
        operator=None,
        decision=None,
        generation=1,
    )
    move = MoveOut(host=branch.code, generation=1, attempt=1, placement=Placement.SHARED, started_ms=branch.wall_ms)
    return c.AcceptMove(who="province:jiangxi", source=HOSTS[0], task=foreign, move=move)
