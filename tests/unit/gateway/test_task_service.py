"""TaskService over real gRPC, before a country of the real core."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
import grpc.aio
import pytest

from gateway.services.ingest import MESSAGES_IN_FLIGHT_MAX
from gateway.v1 import operator_pb2, task_pb2
from tests.unit.gateway.served import Gateway, as_, facts, gateway


@pytest.fixture
async def served() -> AsyncIterator[Gateway]:
    """The services before a country of a few provinces."""
    async with gateway("fujian", "jiangxi", "shandong") as opened:
        yield opened


def create(number: int, province: str = "fujian", **fields: Any) -> task_pb2.CreateTaskRequest:
    """A request that makes a task."""
    task = task_pb2.Task(**({"external_id": f"case-{number}", "kind": "claims-medical"} | fields))
    return task_pb2.CreateTaskRequest(parent=f"provinces/{province}", request_id=f"r-{number}", task=task)


async def failure(call: Any) -> dict[str, Any]:
    """What a call that must fail says."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return facts(caught.value)


async def test_a_task_is_created_once(served: Gateway) -> None:
    """The first promise to a branch: repeat as you like, one task, one answer."""
    first = await served.tasks.CreateTask(create(1), **as_("branch-fujian"))
    again = await served.tasks.CreateTask(create(1), **as_("branch-fujian"))
    assert first == again
    assert (first.name, first.state) == ("provinces/fujian/tasks/fujian-1", task_pb2.TASK_STATE_QUEUED)
    reused = await failure(served.tasks.CreateTask(create(1, priority=3), **as_("branch-fujian")))
    assert (reused["code"], reused["reason"]) == (grpc.StatusCode.INVALID_ARGUMENT, "REQUEST_ID_REUSED")
    other = create(2, external_id="case-1", priority=3)
    exists = await failure(served.tasks.CreateTask(other, **as_("branch-fujian")))
    assert (exists["code"], exists["reason"]) == (grpc.StatusCode.ALREADY_EXISTS, "EXTERNAL_ID_REUSED")
    assert (await served.tasks.GetTask(task_pb2.GetTaskRequest(name=first.name), **as_("branch-fujian"))) == first


@pytest.mark.parametrize(
    ("request_", "token", "expected"),
    [
        (create(1, amount_fen=-1), "branch-fujian", ("INVALID_ARGUMENT", ["task.amount_fen"])),
        (create(1, external_id="a\0b"), "branch-fujian", ("INVALID_ARGUMENT", ["task.external_id"])),
        (create(1, kind="claims-dental"), "branch-fujian", ("INVALID_ARGUMENT", ["kind"])),
        (create(1, province="jiangxi"), "branch-fujian", ("PERMISSION_DENIED", [])),
        (create(1, province="atlantis"), "branch-fujian", ("PERMISSION_DENIED", [])),
        (create(1, province="atlantis"), "ops", ("NOT_FOUND", ["parent"])),
        (create(1), "auditor", ("PERMISSION_DENIED", [])),
        (create(1), "desk-fujian", ("PERMISSION_DENIED", [])),
        (create(1), "nobody", ("UNAUTHENTICATED", [])),
    ],
)
async def test_bad_input_has_a_definite_status_and_stores_nothing(
    served: Gateway, request_: task_pb2.CreateTaskRequest, token: str, expected: tuple[str, list[str]]
) -> None:
    """The bad-input list of the issue: never UNKNOWN, never INTERNAL, nothing stored."""
    found = await failure(served.tasks.CreateTask(request_, **as_(token)))
    assert (found["code"].name, found["fields"]) == expected
    everything = task_pb2.ListTasksRequest(parent="provinces/-")
    assert not (await served.tasks.ListTasks(everything, **as_("ops"))).tasks


async def test_a_silent_province_is_unavailable_and_worth_a_retry(served: Gateway) -> None:
    """Clients retry on UNAVAILABLE by policy; anything else would lose the task of a branch during a restart."""
    served.country.silent.add("fujian")
    found = await failure(served.tasks.CreateTask(create(1), **as_("branch-fujian")))
    assert (found["code"].name, found["reason"]) == ("UNAVAILABLE", "PROVINCE_UNAVAILABLE")


async def test_a_batch_answers_item_by_item_in_one_frame_per_province(served: Gateway) -> None:
    """One wrong case of five hundred must not hold up the others; five hundred frames would."""
    request = task_pb2.BatchCreateTasksRequest(
        parent="provinces/fujian",
        requests=[
            create(1),
            create(2, priority=99),
            create(3, province="jiangxi"),
            create(4, kind="nonsense"),
            task_pb2.CreateTaskRequest(request_id="r-5", task={"external_id": "5", "kind": "claims-medical"}),
        ],
    )
    response = await served.tasks.BatchCreateTasks(request, **as_("ops"))
    outcomes = [(result.index, result.request_id, result.WhichOneof("result")) for result in response.results]
    assert outcomes == [
        (0, "r-1", "task"),
        (1, "r-2", "error"),
        (2, "r-3", "task"),
        (3, "r-4", "error"),
        (4, "r-5", "task"),
    ]
    assert [result.error.reason for result in response.results if result.error.reason] == [
        "INVALID_ARGUMENT",
        "UNKNOWN_KIND",
    ]
    assert response.results[1].error.field_violations[0].field == "task.priority"
    assert served.country.frames == [("fujian", 3), ("jiangxi", 1)]


async def test_a_branch_cannot_slip_a_foreign_task_into_its_batch(served: Gateway) -> None:
    """I10 holds for each item, not for the call."""
    request = task_pb2.BatchCreateTasksRequest(requests=[create(1), create(2, province="jiangxi")])
    response = await served.tasks.BatchCreateTasks(request, **as_("branch-fujian"))
    assert [result.error.reason for result in response.results] == ["", "PERMISSION_DENIED"]


async def test_a_stream_gives_exactly_one_result_per_item(served: Gateway) -> None:
    """A result that is missing leaves a branch in doubt for ever; wrong items must not end the stream."""
    sizes = [3, 1, 500, 7] * (MESSAGES_IN_FLIGHT_MAX - 1)
    total = sum(sizes)

    async def messages() -> AsyncIterator[task_pb2.IngestTasksRequest]:
        number = 0
        for size in sizes:
            items = [
                create(number + place, amount_fen=-1 if (number + place) % 10 == 0 else 1) for place in range(size)
            ]
            number += size
            yield task_pb2.IngestTasksRequest(requests=items)

    results: dict[int, task_pb2.TaskResult] = {}
    async for response in served.tasks.IngestTasks(messages(), metadata=as_("branch-fujian")["metadata"]):
        assert 1 <= len(response.results) <= 500
        for result in response.results:
            assert result.index not in results
            results[result.index] = result
    assert sorted(results) == list(range(total))
    for index, result in results.items():
        assert result.request_id == f"r-{index}"
        assert result.WhichOneof("result") == ("error" if index % 10 == 0 else "task")


async def test_a_stream_answers_what_came_before_a_message_out_of_bounds(served: Gateway) -> None:
    """The breach of a bound ends the stream, but not without the answers to what is on disk."""

    async def messages() -> AsyncIterator[task_pb2.IngestTasksRequest]:
        yield task_pb2.IngestTasksRequest(requests=[create(1)])
        yield task_pb2.IngestTasksRequest(requests=[{}] * 501)
        yield task_pb2.IngestTasksRequest(requests=[create(2)])

    call = served.tasks.IngestTasks(messages(), metadata=as_("branch-fujian")["metadata"])
    seen: list[int] = []

    async def read() -> None:
        async for response in call:
            seen.extend(result.index for result in response.results)

    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await read()
    assert seen == [0]
    assert facts(caught.value)["fields"] == ["requests"]


async def test_a_stream_that_is_not_read_is_not_read_from(served: Gateway) -> None:
    """A client that only sends must not fill the gateway's memory: a bounded number of messages is under way."""
    held = asyncio.Event()
    under_way: list[int] = []
    everyone = asyncio.Event()
    call_many = served.country.call_many

    async def slow(province: str, requests: Any, *, deadline: float) -> Any:
        under_way.append(len(requests))
        if len(under_way) == MESSAGES_IN_FLIGHT_MAX:
            everyone.set()
        await held.wait()
        return await call_many(province, requests, deadline=deadline)

    served.country.call_many = slow
    sent = 3 * MESSAGES_IN_FLIGHT_MAX

    async def messages() -> AsyncIterator[task_pb2.IngestTasksRequest]:
        for number in range(sent):
            yield task_pb2.IngestTasksRequest(requests=[create(number)])

    async with asyncio.timeout(20):
        call = served.tasks.IngestTasks(messages(), metadata=as_("branch-fujian")["metadata"])
        await everyone.wait()
        # Whatever else the client has sent, nothing more has gone to the province; a read answered by the same server proves
        # that the loop was not just slow.
        name = task_pb2.GetTaskRequest(name="provinces/fujian/tasks/fujian-1")
        served.country.call_many = call_many
        assert (await failure(served.tasks.GetTask(name, **as_("ops"))))["reason"] == "UNKNOWN_TASK"
        served.country.call_many = slow
        assert len(under_way) == MESSAGES_IN_FLIGHT_MAX
        held.set()
        assert sum([len(response.results) async for response in call]) == sent


async def test_a_task_is_found_changed_and_listed_wherever_it_is(served: Gateway) -> None:
    """A branch must not have to know that its task is being worked on elsewhere."""
    created = await served.tasks.CreateTask(create(1), **as_("branch-fujian"))
    stays = await served.tasks.CreateTask(create(2), **as_("branch-fujian"))
    served.country.move(created.task_id, "fujian", "jiangxi")
    found = await served.tasks.GetTask(task_pb2.GetTaskRequest(name=created.name), **as_("branch-fujian"))
    assert (found.home_province, found.host_province, found.generation) == ("fujian", "jiangxi", 2)
    assert found.placement == task_pb2.PLACEMENT_EVACUATED
    update = task_pb2.UpdateTaskRequest(
        task={"name": created.name, "priority": 9, "green_channel": True},
        update_mask={"paths": ["priority"]},
        request_id="u-1",
    )
    changed = await served.tasks.UpdateTask(update, **as_("branch-fujian"))
    assert (changed.priority, changed.green_channel) == (9, False)
    listed = await served.tasks.ListTasks(task_pb2.ListTasksRequest(parent="provinces/fujian"), **as_("branch-fujian"))
    assert sorted(task.name for task in listed.tasks) == [created.name, stays.name]
    cancel = task_pb2.CancelTaskRequest(name=created.name, reason="withdrawn", request_id="c-1")
    assert (await served.tasks.CancelTask(cancel, **as_("branch-fujian"))).state == task_pb2.TASK_STATE_CANCELLED


async def test_who_may_read_a_task_that_another_province_works_on(served: Gateway) -> None:
    """I10: the host's team lead must see what they answer for; the host's branch system must not."""
    created = await served.tasks.CreateTask(create(1), **as_("branch-fujian"))
    get = task_pb2.GetTaskRequest(name=created.name)
    assert (await failure(served.tasks.GetTask(get, **as_("lead-jiangxi"))))["code"].name == "PERMISSION_DENIED"
    served.country.move(created.task_id, "fujian", "jiangxi")
    assert (await served.tasks.GetTask(get, **as_("lead-jiangxi"))).name == created.name
    assert (await failure(served.tasks.GetTask(get, **as_("branch-jiangxi"))))["code"].name == "PERMISSION_DENIED"
    unknown = task_pb2.GetTaskRequest(name="provinces/fujian/tasks/fujian-99")
    assert (await failure(served.tasks.GetTask(unknown, **as_("lead-jiangxi"))))["code"].name == "PERMISSION_DENIED"
    assert (await failure(served.tasks.GetTask(unknown, **as_("branch-fujian"))))["code"].name == "NOT_FOUND"


async def test_an_old_etag_changes_nothing(served: Gateway) -> None:
    """Two people who amend one task must not undo each other's change unseen."""
    created = await served.tasks.CreateTask(create(1), **as_("branch-fujian"))

    def update(priority: int, request_id: str) -> task_pb2.UpdateTaskRequest:
        return task_pb2.UpdateTaskRequest(
            task={"name": created.name, "priority": priority, "etag": created.etag},
            update_mask={"paths": ["priority"]},
            request_id=request_id,
        )

    await served.tasks.UpdateTask(update(3, "u-1"), **as_("branch-fujian"))
    found = await failure(served.tasks.UpdateTask(update(4, "u-2"), **as_("branch-fujian")))
    assert (found["code"].name, found["reason"]) == ("ABORTED", "ETAG_MISMATCH")
    resume = task_pb2.ResumeTaskRequest(name=created.name, etag=created.etag, request_id="u-3")
    assert (await failure(served.tasks.ResumeTask(resume, **as_("lead-fujian"))))["code"].name == "ABORTED"
    resume = task_pb2.ResumeTaskRequest(name=created.name, request_id="u-3")
    assert (await failure(served.tasks.ResumeTask(resume, **as_("lead-fujian"))))["reason"] == "WRONG_STATE"


async def test_pages_show_every_task_once(served: Gateway) -> None:
    """A page boundary that falls between two provinces, or between open and finished tasks, loses or doubles tasks."""
    numbers = iter(range(100))
    for province, count in (("fujian", 7), ("jiangxi", 5), ("shandong", 4)):
        for _ in range(count):
            await served.tasks.CreateTask(create(next(numbers), province), **as_("ops"))
    for number in (2, 5):
        served.country.move(f"fujian-{number}", "fujian", "jiangxi")
    cancel = task_pb2.CancelTaskRequest(name="provinces/fujian/tasks/fujian-5", request_id="c")
    await served.tasks.CancelTask(cancel, **as_("ops"))

    async def pages(parent: str, size: int, **fields: str) -> list[str]:
        names: list[str] = []
        request = task_pb2.ListTasksRequest(parent=parent, page_size=size, **fields)
        while True:
            page = await served.tasks.ListTasks(request, **as_("ops"))
            assert len(page.tasks) <= size
            names += [task.task_id for task in page.tasks]
            request.page_token = page.next_page_token
            if not page.next_page_token:
                return names

    of_fujian = sorted(f"fujian-{number}" for number in range(1, 8))
    for size in (1, 2, 3, 100):
        # The outcome of fujian-5 has not travelled home in this country, so only its host has it on record.
        assert sorted(await pages("provinces/fujian", size)) == [task for task in of_fujian if task != "fujian-5"]
        assert len(set(everything := await pages("provinces/-", size))) == len(everything) == 15
    assert await pages("provinces/fujian", 2, filter="host_province=jiangxi AND priority<5") == ["fujian-2"]
    assert await pages("provinces/fujian", 2, filter='state = CANCELLED AND kind = "claims-medical"') == []


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"filter": "colour=red"}, "filter"),
        ({"filter": "state=RED"}, "filter"),
        ({"filter": "state>QUEUED"}, "filter"),
        ({"filter": "priority=high"}, "filter"),
        ({"filter": "priority=1 OR priority=2"}, "filter"),
        ({"filter": "priority=1 AND"}, "filter"),
        ({"filter": "priority"}, "filter"),
        ({"filter": '"'}, "filter"),
        ({"order_by": "note"}, "order_by"),
        ({"page_token": "AAAA"}, "page_token"),
        ({"page_size": -1}, "page_size"),
    ],
)
async def test_a_list_that_cannot_be_made_is_refused(served: Gateway, fields: dict[str, Any], wrong: str) -> None:
    """A filter that is silently ignored shows ops everything when they asked for the urgent."""
    request = task_pb2.ListTasksRequest(parent="provinces/fujian", **fields)
    found = await failure(served.tasks.ListTasks(request, **as_("ops")))
    assert (found["code"].name, found["fields"]) == ("INVALID_ARGUMENT", [wrong])


async def test_a_token_of_another_list_is_refused(served: Gateway) -> None:
    """A token used with another filter would skip tasks without a word."""
    for number in range(2):
        await served.tasks.CreateTask(create(number), **as_("ops"))
    request = task_pb2.ListTasksRequest(parent="provinces/fujian", page_size=1)
    request.page_token = (await served.tasks.ListTasks(request, **as_("ops"))).next_page_token
    request.filter = "priority=1"
    assert (await failure(served.tasks.ListTasks(request, **as_("ops"))))["reason"] == "BAD_PAGE_TOKEN"


async def test_a_branch_lists_its_own_tasks_only(served: Gateway) -> None:
    """I10, for lists: all means all that one may see, so it must be asked for by name."""
    for parent in ("provinces/-", "provinces/jiangxi"):
        request = task_pb2.ListTasksRequest(parent=parent)
        assert (await failure(served.tasks.ListTasks(request, **as_("branch-fujian"))))["code"].name == (
            "PERMISSION_DENIED"
        )


async def test_a_team_lead_reassigns_within_the_own_province(served: Gateway) -> None:
    """A lead who could name an operator elsewhere would hand work to people they do not lead."""
    created = await served.tasks.CreateTask(create(1), **as_("branch-fujian"))
    entry = operator_pb2.Operator(kinds=[{"kind": "claims-medical"}])
    enrol = operator_pb2.CreateOperatorRequest(
        parent="provinces/fujian", operator_id="10086", operator=entry, request_id="e-1"
    )
    await served.operators.CreateOperator(enrol, **as_("lead-fujian"))

    def reassign(operator: str, request_id: str) -> task_pb2.ReassignTaskRequest:
        return task_pb2.ReassignTaskRequest(
            name=created.name, operator=operator, reason="sick leave", request_id=request_id
        )

    batch = task_pb2.BatchReassignTasksRequest(
        requests=[
            reassign("provinces/fujian/operators/10086", "a-1"),
            reassign("provinces/jiangxi/operators/10086", "a-2"),
            reassign("nobody", "a-3"),
        ]
    )
    response = await served.tasks.BatchReassignTasks(batch, **as_("lead-fujian"))
    assert [result.error.reason for result in response.results] == [
        "NOT_SIGNED_IN",
        "PERMISSION_DENIED",
        "INVALID_ARGUMENT",
    ]


async def test_a_bug_shows_nothing_of_our_insides(served: Gateway) -> None:
    """Class names and paths in a status help whoever is looking for a way in."""

    async def broken(*_arguments: Any, **_options: Any) -> Any:
        raise ZeroDivisionError("secret path")

    served.country.call = broken
    found = await failure(served.tasks.CreateTask(create(1), **as_("branch-fujian")))
    assert found["code"] is grpc.StatusCode.INTERNAL
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await served.tasks.CreateTask(create(1), **as_("branch-fujian"))
    assert "ZeroDivision" not in (caught.value.details() or "")
    assert "secret" not in (caught.value.details() or "")


async def test_an_unknown_method_is_unimplemented(served: Gateway) -> None:
    """A newer client must be told so, not that it lacks a right or that we have a bug."""
    call = served.channel.unary_unary("/sharedops.v1.TaskService/BurnTask")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call(b"", **as_("ops"))
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
