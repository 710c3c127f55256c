"""Rules of a branch's calendar. What holds between its fields is for `actors.core.calendar.faults` to say, once the change is merged."""

from collections.abc import Mapping

from google.protobuf.message import Message

from actors.core.calendar import DAY_MINUTES, DAY_NAME_LENGTH_MAX, SPANS_MAX, SPECIAL_DAYS_MAX, date_of, day_of_date
from gateway import names
from gateway.conversion.enums import LINES_IN
from gateway.v1 import province_pb2
from gateway.validation import checks as k

_CALENDAR_NAME = k.named(names.is_calendar_name, "provinces/{province}/calendar")
_LINE = k.one_of(LINES_IN, ("LINE_SERVICING", "LINE_UNDERWRITING", "LINE_CLAIMS"))


def _date(text: str) -> k.Wrong:
    try:
        # The other forms of ISO 8601 are dates, too, and are not shown as they were written.
        is_date = date_of(day_of_date(text)) == text
    except ValueError:
        is_date = False
    return None if is_date else "expected a date, for instance 2026-02-15"


_TIMES = k.items(
    SPANS_MAX,
    k.Rules(
        {"start_minute": k.between(0, DAY_MINUTES - 1), "end_minute": k.between(1, DAY_MINUTES)},
        required=("end_minute",),
    ),
)
_HOURS = k.Rules({"line": _LINE, "workdays": _TIMES, "weekends": _TIMES, "holidays": _TIMES}, required=("line",))
_DAYS = k.items(
    SPECIAL_DAYS_MAX,
    k.Rules(
        {"date": _date, "worked": k.anything, "display_name": k.free_text(DAY_NAME_LENGTH_MAX)}, required=("date",)
    ),
    key="date",
)

CALENDAR_FIELDS: dict[str, k.Check] = {
    "hours": k.items(len(LINES_IN), _HOURS, key="line"),
    "weekend_days": k.items(7, k.between(1, 7), key=""),
    "national_days": _DAYS,
    "local_days": _DAYS,
}
_OUTPUT_ONLY = ("update_time_ms", "updater", "openings", "gains")

RULES: Mapping[type[Message], k.Rules] = {
    province_pb2.GetCalendarRequest: k.Rules({"name": _CALENDAR_NAME}, required=("name",)),
    province_pb2.UpdateCalendarRequest: k.Rules(
        {
            "calendar": k.Rules(
                CALENDAR_FIELDS
                | {"name": _CALENDAR_NAME, "revision": k.between(0, 2**63 - 1)}
                | dict.fromkeys(_OUTPUT_ONLY, k.anything),
                required=("name",),
            ),
            "update_mask": k.mask_of(*CALENDAR_FIELDS),
            "validate_only": k.anything,
            "reason": k.REASON,
            "request_id": k.REQUEST_ID,
        },
        required=("calendar", "reason", "request_id"),
    ),
}
