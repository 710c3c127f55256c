"""Of one operator, everything in its order: what a desk asks is decided as it came, what it is told comes as it was decided."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec
import pytest

from actors.core import commands as c
from actors.core.ids import TaskId
from actors.core.replies import AnyReply
from gateway.names import operator_id
from gateway.v1 import task_pb2, work_pb2
from tests.unit.gateway_streams.desk import Workbench
from tests.unit.gateway_streams.served import Served, served
from tests.unit.gateway_streams.site import Process


@pytest.fixture
async def country() -> AsyncIterator[Served]:
    """One province that serves."""
    async with served("fujian") as running:
        yield running


def _cancel_behind(process: Process, kind: type[c.AnyCommand], task: str) -> None:
    """The branch withdraws the task in the commit in which a step with it is done, right behind that."""
    submit = process.submit

    def submit_both(command: c.AnyCommand, answer: Callable[[AnyReply], None]) -> None:
        submit(command, answer)
        if isinstance(command, kind):
            process.submit = submit
            task_id = TaskId(task.rpartition("/")[2])
            cancel = c.CancelTask(who="branch", request_id="cancel", task_id=task_id, reason="withdrawn")
            submit(cancel, lambda _: None)

    process.submit = submit_both


class NumberedWorkbench(Workbench):
    """A workbench of people whom their province calls by a number, and not by a name that begins with its own."""

    def operator(self, number: int) -> str:
        """Name of one of the province's operators."""
        return f"provinces/{self.province}/operators/{number}"


@pytest.mark.parametrize("workbench", [Workbench, NumberedWorkbench])
@pytest.mark.parametrize("beside_a_sign_in", [False, True], ids=["bundled", "by itself"])
async def test_a_task_that_is_taken_away_at_once_is_not_given_last(
    country: Served, beside_a_sign_in: bool, workbench: type[Workbench]
) -> None:
    """A desk that is told of an assignment behind its revocation shows work, and begins it, that is nobody's any more."""
    site = country.sites["fujian"]
    process = site.process
    assert process is not None
    numbered = [msgspec.structs.replace(site.operators[0], operator=operator_id("fujian", str(n))) for n in (1, 2)]
    process.submit(c.UpsertOperators(who="system:country", entries=tuple(numbered)), lambda _: None)
    async with workbench(country) as desk:
        await desk.sign_in(1)
        created = await country.create(1)
        offer = await desk.offer()
        _cancel_behind(process, c.AcceptOffer, created.name)
        accept = desk.action(1, accept=work_pb2.AcceptAction(task=created.name, token=offer.token))
        others = [desk.action(2, sign_in=work_pb2.SignInAction(desk_id="desk-2"))] if beside_a_sign_in else []
        await desk.send(*others, accept)
        told: list[str] = []

        def is_of_the_task(update: work_pb2.WorkUpdate) -> bool:
            if update.HasField("revocation"):
                told.append("revocation")
            elif update.result.action_id == accept.action_id:
                told.append(update.result.WhichOneof("outcome") or "")
            return len(told) == 2

        await desk.until(is_of_the_task)
        assert told == ["assignment", "revocation"]


async def test_steps_that_a_restart_came_between_are_decided_in_their_order(country: Served) -> None:
    """Whoever decides a task and goes home must not find the task back in the queue and the decision refused for it."""
    site = country.sites["fujian"]
    async with Workbench(country) as desk:
        await desk.sign_in(1)
        created = await country.create(1)
        hold: dict[str, Any] = {"task": created.name, "token": (await desk.offer()).token}
        accepted = await desk.result(desk.action(1, accept=work_pb2.AcceptAction(**hold)))
        hold["token"] = accepted.assignment.token
        await desk.result(desk.action(1, start=work_pb2.StartAction(**hold)))
        assert site.process is not None
        # What arrives from here on is lost with the process.
        site.process._commit_soon = lambda: None
        complete = desk.action(1, complete=work_pb2.CompleteAction(verdict=task_pb2.VERDICT_APPROVED, **hold))
        sign_out = desk.action(1, sign_out=work_pb2.SignOutAction())
        await desk.send(complete)
        await desk.send(sign_out)
        await site.until_seen(c.SignOut)
        await site.restart()
        for step, outcome in ((complete, "task"), (sign_out, "session")):
            update = await desk.until(lambda update, step=step: update.result.action_id == step.action_id)
            assert (update.result.error.reason, update.result.WhichOneof("outcome")) == ("", outcome)
