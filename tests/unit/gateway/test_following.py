from typing import cast

from actors import protocol
from actors.core import commands as c
from actors.core.country import Line
from actors.core.ids import KindId, ProvinceCode, TaskId
from actors.core.refusal import Reason, Refused
from actors.core.replies import Elsewhere, TaskReply
from actors.core.task import MoveOut, Placement, Task, TaskSpec, TaskState
from gateway.errors import GatewayError, GatewayReason
from gateway.provinces import ProvinceLinks

TASK = TaskId("fujian-1")
READ = c.GetTask(task_id=TASK)


def task(host: str, generation: int, state: TaskState, to: str = "") -> TaskReply:
    """The task as a province says it is."""
    move = MoveOut(host=ProvinceCode(to), generation=generation, attempt=1, placement=Placement.EVACUATED, started_ms=1)
    return TaskReply(
        Task(
            task_id=TASK,
            home=ProvinceCode("fujian"),
            spec=TaskSpec(kind=KindId("claims-medical")),
            line=Line.CLAIMS,
            created_ms=1,
            created_by="branch:fujian",
            host=ProvinceCode(host),
            state=state,
            generation=generation,
            move=move if to else None,
        )
    )


class Links(ProvinceLinks):
    """Provinces that say what a test wrote down; whoever is not there does not answer."""

    def __init__(self, **says: protocol.Response) -> None:
        self._says = says
        self.asked: list[str] = []

    async def call(self, province: str, request: protocol.Request, *, deadline: float) -> protocol.Response:
        del request, deadline
        self.asked.append(province)
        if province not in self._says:
            raise GatewayError(GatewayReason.PROVINCE_UNAVAILABLE, "The province does not answer.")
        return self._says[province]


async def read(links: Links) -> Task:
    """What a reader is shown."""
    return cast("TaskReply", await links.follow_task(TASK, READ, deadline=1e12)).task


async def test_a_reader_of_a_task_in_transit_is_shown_it_as_its_new_host_has_it() -> None:
    """Whoever has changed it there would otherwise be shown an older version by the source, which does not know yet."""
    links = Links(
        fujian=task("fujian", 1, TaskState.MOVING, "jiangxi"), jiangxi=task("jiangxi", 2, TaskState.IN_PROGRESS)
    )
    assert (await read(links)).state is TaskState.IN_PROGRESS
    onwards = Links(
        fujian=task("fujian", 1, TaskState.MOVING, "jiangxi"),
        jiangxi=Elsewhere(task_id=TASK, host=ProvinceCode("hubei"), generation=3),
        hubei=task("hubei", 3, TaskState.QUEUED),
    )
    assert (await read(onwards)).host == "hubei"


async def test_a_task_whose_new_host_does_not_have_it_is_shown_as_moving() -> None:
    """A host that is away must not hold up the reader, and one that has not taken the task yet knows nothing of it."""
    away = Links(fujian=task("fujian", 1, TaskState.MOVING, "jiangxi"))
    assert (await read(away)).state is TaskState.MOVING
    unknown = Refused(reason=Reason.UNKNOWN_TASK)
    not_yet = Links(fujian=task("fujian", 1, TaskState.MOVING, "jiangxi"), jiangxi=unknown)
    assert (await read(not_yet)).state is TaskState.MOVING
    assert not_yet.asked == ["fujian", "jiangxi"]


async def test_two_provinces_that_point_to_each_other_are_not_asked_for_ever() -> None:
    """A reader gets an answer, whatever provinces say."""
    links = Links(
        fujian=task("fujian", 3, TaskState.MOVING, "jiangxi"), jiangxi=task("jiangxi", 4, TaskState.MOVING, "jiangxi")
    )
    assert (await read(links)).generation == 4
    assert len(links.asked) < 10
