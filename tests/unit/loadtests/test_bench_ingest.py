"""The bulk client against a gateway in this process, the sums of a run, and its verdict."""

import time

import msgspec
import pytest

from gateway.command.bench_ingest import checks_of
from gateway.v1 import task_pb2
from loadtests.bench.bulk import Done, Messages, Order, Way, run
from loadtests.bench.ingest import Ingest, Turn, summed
from tests.unit.gateway_streams.served import KIND, served


def _order(way: Way, address: str, token: str, kind: str = KIND) -> Order:
    """A third of a second, of which all but the first twentieth counts."""
    begin_s = time.monotonic()
    return Order(
        way=way,
        address=address,
        token=token,
        province="fujian",
        kinds=[kind],
        items=5,
        in_flight=3,
        begin_s=begin_s,
        count_from_s=begin_s + 0.05,
        end_s=begin_s + 0.3,
        prefix=f"{way[0]}0",
    )


@pytest.mark.parametrize("way", list(Way))
async def test_every_task_is_sent_once_and_its_result_counted(way: Way) -> None:
    """Would break if the rate counted tasks that are not there, or left tasks unsent."""
    async with served("fujian") as found:
        token = found.as_("branch", "fujian")["metadata"][0][1].removeprefix("Bearer ")
        done = await run(_order(way, found.grpc, token))
        there = await found.tasks.ListTasks(
            task_pb2.ListTasksRequest(parent="provinces/fujian", page_size=1), **found.as_("ops")
        )
    assert done.acknowledged >= done.counted
    assert (done.acknowledged % 5, done.otherwise, done.unanswered) == (0, {}, 0)
    assert bool(there.tasks) is bool(done.acknowledged)


@pytest.mark.parametrize("way", list(Way))
async def test_results_that_are_no_task_are_told_by_reason(way: Way) -> None:
    """Would break if refused tasks counted as taken in: refusing is quick."""
    async with served("fujian") as found:
        token = found.as_("branch", "fujian")["metadata"][0][1].removeprefix("Bearer ")
        done = await run(_order(way, found.grpc, token, kind="no-such-kind"))
    assert (done.acknowledged, done.counted, done.unanswered) == (0, 0, 0)
    assert set(done.otherwise) == {"UNKNOWN_KIND"}


@pytest.mark.parametrize("way", list(Way))
async def test_a_call_that_fails_is_told_by_status(way: Way) -> None:
    """Would break if a gateway that turns everybody away gave a run without faults."""
    async with served("fujian") as found:
        done = await run(_order(way, found.grpc, "nobody"))
    assert set(done.otherwise) == {"UNAUTHENTICATED"}
    assert done.unanswered > 0


@pytest.mark.parametrize("way", list(Way))
async def test_so_many_tasks_are_sent_as_were_ordered_and_then_no_more(way: Way) -> None:
    """Would break if a system that is filled to a number of open tasks got another number, or the client waited for the end of its time."""
    async with served("fujian") as found:
        token = found.as_("branch", "fujian")["metadata"][0][1].removeprefix("Bearer ")
        order = _order(way, found.grpc, token)
        order = msgspec.structs.replace(order, tasks=20, count_from_s=0.0, end_s=order.end_s + 3_600)
        done = await run(order)
    assert (done.acknowledged, done.counted, done.otherwise, done.unanswered) == (20, 20, {}, 0)


def test_kinds_come_in_turn() -> None:
    """Would break if all that waits were of one kind, which a queue keeps in one place."""
    order = msgspec.structs.replace(_order(Way.BATCH, "", ""), kinds=["a", "a-longer-one"])
    messages = Messages(order, lambda item: task_pb2.BatchCreateTasksRequest(requests=[item]).SerializeToString())
    items = task_pb2.BatchCreateTasksRequest.FromString(messages.next() + messages.next()).requests
    assert [item.task.kind for item in items] == ["a", "a-longer-one"] * 5


def test_messages_hold_new_items_each_time() -> None:
    """Would break if a message repeated ids: a repetition is answered from a record, which is cheaper than a task."""
    messages = Messages(
        _order(Way.BATCH, "", ""), lambda item: task_pb2.BatchCreateTasksRequest(requests=[item]).SerializeToString()
    )
    sent = [task_pb2.BatchCreateTasksRequest.FromString(messages.next()) for _ in range(3)]
    items = [item for message in sent for item in message.requests]
    assert len(items) == 15
    assert len({item.request_id for item in items}) == len({item.task.external_id for item in items}) == 15
    assert {item.parent for item in items} == {"provinces/fujian"}


def _turn(way: Way, counted: int) -> Turn:
    done = Done(counted=counted, acknowledged=counted + 1, waits_us=[2_000, 4_000], cpu_s=0.001 * counted)
    return Turn(way, 2.0, server_cpu_s=0.003 * counted, parts=[done])


def test_each_way_has_its_own_figures_and_the_better_one_leads() -> None:
    """Would break if one turn's figure stood for all, or the slower way's for both."""
    turns = [_turn(Way.BATCH, 100), _turn(Way.STREAM, 300), _turn(Way.BATCH, 140), _turn(Way.STREAM, 500)]
    result = summed(Ingest(provinces=2, gateways=1), turns)
    assert (result.batch.per_second, result.stream.per_second, result.per_second) == (60.0, 200.0, 200.0)
    assert result.cpu_us_per_task == result.stream.cpu_us_per_task == pytest.approx(4_000)
    assert result.stream.client_cpu_us_per_task == pytest.approx(1_000)
    assert (result.acknowledged, result.unanswered) == (1_044, 0)
    assert (result.batch.message_p50_ms, result.otherwise) == (2.0, {})


_HELD = Ingest(
    provinces=6,
    gateways=2,
    per_second=41_000,
    cpu_us_per_task=39,
    acknowledged=100,
    in_journals=100,
    flushes=4,
    journals_ok=True,
)


@pytest.mark.parametrize(
    ("changed", "missed"),
    [
        ({}, []),
        ({"per_second": 39_999}, ["rate"]),
        ({"cpu_us_per_task": 40.1}, ["cpu"]),
        ({"cpu_us_per_task": 0.0}, ["cpu"]),
        ({"unanswered": 1}, ["answered"]),
        ({"otherwise": {"UNKNOWN_KIND": 1}}, ["answered"]),
        ({"in_journals": 99}, ["durable"]),
        ({"flushes": 0}, ["durable"]),
        ({"journals_ok": False}, ["durable"]),
        ({"acknowledged": 0, "in_journals": 0}, ["answered", "durable"]),
    ],
)
def test_whatever_is_missed_is_named(changed: dict[str, object], missed: list[str]) -> None:
    """A verdict that passes whatever was measured would be worth nothing."""
    checks = checks_of(msgspec.structs.replace(_HELD, **changed))
    assert [name for name, held in checks.items() if not held] == missed
