"""A branch's hours and days, what is open, what was gained."""

from collections.abc import Iterable, Sequence

from actors.core.calendar import BranchCalendar, LineHours, Span, SpecialDay, date_of, day_of_date
from actors.core.replies import CalendarReply
from gateway import names
from gateway.conversion.enums import LINES_IN, LINES_OUT
from gateway.v1 import province_pb2


def calendar_in(message: province_pb2.Calendar) -> BranchCalendar:
    """A calendar. The message has passed `validation`; its revision is the caller's check, not part of the content."""
    return BranchCalendar(
        hours=tuple(
            LineHours(
                line=LINES_IN[hours.line],
                workdays=_spans_in(hours.workdays),
                weekends=_spans_in(hours.weekends),
                holidays=_spans_in(hours.holidays),
            )
            for hours in message.hours
        ),
        weekend=tuple(weekday - 1 for weekday in message.weekend_days),
        national_days=_days_in(message.national_days),
        local_days=_days_in(message.local_days),
    )


def calendar_out(province: str, reply: CalendarReply) -> province_pb2.Calendar:
    """A calendar with its revision, and how things are by it."""
    calendar = reply.calendar
    return province_pb2.Calendar(
        name=names.calendar_name(province),
        hours=[
            province_pb2.LineHours(
                line=LINES_OUT[hours.line],
                workdays=_spans_out(hours.workdays),
                weekends=_spans_out(hours.weekends),
                holidays=_spans_out(hours.holidays),
            )
            for hours in calendar.hours
        ],
        weekend_days=[weekday + 1 for weekday in calendar.weekend],
        national_days=_days_out(calendar.national_days),
        local_days=_days_out(calendar.local_days),
        revision=calendar.revision,
        update_time_ms=calendar.updated_ms,
        updater=calendar.updated_by[:64],
        openings=[
            province_pb2.LineOpening(
                line=LINES_OUT[opening.line], open=opening.is_open, next_opening_time_ms=opening.opens_ms or 0
            )
            for opening in reply.openings
        ],
        gains=[
            province_pb2.ServiceGain(
                date=date_of(gained.day),
                line=LINES_OUT[gained.line],
                task_count=gained.tasks,
                gained_minutes=gained.minutes,
            )
            for gained in reply.gained
        ],
    )


def _spans_in(times: Iterable[province_pb2.OpenTime]) -> tuple[Span, ...]:
    return tuple(Span(time.start_minute, time.end_minute) for time in times)


def _spans_out(spans: Sequence[Span]) -> list[province_pb2.OpenTime]:
    return [province_pb2.OpenTime(start_minute=span.start_minute, end_minute=span.end_minute) for span in spans]


def _days_in(days: Iterable[province_pb2.SpecialDay]) -> tuple[SpecialDay, ...]:
    return tuple(SpecialDay(day_of_date(day.date), day.worked, day.display_name) for day in days)


def _days_out(days: Sequence[SpecialDay]) -> list[province_pb2.SpecialDay]:
    return [
        province_pb2.SpecialDay(date=date_of(special.day), worked=special.is_worked, display_name=special.name)
        for special in days
    ]
