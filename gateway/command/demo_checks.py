"""What the demonstration claims, read from the journals after the system has ended. No counter of the play is believed.

`verify_directory` says what became of all tasks; this module reads the way of the green-channel claim and of the evacuation from the events
of the branch that lost power and of the host.
"""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from actors.core import codec
from actors.core import events as e
from actors.core.ids import ProvinceCode, TaskId, home_of
from actors.core.sharing.hosts import HostCandidate
from actors.core.task import Placement
from actors.journal import open_readonly
from actors.store import Store, read_store
from actors.verification.directory import verify_directory
from actors.verification.report import Report


class GreenFate(msgspec.Struct, kw_only=True):
    """What became of the green-channel claim."""

    task: TaskId = TaskId("")
    #: Who had it open when the power went.
    first_operator: str = ""
    #: As ranked when it left, best first.
    candidates: tuple[HostCandidate, ...] = ()
    host: str = ""
    operator: str = ""
    decided: bool = False
    #: Points of the operator who was chosen there, and what they are made of.
    routing: e.Routing | None = None

    @property
    def went_to_the_best(self) -> bool:
        """Whether it was decided by the host that was ranked first."""
        return self.decided and bool(self.candidates) and self.host == self.candidates[0].province


class Findings(msgspec.Struct, kw_only=True):
    """Everything the journals say."""

    report: Report
    green: GreenFate
    #: Tasks that the branch gave away because it had lost power.
    evacuated: int = 0


def read_findings(data_dir: Path, outage: str, green_external_id: str) -> Findings:
    """Verify the directory and read the outage in it.

    Raises:
        StoreError: there is no store.
        JournalError: a journal cannot be read.
    """
    store = read_store(data_dir)
    findings = Findings(report=verify_directory(data_dir), green=GreenFate())
    evacuated: dict[TaskId, None] = {}
    moving: dict[TaskId, None] = {}
    for event in _events(store, outage):
        match event:
            case e.MoveStarted() if event.move.placement is Placement.EVACUATED:
                moving[event.task_id] = None
            case e.MoveHandedOver() if event.task_id in moving:
                evacuated[event.task_id] = None
            case _:
                pass
        _note_at_home(findings.green, event, green_external_id)
    findings.evacuated = len(evacuated)
    if findings.green.host:
        for event in _events(store, findings.green.host):
            _note_at_host(findings.green, event)
    return findings


def _note_at_home(green: GreenFate, event: e.AnyEvent, external_id: str) -> None:
    if isinstance(event, e.TaskCreated) and event.spec.external_id == external_id:
        green.task = event.task_id
    elif isinstance(event, (e.OfferMade, e.TaskAssigned)) and event.task_id == green.task:
        green.first_operator = event.operator
    elif isinstance(event, e.MoveStarted) and event.task_id == green.task:
        green.candidates, green.host = event.candidates, event.move.host
    elif isinstance(event, e.TaskCompleted) and event.task_id == green.task:
        green.host, green.operator, green.decided = home_of(event.task_id), event.decision.operator, True


def _note_at_host(green: GreenFate, event: e.AnyEvent) -> None:
    if isinstance(event, (e.OfferMade, e.TaskAssigned)) and event.task_id == green.task:
        green.routing = event.routing
    elif isinstance(event, e.TaskCompleted) and event.task_id == green.task:
        green.operator, green.decided = event.decision.operator, True


def _events(store: Store, province: str) -> Iterator[e.AnyEvent]:
    view = open_readonly(store.journal_path(ProvinceCode(province)))
    try:
        for frame in view.frames():
            yield from codec.decode_events(frame.payload)
    finally:
        view.close()
