"""TaskService over real gRPC, before a country of the real core."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
import grpc.aio
import pytest

from actors.core import commands as c
from actors.core.ids import ProvinceCode, SessionId, TaskId
from actors.core.replies import Elsewhere
from gateway.errors import GatewayError, GatewayReason
from gateway.names import operator_id
from gateway.pages import PAGE_BYTES_MAX
from gateway.v1 import dispatch_pb2, operator_pb2, task_pb2
from tests.unit.gateway.served import Gateway, as_, create, failure, gateway


@pytest.fixture
async def served() -> AsyncIterator[Gateway]:
    """The services before a country of a few provinces."""
    async with gateway("fujian", "jiangxi", "shandong") as opened:
        yield opened


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
        (create(1, kind="claims-dental"), "branch-fujian", ("INVALID_ARGUMENT", ["task.kind"])),
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


async def test_only_who_may_see_a_task_is_told_where_it_is_going(served: Gateway) -> None:
    """A third province's lead learnt of a move from the advice to come again, and the host's lead needs that advice."""
    created = await served.tasks.CreateTask(create(1), **as_("branch-fujian"))

    async def read(who: str, host: str) -> str:
        async def moving(*_arguments: Any, **_options: Any) -> Elsewhere:
            return Elsewhere(task_id=TaskId("fujian-1"), host=ProvinceCode(host), generation=2, in_transit=True)

        served.country.follow_task = moving
        get, explain = task_pb2.GetTaskRequest(name=created.name), dispatch_pb2.ExplainTaskRequest(name=created.name)
        found = await failure(served.tasks.GetTask(get, **as_(who)))
        assert await failure(served.dispatch.ExplainTask(explain, **as_(who))) == found
        return found["reason"]

    assert await read("lead-jiangxi", host="hunan") == "PERMISSION_DENIED"
    assert await read("lead-jiangxi", host="jiangxi") == "IN_TRANSIT"
    assert await read("lead-fujian", host="hunan") == "IN_TRANSIT"


async def test_an_old_etag_changes_nothing(served: Gateway) -> None:
    """Two people who amend one task must not undo each other's change unseen."""
    created = await served.tasks.CreateTask(create(1), **as_("branch-fujian"))

    def update(priority: int, request_id: str) -> task_pb2.UpdateTaskRequest:
        return task_pb2.UpdateTaskRequest(
            task={"name": created.name, "priority": priority, "etag": created.etag},
            update_mask={"paths": ["priority"]},
            request_id=request_id,
        )

    changed = await served.tasks.UpdateTask(update(3, "u-1"), **as_("branch-fujian"))
    # A repetition names the old etag too, and is no conflict.
    assert await served.tasks.UpdateTask(update(3, "u-1"), **as_("branch-fujian")) == changed
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


async def test_a_list_of_one_host_asks_no_other_province(served: Gateway) -> None:
    """One damaged journal, and no branch of the country could list any of its tasks until somebody had put it right."""
    await served.tasks.CreateTask(create(1), **as_("ops"))
    await served.tasks.CreateTask(create(2), **as_("ops"))
    served.country.move("fujian-2", "fujian", "jiangxi")
    served.country.silent.add("shandong")
    everything = task_pb2.ListTasksRequest(parent="provinces/fujian")
    assert (await failure(served.tasks.ListTasks(everything, **as_("branch-fujian"))))["code"].name == "UNAVAILABLE"
    for host, names in (("fujian", ["fujian-1"]), ("jiangxi", ["fujian-2"])):
        request = task_pb2.ListTasksRequest(parent="provinces/fujian", filter=f"host_province = {host}")
        page = await served.tasks.ListTasks(request, **as_("branch-fujian"))
        assert ([task.task_id for task in page.tasks], page.next_page_token) == (names, "")


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


async def test_pages_are_bounded_in_bytes_too(served: Gateway) -> None:
    """A thousand tasks with long notes are more than any client accepts in one message: the list could not be read at all."""
    note = "长" * 2_000
    for number in range(300):
        await served.tasks.CreateTask(create(number, note=note), **as_("ops"))
    request = task_pb2.ListTasksRequest(parent="provinces/-", page_size=1_000)
    seen: list[str] = []
    pages = 0
    while True:
        page = await served.tasks.ListTasks(request, **as_("ops"))
        assert page.ByteSize() < PAGE_BYTES_MAX + 20_000
        seen += [task.task_id for task in page.tasks]
        pages += 1
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token
    assert pages > 1
    assert seen == [f"fujian-{number}" for number in range(1, 301)]


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


async def test_a_desk_of_some_reads_what_they_have_or_are_cleared_for(served: Gateway) -> None:
    """Anybody with a desk could read the health data of every customer of the branch, cleared for it or not."""
    plain = await served.tasks.CreateTask(create(1, privacy_level=2), **as_("branch-fujian"))
    secret = await served.tasks.CreateTask(create(2, privacy_level=3), **as_("branch-fujian"))

    async def read(task: task_pb2.Task, token: str) -> str:
        return (await served.tasks.GetTask(task_pb2.GetTaskRequest(name=task.name), **as_(token))).name

    async def denied(task: task_pb2.Task) -> str:
        get = task_pb2.GetTaskRequest(name=task.name)
        return (await failure(served.tasks.GetTask(get, **as_("desk-of-wang"))))["code"].name

    assert await denied(plain) == "PERMISSION_DENIED", "nobody of that id is on the roster"
    public = await served.tasks.CreateTask(create(3, privacy_level=1), **as_("branch-fujian"))
    assert await read(public, "desk-of-wang") == public.name, "it needs nobody's clearance"
    wang = operator_pb2.Operator(kinds=[{"kind": "claims-medical"}], clearance=2)
    enrol = operator_pb2.CreateOperatorRequest(
        parent="provinces/fujian", operator_id="wang", operator=wang, request_id="e-1"
    )
    wang = await served.operators.CreateOperator(enrol, **as_("lead-fujian"))
    assert await read(plain, "desk-of-wang") == plain.name
    assert await denied(secret) == "PERMISSION_DENIED"
    assert await read(secret, "desk-fujian") == secret.name, "it is a desk of those who are cleared, too"

    async def clear(level: int) -> None:
        change = operator_pb2.UpdateOperatorRequest(
            operator={"name": wang.name, "clearance": level},
            update_mask={"paths": ["clearance"]},
            request_id=f"u-{level}",
        )
        await served.operators.UpdateOperator(change, **as_("lead-fujian"))

    await clear(3)
    assert await read(secret, "desk-of-wang") == secret.name
    known = operator_id("fujian", "wang")
    await served.country.call("fujian", c.SignIn(operator=known, session=SessionId("g/1")), deadline=1.0)
    give = task_pb2.ReassignTaskRequest(name=secret.name, operator=wang.name, reason="expert", request_id="a-1")
    held = await served.tasks.ReassignTask(give, **as_("lead-fujian"))
    await clear(1)
    assert await read(secret, "desk-of-wang") == held.name, "who has a task in hand must be able to read it"
    assert await denied(plain) == "PERMISSION_DENIED"


async def test_a_team_lead_learns_nothing_of_a_task_elsewhere(served: Gateway) -> None:
    """Naming an own operator, a lead could ask for the state and the holder of any task in the country."""
    created = await served.tasks.CreateTask(create(1), **as_("branch-fujian"))

    async def reassign(task: str) -> dict[str, Any]:
        request = task_pb2.ReassignTaskRequest(
            name=task, operator="provinces/jiangxi/operators/10086", reason="sick leave", request_id="a-1"
        )
        return await failure(served.tasks.ReassignTask(request, **as_("lead-jiangxi")))

    found = await reassign(created.name)
    assert found["reason"] == "PERMISSION_DENIED"
    assert await reassign("provinces/fujian/tasks/fujian-99") == found
    served.country.move(created.task_id, "fujian", "jiangxi")
    assert (await reassign(created.name))["reason"] == "UNKNOWN_OPERATOR"


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


async def test_the_error_of_a_part_is_the_error_of_the_call(served: Gateway) -> None:
    """A task group wraps what ends it; unwrapped nowhere, a province that restarts would look like a bug of ours."""

    async def failing(*_arguments: Any, **_options: Any) -> Any:
        async with asyncio.TaskGroup():
            raise GatewayError(GatewayReason.PROVINCE_UNAVAILABLE)

    served.country.call = failing
    found = await failure(served.tasks.CreateTask(create(1), **as_("branch-fujian")))
    assert (found["code"].name, found["reason"]) == ("UNAVAILABLE", "PROVINCE_UNAVAILABLE")


async def test_an_unknown_method_is_unimplemented(served: Gateway) -> None:
    """A newer client must be told so, not that it lacks a right or that we have a bug."""
    call = served.channel.unary_unary("/sharedops.v1.TaskService/BurnTask")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call(b"", **as_("ops"))
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
