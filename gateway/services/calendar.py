"""The calendar of a branch: read, and changed field by field."""

from actors import protocol
from actors.core import commands as c
from actors.core.calendar import faults
from actors.core.ids import ProvinceCode
from actors.core.replies import CalendarReply
from gateway import conversion, masks
from gateway.answers import Provinces, expect
from gateway.errors import invalid
from gateway.merging import fingerprint_of, merge_until_current
from gateway.v1 import province_pb2
from gateway.validation.calendar import CALENDAR_FIELDS
from gateway.validation.checks import located

#: Fields of the domain that bear another name in the contract.
_FIELDS = {"weekend": "weekend_days"}


async def get_calendar(provinces: Provinces, code: ProvinceCode, deadline: float) -> CalendarReply:
    """The calendar in force."""
    return expect(await provinces.call(code, c.GetCalendar(), deadline=deadline), CalendarReply)


async def update_calendar(
    provinces: Provinces, code: ProvinceCode, who: str, request: province_pb2.UpdateCalendarRequest, deadline: float
) -> CalendarReply:
    """Put a new revision in force, merged with the one that is, or only show what would be open."""
    update = request.calendar
    paths = masks.paths_of(request.update_mask.paths, update, CALENDAR_FIELDS)

    async def attempt() -> protocol.Response:
        known = await get_calendar(provinces, code, deadline)
        changed = conversion.calendar_in(masks.merged(conversion.calendar_out(code, known), update, paths))
        wrong = [(_FIELDS.get(field, field), expected) for field, expected in faults(changed)]
        if wrong:
            raise invalid(located("calendar", wrong))
        command = c.UpdateCalendar(
            who=who,
            # What is only shown must not use up the id of the change that may follow.
            request_id="" if request.validate_only else request.request_id,
            fingerprint=fingerprint_of(request),
            calendar=changed,
            revision=update.revision or known.calendar.revision,
            validate_only=request.validate_only,
            reason=request.reason,
        )
        return await provinces.call(code, command, deadline=deadline)

    return expect(await merge_until_current(attempt, is_pinned=bool(update.revision)), CalendarReply)
