import json

from gateway.v1 import event_pb2, monitor_pb2, province_pb2, task_pb2
from loadtests.observer import Observer

GREEN = "provinces/fujian/tasks/fujian-1"
OTHER = "provinces/fujian/tasks/fujian-2"


class Watched:
    """An observer with a clock in hand."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.suspended: list[str] = []
        self.seen: list[str] = []
        self.observer = Observer("green-1", lambda: self.now_s, self.suspended.append)
        self.observer.on_change = lambda what, event: self.seen.append(what)

    def take(self, kind: str, province: str = "fujian", task: str = GREEN, **fields: object) -> None:
        self.observer.take(event_pb2.Event(type=kind, province=province, task=task, **fields))  # pyright: ignore[reportArgumentType]

    def begin(self) -> None:
        """Two tasks are there, the green one is open on a desk, and the power goes."""
        self.take("TaskCreated", external_id="green-1")
        self.take("TaskCreated", task=OTHER, external_id="other")
        self.take("OfferMade", operator="provinces/fujian/operators/fujian-op-1")
        self.take("AssignmentStarted")
        self.observer.begin_outage("fujian")


def test_an_outage_is_timed_from_the_silence() -> None:
    """Would break if the demo's figures began elsewhere than at the moment the desks fell silent."""
    watched = Watched()
    watched.begin()
    watched.now_s = 103.2
    watched.take("SiteLost", task="")
    watched.take("ProvinceStatusChanged", task="", reason="unreachable: 13 of 13 desks")
    watched.now_s = 103.4
    moved = {"peer_province": "fujian", "placement": task_pb2.PLACEMENT_EVACUATED, "generation": 2}
    candidates = [{"province": "jiangxi", "points": 1100}, {"province": "hunan", "points": 900}]
    watched.take("MoveStarted", basis_json=json.dumps({"candidates": candidates}))
    watched.take("MoveAccepted", "jiangxi", **moved)
    watched.take("OfferMade", "jiangxi", operator="provinces/jiangxi/operators/jiangxi-op-1")
    watched.now_s = 104.0
    watched.take("MoveAccepted", "hunan", OTHER, **moved)
    watched.now_s = 106.0
    watched.take("TaskCompleted", "jiangxi", operator="provinces/jiangxi/operators/jiangxi-op-1")
    outage, green = watched.observer.outage, watched.observer.green
    assert outage is not None
    assert [round(seconds or 0, 1) for seconds in (outage.detected_s, outage.first_reassigned_s)] == [3.2, 3.4]
    assert round(outage.evacuated_s or 0, 1) == 4.0
    assert outage.evacuated == {GREEN: "jiangxi", OTHER: "hunan"}
    assert (green.host, green.operator) == ("jiangxi", "provinces/jiangxi/operators/jiangxi-op-1")
    assert [round(seconds or 0, 1) for seconds in (green.reassigned_s, green.decided_s)] == [3.4, 6.0]
    assert green.candidates == candidates
    assert watched.observer.decided_shared == 1
    assert watched.observer.host_of(OTHER) == "hunan"
    expected = ["detected", "green_moving", "green_moved", "first_reassigned", "green_reassigned", "green_decided"]
    assert watched.seen == ["green_open", *expected]


def test_work_shared_for_its_wait_is_no_evacuation() -> None:
    """Would break if a task that was leaving anyway counted as the first one reassigned."""
    watched = Watched()
    watched.begin()
    shared = {"peer_province": "fujian", "placement": task_pb2.PLACEMENT_SHARED, "generation": 2}
    watched.take("MoveAccepted", "hunan", OTHER, **shared)
    watched.take("OfferMade", "hunan", OTHER, operator="provinces/hunan/operators/hunan-op-1")
    outage = watched.observer.outage
    assert outage is not None
    assert outage.first_reassigned_s is None
    assert not outage.evacuated
    assert watched.observer.host_of(OTHER) == "hunan"


def test_the_picture_counts_as_seeing_it_too() -> None:
    """Would break if an outage shown by the overview alone were missed."""
    watched = Watched()
    watched.begin()
    watched.now_s = 103.0
    lost = monitor_pb2.ProvinceOverview(province="fujian", state=province_pb2.PROVINCE_STATE_UNREACHABLE)
    watched.observer.take_picture(monitor_pb2.Overview(provinces=[lost]))
    assert watched.observer.outage is not None
    assert watched.observer.outage.detected_s == 3.0


def test_a_host_is_the_one_of_the_highest_generation() -> None:
    """Would break if events of two provinces that came in another order sent a task back."""
    watched = Watched()
    watched.take("TaskCreated", external_id="green-1")
    watched.take("MoveAccepted", "hunan", generation=3)
    watched.take("MoveAccepted", "jiangxi", generation=2)
    assert watched.observer.host_of(GREEN) == "hunan"


def test_open_tasks_are_those_not_ended() -> None:
    """Would break if the play waited for a task that has ended, or left before the last was decided."""
    watched = Watched()
    watched.take("TaskCreated", external_id="green-1")
    watched.take("TaskCreated", task=OTHER, external_id="other")
    watched.take("AssignmentSuspended", task=OTHER)
    watched.take("TaskCompleted")
    assert watched.observer.open_at("fujian") == [OTHER]
    assert watched.suspended == [OTHER]
    watched.take("TaskReturned", task=OTHER)
    assert watched.observer.open_at("fujian") == []
