from collections.abc import Callable
from typing import Any, cast

import grpc
import pytest

from gateway.v1 import event_pb2
from loadtests.locusts import reading_back
from loadtests.locusts.findings import Findings, Happened, Read, compare
from loadtests.locusts.ledger import Acknowledged
from loadtests.locusts.objectives import Objectives
from loadtests.locusts.verdict import FAILED, HELD, Figures, judge
from tests.unit.loadtests.locusts.test_verdict import DONE

PROVINCES = ["fujian", "jiangxi"]
TASKS = {f"{province}-{number}": f"run-{province}-{number}" for province in PROVINCES for number in range(6)}


class Events:
    """Stands for a channel: every task of a province was created and then decided; two events a page."""

    def unary_unary(self, *_arguments: Any, **_options: Any) -> Callable[..., Any]:
        async def listed(request: event_pb2.ListEventsRequest, **_how: object) -> event_pb2.ListEventsResponse:
            province, number = request.parent.removeprefix("provinces/"), int(request.page_token or "0")
            task = f"{province}-{number}"
            events = [
                event_pb2.Event(type="TaskCreated", task=task, external_id=TASKS[task]),
                event_pb2.Event(type="TaskCompleted", task=task),
            ]
            return event_pb2.ListEventsResponse(events=events, next_page_token=str(number + 1) if number < 5 else "")

        return listed

    unary_stream = stream_stream = unary_unary


@pytest.mark.parametrize(("bound", "exit_code"), [(24, HELD), (20, FAILED), (12, FAILED), (2, FAILED)])
async def test_events_beyond_the_bound_are_told(monkeypatch: pytest.MonkeyPatch, bound: int, exit_code: int) -> None:
    """A run too large to be read back whole would pass as if each of its tasks were known to be decided once."""
    monkeypatch.setattr(reading_back, "EVENTS_MAX", bound)
    acknowledged, findings = Acknowledged(created=len(TASKS), tasks=TASKS), Findings()
    happened = Happened("run", TASKS, findings)
    await reading_back.read_events(cast("grpc.aio.Channel", Events()), "token", PROVINCES, happened, findings)
    happened.settle()
    read: dict[str, Read | None] = {name: Read(external_id, DONE) for name, external_id in TASKS.items()}
    compare(acknowledged, read, happened.decisions, findings)
    verdict = judge(Figures(calls=1), findings, Objectives())
    assert verdict.exit_code == exit_code, verdict.lines
    assert any("not proven" in line for line in verdict.lines) == (exit_code == FAILED)
    assert findings.contradictions == 0
