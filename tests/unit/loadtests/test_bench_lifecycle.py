"""The client that takes tasks through their lives, against a gateway in this process; the sums of a run, and its verdict."""

import asyncio
import time
from collections.abc import Callable
from types import SimpleNamespace

import msgspec
import pytest

from actors.core.task import TaskState
from gateway.command.bench_lifecycle import checks_of
from loadtests.bench import journeys
from loadtests.bench.explained import Explained, spread
from loadtests.bench.journeys import Done, Order, run
from loadtests.bench.lifecycle import Lifecycle, Turn, judged, summed
from loadtests.bench.measured_system import Journals
from loadtests.bench.office import Post, Way
from loadtests.bench.staffing import kinds_for
from loadtests.catalogue import Branch, Kind
from loadtests.roster import even_roster
from tests.unit.gateway_streams.served import PATIENCE_S, Served
from tests.unit.loadtests.working_branch import post, working

BEGIN_S, COUNT_FROM_S, END_S = 1.0, 1.05, 1_000_000.0


class Clock:
    """The client's clock: it waits until everybody has signed in, moves by a millisecond a look, and is at the end once what a test waits for has come.

    Args:
        is_over: whether it has.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, is_over: Callable[[Done], bool]) -> None:
        self.now_s = 0.0
        self._done = Done()
        self._is_over = is_over
        monkeypatch.setattr(journeys, "Done", lambda: self._done)
        monkeypatch.setattr(journeys, "_until", self.until)
        clocks = SimpleNamespace(monotonic=self.monotonic, process_time=time.process_time)
        monkeypatch.setattr(journeys, "time", clocks)

    def monotonic(self) -> float:
        """One look."""
        if self._is_over(self._done):
            return END_S
        self.now_s += 0.001
        return self.now_s

    async def until(self, instant_s: float) -> None:
        """Wait for an instant of the order."""
        if instant_s < END_S:
            self.now_s = max(self.now_s, instant_s)
            return
        async with asyncio.timeout(PATIENCE_S):
            while not self._is_over(self._done):  # noqa: ASYNC110 - it rings no bell
                await asyncio.sleep(0)


def _order(found: Served, posts: list[Post], way: Way = Way.STREAM, **other: object) -> Order:
    """For as long as the clock says."""
    order = Order(
        way=way,
        address=found.grpc,
        posts=posts,
        in_flight=6,
        under_way=12,
        begin_s=BEGIN_S,
        count_from_s=COUNT_FROM_S,
        end_s=END_S,
        prefix="t0",
    )
    return msgspec.structs.replace(order, **other)


def _journal(found: Served) -> tuple[int, int, int]:
    """Tasks that were created, decided, and are open still, by the journals."""
    created = decided = still_open = 0
    for site in found.sites.values():
        assert site.process is not None
        frames = site.process.journal.frames()
        payloads = b"".join(frame.payload for frame in frames)
        created += payloads.count(b"TaskCreated")
        decided += payloads.count(b"TaskCompleted")
        states = [task.state for task in site.process.commits.province.state.tasks.values()]
        still_open += sum(state is not TaskState.COMPLETED for state in states)
    return created, decided, still_open


@pytest.mark.parametrize("way", list(Way))
async def test_every_task_is_decided_and_the_next_begins_until_the_time_is_over(
    way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Would break if the rate counted tasks that were not decided, or the loop lost some of those under way."""
    Clock(monkeypatch, lambda done: done.decided >= 40)
    async with working("fujian", "jiangxi") as (found, posts):
        done = await run(_order(found, posts, way))
        assert _journal(found) == (done.created, done.decided, 0)
    assert done.decided >= done.counted == 40
    assert (done.created, done.unfinished, done.held_back) == (done.decided, 0, 0)
    assert done.otherwise == {}
    assert done.start_us
    assert done.cpu_s > 0
    assert {name.split("/")[1] for name in done.named} <= {"fujian", "jiangxi"}
    # Every step of a counted task but for those at either end of the time that counts.
    assert abs(done.steps - 3 * done.counted) <= 3 * 12


async def test_the_open_loop_begins_as_many_as_are_due(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pace that slowed down with the system would hide its waits."""
    clock = Clock(monkeypatch, lambda done: done.created >= 10)
    async with working("fujian") as (found, posts):
        done = await run(_order(found, posts, per_second=40.0))
        assert _journal(found) == (done.created, done.decided, 0)
    assert 10 <= done.created <= (clock.now_s - BEGIN_S) * 40.0 + 1
    assert (done.unfinished, done.held_back) == (0, 0)


async def test_with_open_tasks_kept_one_is_decided_for_each_that_is_created(monkeypatch: pytest.MonkeyPatch) -> None:
    """Were everything decided that waits, the number of open tasks would be another at each moment."""
    Clock(monkeypatch, lambda done: done.decided >= 5)
    async with working("fujian") as (found, posts):
        for number in range(30):
            await found.create(number)
        done = await run(_order(found, posts, per_second=40.0, keeps_open=True))
        created, decided, still_open = _journal(found)
    assert (created, decided) == (30 + done.created, done.decided)
    assert 5 <= done.decided <= done.created
    assert still_open == created - decided >= 30
    assert done.otherwise == {}


@pytest.mark.parametrize("way", list(Way))
async def test_refused_creations_are_told_by_reason_and_not_repeated(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refusals are cheap: repeated they would never end, and as journeys they would make the fastest system of all."""
    reason = {Way.STREAM: "UNKNOWN_KIND", Way.UNARY: "INVALID_ARGUMENT"}[way]
    Clock(monkeypatch, lambda done: done.otherwise.get(reason, 0) >= 6)
    async with working("fujian") as (found, _):
        done = await run(_order(found, [post(found, "fujian", ["no-such-kind"])], way))
    assert (done.otherwise.get(reason, 0), done.created, done.unfinished) == (6, 0, 0)


async def test_people_who_want_to_be_asked_first_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """An offer that nobody answers would make a system look slow that waits for us."""
    Clock(monkeypatch, lambda done: done.created == 1 and "OFFER" in done.otherwise)
    async with working("fujian", auto_accept=False) as (found, posts):
        done = await run(_order(found, posts, in_flight=1, under_way=1), settle_s=0.0)
    assert (done.otherwise["OFFER"], done.unfinished) == (1, 1)


def test_only_what_is_done_by_two_people_is_asked_for(branches: list[Branch], kinds: list[Kind]) -> None:
    """A task that nobody here may do would wait for ever, and its place under way with it."""
    people = even_roster(1, branches[:1], kinds, 7)
    able = kinds_for(people)
    assert able
    assert all(sum(kind in person.experience for person in people) >= 2 for kind in able)


def test_a_sample_is_spread_over_the_whole_run() -> None:
    """A sample of the first decisions alone would say nothing of those under load."""
    assert spread([str(number) for number in range(100)], 4) == ["0", "25", "50", "75"]
    assert spread(["a"], 4) == ["a"]


def _turn(counted: int) -> Turn:
    done = Done(counted=counted, created=counted + 1, decided=counted + 1, start_us=[1_000, 5_000], steps=3 * counted)
    done.cpu_s = 0.0001 * counted
    return Turn(2.0, {"gateways": 0.0002 * counted, "provinces": 0.0003 * counted, "others": 0.0}, done)


def test_a_run_is_summed_up_by_its_median_turn() -> None:
    """Would break if somebody's CPU were left out, or one turn that the host held up counted for all."""
    paced = Done(created=5, decided=4, start_us=[2_000, 8_000, 9_000], unfinished=1, otherwise={"REVOCATION": 1})
    result = summed(
        Lifecycle(mode=Way.UNARY, provinces=6, gateways=1),
        [_turn(100), _turn(300), _turn(10)],
        [300.0, 1_000.0, 50.0],
        paced,
    )
    assert (result.per_second, result.paced_per_second, result.echo_per_second) == (50.0, 25.0, 300.0)
    assert result.cpu_us_per_task == pytest.approx(600)
    assert result.cpu_us_by_part == {"gateways": pytest.approx(200), "provinces": pytest.approx(300), "others": 0.0}
    assert result.client_cpu_us_per_task == pytest.approx(100)
    # Turn by turn: 150 calls beside 300, 450 beside 1,000, 15 beside 50.
    assert (result.rpcs_per_task, result.echo_ratio) == (3.0, 0.45)
    assert (result.start_p50_ms, result.closed_start_p50_ms) == (8.0, 1.0)
    assert (result.created, result.decided, result.unfinished, result.otherwise) == (418, 417, 1, {"REVOCATION": 1})


@pytest.mark.parametrize(
    ("found", "verified"),
    [
        ({}, True),
        ({"tasks": 11}, False),
        ({"decided": 9}, False),
        ({"decided_twice": 1}, False),
        ({"lost": 1}, False),
        ({"ok": False}, False),
    ],
)
def test_a_run_is_verified_only_if_each_task_is_decided_exactly_once(found: dict[str, object], verified: bool) -> None:
    """The promise that all the speed is worth nothing without."""
    result = Lifecycle(mode=Way.STREAM, provinces=6, gateways=1, created=10, decided=10)
    journals = msgspec.structs.replace(Journals(tasks=10, decided=10, ok=True, flushes=3), **found)
    assert judged(result, Explained(asked=2, reproduced=2), journals).verified is verified


_HELD = Lifecycle(
    mode=Way.STREAM,
    provinces=6,
    gateways=1,
    per_second=5_100,
    cpu_us_per_task=360,
    start_p99_ms=19.0,
    echo_ratio=0.61,
    created=100,
    decided=100,
    explained=24,
    reproduced=24,
    flushes=40,
    verified=True,
)


@pytest.mark.parametrize(
    ("changed", "missed"),
    [
        ({}, []),
        ({"per_second": 4_999}, ["rate"]),
        ({"cpu_us_per_task": 370.1}, ["cpu"]),
        ({"cpu_us_per_task": 0.0}, ["cpu"]),
        ({"start_p99_ms": 20.1}, ["start"]),
        ({"start_p99_ms": 0.0}, ["start"]),
        ({"provinces": 36, "per_second": 3_000, "cpu_us_per_task": 900, "start_p99_ms": 90.0}, []),
        ({"provinces": 36, "per_second": 2_999}, ["rate"]),
        ({"mode": Way.UNARY, "per_second": 500, "cpu_us_per_task": 900}, []),
        ({"mode": Way.UNARY, "echo_ratio": 0.599}, ["echo"]),
        ({"otherwise": {"REVOCATION": 1}}, ["answered"]),
        ({"unfinished": 1}, ["answered"]),
        ({"held_back": 1}, ["answered"]),
        ({"reproduced": 23}, ["explained"]),
        ({"explained": 0, "reproduced": 0}, ["explained"]),
        ({"verified": False}, ["verified"]),
        ({"flushes": 0}, ["verified"]),
    ],
)
def test_whatever_is_missed_is_named(changed: dict[str, object], missed: list[str]) -> None:
    """A verdict that passes whatever was measured would be worth nothing."""
    checks = checks_of(msgspec.structs.replace(_HELD, **changed))
    assert [name for name, held in checks.items() if not held] == missed
