"""What the journals say of the work that a drill made up, and of sharing that began too early. Fed like `measuring`, which asks it."""

from collections.abc import Callable, Iterable

from actors.core import events as e
from actors.core.drills.record import OBSERVATIONS_MAX, Drill
from actors.core.drills.waits import is_early
from actors.core.ids import KindId, ProvinceCode, TaskId
from actors.core.move_reasons import Cause, read
from actors.core.task import Placement

#: Causes of a move that ask for a long wait; a closed line and better hands do not.
_LONG_WAITS = (Cause.ADVISED, Cause.UNADVISED)


class MadeUp:
    """The shadow tasks of one drill, and the moves of a surge."""

    def __init__(self, drill: Drill) -> None:
        self._drill = drill
        self._struck = dict.fromkeys(drill.spec.provinces)
        self._handlers: dict[type, Callable[..., None]] = {
            e.TaskCreated: self._created,
            e.TaskCompleted: self._ended,
            e.TaskReturned: self._ended,
            e.TaskCancelled: self._ended,
            e.MoveStarted: self._move_started,
        }
        #: Shadow tasks of whatever drill -> whose they are.
        self._shadows: dict[TaskId, str] = {}
        self._ends: dict[TaskId, None] = {}
        self._kinds: dict[TaskId, KindId] = {}
        #: Moves of overflow out of a struck province for a long wait: (when, province, task).
        self._shared: list[tuple[int, ProvinceCode, TaskId]] = []

    def take(self, province: ProvinceCode, event: e.AnyEvent) -> None:
        """Take in one event."""
        handler = self._handlers.get(type(event))
        if handler is not None:
            handler(province, event)

    def _created(self, province: ProvinceCode, event: e.TaskCreated) -> None:
        if province in self._struck:
            self._kinds[event.task_id] = event.spec.kind
        if event.shadow is not None:
            self._shadows[event.task_id] = event.shadow.drill

    def _ended(self, province: ProvinceCode, event: e.TaskEvent) -> None:
        del province
        self._ends[event.task_id] = None

    def _move_started(self, province: ProvinceCode, event: e.MoveStarted) -> None:
        if province not in self._struck or event.move.placement is not Placement.SHARED:
            return
        told = read(event.reason)
        if event.at_ms >= self._drill.struck_ms and told is not None and told[0] in _LONG_WAITS:
            self._shared.append((event.at_ms, province, event.task_id))

    def is_shadow(self, task_id: TaskId) -> bool:
        """Whether a drill made this task up, this one or another."""
        return task_id in self._shadows

    def figures(self) -> dict[str, int]:
        """Shadow tasks made, those left, and, of a surge, moves that came too early."""
        made = [task_id for task_id, drill in self._shadows.items() if drill == self._drill.drill_id]
        counts = {"shadow_tasks": len(made), "leftovers": sum(task_id not in self._ends for task_id in made)}
        if self._drill.observed:
            counts["shared_below_activation"] = sum(map(self._is_early, self._shared))
        return counts

    def _is_early(self, shared: tuple[int, ProvinceCode, TaskId]) -> bool:
        at_ms, province, task_id = shared
        kind = self._kinds.get(task_id)
        # The kind of a task from before the time that is read is not known; it has waited long.
        return kind is not None and is_early(self._drill.observed, at_ms, (province, kind))

    def notes(self) -> Iterable[str]:
        """What a reader of a surge's report should know."""
        observed = self._drill.observed
        if observed and not any(seen.pressed for seen in observed):
            yield "no wait exceeded its activation threshold: nothing had to be shared"
        if len(observed) >= OBSERVATIONS_MAX:
            yield f"waits are those of the first {OBSERVATIONS_MAX} looks"
