from collections.abc import Callable
from typing import Any, cast

import grpc
import pytest

from gateway.v1 import event_pb2, monitor_pb2
from loadtests.locusts import reading_back
from loadtests.locusts.findings import Findings, Happened, Read, compare
from loadtests.locusts.ledger import Acknowledged
from loadtests.locusts.objectives import Objectives
from loadtests.locusts.orders import Connection
from loadtests.locusts.verdict import FAILED, HELD, Figures, judge
from loadtests.wire import DevelopmentTokens
from tests.unit.loadtests.locusts.test_verdict import DONE

PROVINCES = ["fujian", "jiangxi"]
TASKS = {f"{province}-{number}": f"run-{province}-{number}" for province in PROVINCES for number in range(6)}


class Overviews:
    """Stands for a channel: so many tasks are open each time; the last number stays."""

    def __init__(self, is_open: list[int]) -> None:
        self.left = list(is_open)

    def unary_unary(self, *_arguments: Any, **_options: Any) -> Callable[..., Any]:
        async def overview(_request: object, **_how: object) -> monitor_pb2.Overview:
            is_open = self.left.pop(0) if len(self.left) > 1 else self.left[0]
            counts = monitor_pb2.OpenTaskCounts(queued=is_open)
            return monitor_pb2.Overview(totals=monitor_pb2.NationalTotals(open_tasks=counts))

        return overview

    unary_stream = stream_stream = unary_unary

    async def close(self) -> None:
        return None


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


@pytest.mark.parametrize(
    ("is_open", "still_s", "rests_at"),
    [
        # Of 500 from before many were decided with ours: 300 of ours may be open where 300 are.
        ([700, 300, 300, 120, 7, 0], 3_600.0, 0),
        # What is left of before is going to stay.
        ([700, 500, 499], 0.0, 499),
        # A picture may be old: once is not enough.
        ([0, 3, 0, 0], 3_600.0, 0),
    ],
)
async def test_a_run_does_not_rest_on_what_was_open_before(
    monkeypatch: pytest.MonkeyPatch, is_open: list[int], still_s: float, rests_at: int
) -> None:
    """After a run that was broken off the next one would be judged while its last tasks are being decided, and fail for them."""
    overviews = Overviews(is_open)
    monkeypatch.setattr(reading_back, "LOOK_EVERY_S", 0.0)
    monkeypatch.setattr(reading_back, "open_channel", lambda _address: overviews)
    monkeypatch.setattr(reading_back, "read_development_tokens", lambda _path: DevelopmentTokens(ops="ops"))
    there = Connection(address="here", tokens="tokens")
    rest = reading_back.Rest(connection=there, open_before=500, still_s=still_s, within_s=3_600.0)
    rested = await reading_back.wait_for_rest(rest)
    assert rested.open_tasks == rests_at
    assert len(overviews.left) == 1
