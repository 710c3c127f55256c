"""A country of three provinces of which one is struck, for the tests of drills."""

from typing import Any

from actors.core import events as e
from actors.core.country import Line, ProvinceStatus, SharingPolicy
from actors.core.drills.record import Drill, DrillKind, DrillPhase, DrillSpec, DrillState, Standing
from actors.core.drills.steps import View
from actors.core.ids import KindId, OperatorId, ProvinceCode, TaskId
from actors.core.sharing.hosts import HostCandidate
from actors.core.sharing.summary import ProvinceSummary
from actors.core.task import MoveOut, Placement, Task, TaskSpec, TaskState

FUJIAN, JIANGXI, HUNAN = (ProvinceCode(code) for code in ("fujian", "jiangxi", "hunan"))
STARTED_MS, STRUCK_MS, LIFTED_MS, SETTLED_MS = 100_000, 100_100, 112_000, 118_000
SPEC = DrillSpec(kind=DrillKind.SITE_OUTAGE, provinces=(FUJIAN,), operators_max_permille=500)
KIND = KindId("claims-medical")


def drill(**changes: Any) -> Drill:
    """A drill that has been lifted and got over."""
    known: dict[str, Any] = {
        "drill_id": "drill-1",
        "spec": SPEC,
        "state": DrillState.RUNNING,
        "phase": DrillPhase.MEASURING,
        "created_ms": STARTED_MS - 1_000,
        "started_ms": STARTED_MS,
        "struck_ms": STRUCK_MS,
        "lifted_ms": LIFTED_MS,
        "settled_ms": SETTLED_MS,
        "before": (Standing(province=FUJIAN, sequence=10, open_tasks=2), Standing(province=JIANGXI, sequence=5)),
    }
    return Drill(**known | changes)


def summary(province: ProvinceCode, **changes: Any) -> ProvinceSummary:
    """A province in order, with ten people and nothing to do."""
    known: dict[str, Any] = {
        "province": province,
        "time_ms": STARTED_MS,
        "status": ProvinceStatus.ACTIVE,
        "policy": SharingPolicy(),
        "signed_in": 10,
        "operators": 10,
    }
    return ProvinceSummary(**known | changes)


def view(now_ms: int, *summaries: ProvinceSummary, gateways: tuple[str, ...] = ("a",)) -> View:
    """What the coordinator sees; provinces that are not given are in order."""
    known = {code: summary(code) for code in (FUJIAN, JIANGXI, HUNAN)}
    return View(now_ms, known | {one.province: one for one in summaries}, gateways)


def move(host: ProvinceCode, generation: int = 1) -> MoveOut:
    """A first attempt to move."""
    return MoveOut(host=host, generation=generation, attempt=1, placement=Placement.EVACUATED, started_ms=STRUCK_MS)


def created(number: int, at_ms: int, home: ProvinceCode = FUJIAN, *, not_before_ms: int = 0) -> e.TaskCreated:
    """A task arose, perhaps booked ahead."""
    spec = TaskSpec(kind=KIND, not_before_ms=not_before_ms)
    return e.TaskCreated(at_ms=at_ms, task_id=TaskId(f"{home}-{number}"), spec=spec)


def move_started(number: int, at_ms: int, host: ProvinceCode = JIANGXI, eligible: int = 1) -> e.MoveStarted:
    """A task of Fujian left."""
    candidate = HostCandidate(
        province=host,
        points=1,
        experience_points=0,
        finish_points=0,
        quality_points=0,
        experience=0,
        eligible=eligible,
        expected_finish_ms=0,
    )
    return e.MoveStarted(at_ms=at_ms, task_id=TaskId(f"fujian-{number}"), move=move(host), candidates=(candidate,))


def move_accepted(number: int, at_ms: int, host: ProvinceCode = JIANGXI, *, created_ms: int = 0) -> e.MoveAccepted:
    """A task of Fujian arrived."""
    task = Task(
        task_id=TaskId(f"fujian-{number}"),
        home=FUJIAN,
        spec=TaskSpec(kind=KIND),
        line=Line.CLAIMS,
        created_ms=created_ms,
        created_by="branch:fujian",
        host=FUJIAN,
        state=TaskState.QUEUED,
    )
    return e.MoveAccepted(at_ms=at_ms, source=FUJIAN, task=task, move=move(host))


def handed_over(number: int, at_ms: int) -> e.MoveHandedOver:
    """Fujian let go of a task."""
    return e.MoveHandedOver(at_ms=at_ms, task_id=TaskId(f"fujian-{number}"))


def assigned(task: str, at_ms: int) -> e.TaskAssigned:
    """A task was given to somebody."""
    return e.TaskAssigned(at_ms=at_ms, task_id=TaskId(task), operator=OperatorId("somebody"), token=1)
