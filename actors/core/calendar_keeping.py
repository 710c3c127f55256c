"""Decisions on the branch's calendar: what is in force, who may replace it, and what happens when the country file changes.

A calendar has two sources. The country file says what it is when a province starts; operations staff replace what differs here. When the
file changes later (next year's holidays), the fields that were changed here stay and the others follow (`calendar.rebased`): a restart
neither undoes what somebody decided nor keeps last year's days for ever.
"""

import msgspec

from actors.core import commands as c
from actors.core import events as e
from actors.core.calendar import BranchCalendar, rebased
from actors.core.country import Line
from actors.core.deciding import Turn
from actors.core.refusal import Reason, Refused
from actors.core.replies import AnyReply, CalendarReply, Done, LineOpening


def get_calendar(turn: Turn, command: c.GetCalendar) -> AnyReply:
    """The calendar in force, what is open now, what was gained."""
    del command
    return _reply(turn, turn.state.calendar)


def update_calendar(turn: Turn, command: c.UpdateCalendar) -> AnyReply:
    """Put a new revision of the calendar in force, or only show what would be open."""
    known = turn.state.calendar
    if command.revision and command.revision != known.revision:
        return Refused(
            reason=Reason.ETAG_MISMATCH,
            message=f"The calendar is at revision {known.revision}.",
            metadata={"revision": str(known.revision)},
        )
    calendar = msgspec.structs.replace(
        command.calendar, revision=known.revision, updated_ms=known.updated_ms, updated_by=known.updated_by
    )
    if not command.validate_only:
        calendar = msgspec.structs.replace(
            calendar, revision=known.revision + 1, updated_ms=turn.now.wall_ms, updated_by=command.who
        )
        turn.emit(e.CalendarUpdated(at_ms=turn.now.wall_ms, who=command.who, calendar=calendar, reason=command.reason))
    return _reply(turn, calendar)


def adopt_calendar(turn: Turn, command: c.AdoptCalendar) -> AnyReply:
    """Take over what the country file says, if that is another than the last time."""
    state = turn.state
    if command.told != state.calendar_told:
        changed = msgspec.structs.replace(
            rebased(state.calendar, state.calendar_told, command.told),
            revision=state.calendar.revision + 1,
            updated_ms=turn.now.wall_ms,
            updated_by=command.who,
        )
        turn.emit(e.CalendarAdopted(at_ms=turn.now.wall_ms, who=command.who, told=command.told, calendar=changed))
    return Done()


def _reply(turn: Turn, calendar: BranchCalendar) -> CalendarReply:
    now_ms = turn.now.wall_ms
    openings = {line: calendar.next_opening_ms(now_ms, line) for line in Line}
    return CalendarReply(
        calendar=calendar,
        openings=tuple(
            LineOpening(line=line, opens_ms=opens_ms, is_open=opens_ms == now_ms) for line, opens_ms in openings.items()
        ),
        gained=turn.state.gains.kept(),
    )
