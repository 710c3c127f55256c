from gateway.v1 import event_pb2, monitor_pb2, province_pb2
from loadtests.chaos.takeover import Takeover

ONE, TWO = "provinces/fujian/tasks/fujian-1", "provinces/fujian/tasks/fujian-2"
OTHER = "provinces/hubei/tasks/hubei-1"


class Watched:
    """A takeover of Fujian's work under a clock that is moved by hand."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.takeover = Takeover("fujian", lambda: self.now_s)

    def see(self, type_: str, province: str, task: str = "", generation: int = 0, after_s: float = 1.0) -> None:
        self.now_s += after_s
        self.takeover.take(event_pb2.Event(type=type_, province=province, task=task, generation=generation))


def test_times_count_from_the_silence() -> None:
    """Figures that began with the preparation would hide or invent a miss."""
    watched = Watched()
    for task in (ONE, TWO):
        watched.see("TaskCreated", "fujian", task)
    watched.takeover.begin()
    watched.see("SiteLost", "fujian")
    watched.see("MoveAccepted", "jiangxi", ONE, 2)
    watched.see("OfferMade", "jiangxi", ONE)
    watched.see("MoveAccepted", "hubei", TWO, 2)
    seen = watched.takeover
    assert (seen.seen_s, seen.first_reassigned_s, seen.last_moved_s) == (1.0, 3.0, 4.0)
    assert seen.moved([ONE, TWO]) == 2
    assert list(seen.created) == [ONE, TWO]


def test_an_event_out_of_order_does_not_change_the_owner() -> None:
    """Events of two provinces have no common order; the generation decides who owns the task."""
    watched = Watched()
    watched.takeover.begin()
    watched.see("MoveAccepted", "hubei", ONE, 3)
    watched.see("MoveAccepted", "jiangxi", ONE, 2)
    assert watched.takeover.hosts == {ONE: "hubei"}
    watched.see("MoveAccepted", "fujian", ONE, 4)
    assert watched.takeover.moved([ONE]) == 0


def test_what_happens_to_other_work_or_before_the_silence_counts_for_nothing() -> None:
    """Another branch's move, or an offer at home, is no takeover."""
    watched = Watched()
    watched.see("SiteLost", "fujian")
    watched.see("OfferMade", "jiangxi", ONE)
    watched.takeover.begin()
    watched.see("SiteLost", "hubei")
    watched.see("OfferMade", "fujian", ONE)
    watched.see("MoveAccepted", "jiangxi", OTHER, 2)
    seen = watched.takeover
    assert (seen.seen_s, seen.first_reassigned_s, seen.last_moved_s, seen.hosts) == (None, None, None, {})


def test_the_picture_shows_the_outage_as_well_as_the_event() -> None:
    """Whoever looks at the map only must be counted as told."""
    watched = Watched()
    watched.takeover.begin()
    watched.now_s += 2
    province = monitor_pb2.ProvinceOverview(province="fujian", state=province_pb2.PROVINCE_STATE_UNREACHABLE)
    watched.takeover.take_picture(monitor_pb2.Overview(provinces=[province]))
    assert watched.takeover.seen_s == 2.0
