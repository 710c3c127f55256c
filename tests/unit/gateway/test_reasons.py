"""The reason that a caller gives reaches the province, whose journal keeps it."""

from collections.abc import Sequence

from actors import protocol
from gateway.v1 import province_pb2, task_pb2
from tests.unit.gateway.served import as_, create, failure, gateway


async def test_why_a_task_is_resumed_and_a_calendar_changed_reaches_the_province() -> None:
    """Both were asked for, one of them as required, and thrown away."""
    told: list[str] = []
    async with gateway("fujian") as served:
        created = await served.tasks.CreateTask(create(1), **as_("branch-fujian"))
        ask = served.country.call_many

        async def noting(
            province: str, requests: Sequence[protocol.Request], *, deadline: float
        ) -> list[protocol.Response]:
            told.extend(reason for request in requests if (reason := getattr(request, "reason", "")))
            return await ask(province, requests, deadline=deadline)

        served.country.call_many = noting
        resume = task_pb2.ResumeTaskRequest(name=created.name, reason="invoice came in", request_id="s-1")
        assert (await failure(served.tasks.ResumeTask(resume, **as_("lead-fujian"))))["reason"] == "WRONG_STATE"
        calendar = province_pb2.Calendar(name="provinces/fujian/calendar", weekend_days=[7])
        update = province_pb2.UpdateCalendarRequest(calendar=calendar, reason="spring festival", request_id="s-2")
        await served.provinces.UpdateCalendar(update, **as_("ops"))
    assert told == ["invoice came in", "spring festival"]
