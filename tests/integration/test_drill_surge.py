"""A surge on real processes: the province that multiplies its arrivals, the coordinator that watches, a desk elsewhere that is given made-up work."""

import contextlib
import uuid
from collections.abc import Iterator

import grpc

from gateway.v1 import drill_pb2, drill_pb2_grpc, monitor_pb2, monitor_pb2_grpc, task_pb2, task_pb2_grpc
from tests.integration.branch import Branch, Desk
from tests.integration.country import Country
from tests.integration.until import until

ENDED = (drill_pb2.DRILL_STATE_SUCCEEDED, drill_pb2.DRILL_STATE_FAILED, drill_pb2.DRILL_STATE_ABORTED)
REAL = 3


class Surge:
    """Arrivals of Shandong times three."""

    def __init__(self, channel: grpc.Channel, country: Country, duration_ms: int) -> None:
        self._drills = drill_pb2_grpc.DrillServiceStub(channel)
        self._monitor = monitor_pb2_grpc.MonitorServiceStub(channel)
        self._tasks = task_pb2_grpc.TaskServiceStub(channel)
        self._ops = country.token("ops")
        self._branch = country.token("branch", "shandong")
        wanted = drill_pb2.Drill(
            kind=drill_pb2.DRILL_KIND_SURGE,
            provinces=["shandong"],
            factor_permille=3_000,
            duration_ms=duration_ms,
            operators_max_permille=1_000,
        )
        created = self._drills.CreateDrill(
            drill_pb2.CreateDrillRequest(drill=wanted, request_id=uuid.uuid4().hex), metadata=self._ops, timeout=10
        )
        self.name = created.name
        self._drills.StartDrill(
            drill_pb2.StartDrillRequest(name=self.name, request_id=uuid.uuid4().hex), metadata=self._ops, timeout=10
        )
        until(lambda: self.drill().phase == drill_pb2.DRILL_PHASE_STRUCK, within_s=20)

    def drill(self) -> drill_pb2.Drill:
        """The drill as of now."""
        return self._drills.GetDrill(drill_pb2.GetDrillRequest(name=self.name), metadata=self._ops, timeout=10)

    def abort(self) -> None:
        """End it."""
        request = drill_pb2.AbortDrillRequest(name=self.name, reason="enough", request_id=uuid.uuid4().hex)
        self._drills.AbortDrill(request, metadata=self._ops, timeout=10)

    def ended(self) -> drill_pb2.Drill:
        """Wait for the report."""
        until(lambda: self.drill().state in ENDED, within_s=60)
        return self.drill()

    def made_up(self) -> list[task_pb2.Task]:
        """The tasks of Shandong that this drill has made up, wherever they are."""
        request = task_pb2.ListTasksRequest(parent="provinces/shandong", page_size=1_000)
        listed = self._tasks.ListTasks(request, metadata=self._branch, timeout=10)
        return [task for task in listed.tasks if task.drill == self.name]

    def known_open(self) -> int:
        """Shadow tasks that any province knows open."""
        picture = self._monitor.GetOverview(monitor_pb2.GetOverviewRequest(), metadata=self._ops, timeout=10)
        return sum(province.shadow_task_count for province in picture.provinces)


@contextlib.contextmanager
def surging(country: Country, duration_ms: int) -> Iterator[tuple[grpc.Channel, Surge]]:
    """A surge of Shandong that has begun, in which some tasks have arrived."""
    with grpc.insecure_channel(country.grpc) as channel:
        surge = Surge(channel, country, duration_ms)
        branch = Branch(channel, country, "shandong")
        real = [branch.create() for _ in range(REAL)]
        assert [task.drill for task in real] == [""] * REAL
        yield channel, surge
        # Whatever tests come next, this work is not for them.
        for task in real:
            branch.cancel(task.name)


def test_a_surge_makes_copies_and_takes_them_back(country: Country) -> None:
    """Would break if a process did not understand what the drill asks of it, or if it left something behind."""
    with surging(country, 3_000) as (_, surge):
        drill = surge.ended()
        figures = {figure.figure: figure.value for figure in drill.report.figures}
        wanted = {"shadow_tasks": 2 * REAL, "leftovers": 0, "lost": 0, "decided_twice": 0, "shared_below_activation": 0}
        assert {name: figures.get(name) for name in wanted} == wanted, drill
        assert drill.report.waits
        assert surge.known_open() == 0


def test_an_aborted_surge_takes_back_what_lies_on_a_desk_elsewhere(country: Country) -> None:
    """Would break if what had been moved were forgotten: somebody in another province would sit over made-up work tomorrow."""
    with surging(country, 120_000) as (channel, surge):
        desk = Desk(channel, country, "jiangxi", "jiangxi-op-1")
        held: list[str] = []

        def is_given() -> bool:
            # Signing in again is a sign of life, and tells what was offered.
            session = desk.sign_in()
            given = [*session.offers, *session.assignments]
            held.extend(one.task.name for one in given if one.task.drill == surge.name)
            return bool(held)

        until(is_given, within_s=30)
        surge.abort()
        drill = surge.ended()
        assert drill.state == drill_pb2.DRILL_STATE_ABORTED
        figures = {figure.figure: figure.value for figure in drill.report.figures}
        assert (figures["shadow_tasks"], figures["leftovers"], figures["lost"]) == (2 * REAL, 0, 0)
        assert Branch(channel, country, "shandong").get(held[0]).state == task_pb2.TASK_STATE_CANCELLED
        assert not [one for one in (*desk.sign_in().offers, *desk.sign_in().assignments) if one.task.drill]
        assert surge.known_open() == 0
        desk.sign_out()
