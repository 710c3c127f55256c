"""What the roster and the sessions teach: who there is, and how long they were signed in."""

from actors.core import events as e
from actors.core.state import ProvinceState
from actors.core.statistics.cells import OperatorCell
from actors.core.statistics.decay import local_midnight_ms
from actors.core.statistics.learning_desk import begin_day

_SIGNED_IN, _SIGNED_IN_TODAY = OperatorCell.SIGNED_IN_MINUTES.value, OperatorCell.SIGNED_IN_MINUTES_TODAY.value


def enrolled(state: ProvinceState, event: e.OperatorEnrolled) -> None:
    """Somebody is on the roster and so has a row."""
    state.statistics.enrol(event.entry.operator)


def removed(state: ProvinceState, event: e.OperatorRemoved) -> None:
    """Somebody left; the row is free."""
    state.statistics.remove(event.operator)


def signed_out(state: ProvinceState, event: e.OperatorSignedOut) -> None:
    """A session ended: so many minutes, and so many of them today."""
    statistics, at_ms = state.statistics, event.at_ms
    signed_in_ms = state.operators[event.operator].signed_in_ms
    row = statistics.rows.get(event.operator)
    if row is None or not signed_in_ms:
        return
    statistics.clock.advance(at_ms)
    table = statistics.by_operator
    place = table.place(row)
    begin_day(statistics, place)
    # How a session of an older version was counted must stay so, or its journal would teach something else than its snapshots hold.
    session_ms = event.signed_in_for_ms
    if session_ms is None:
        session_ms = max(0, at_ms - signed_in_ms)
    today_ms = max(0, at_ms - max(signed_in_ms, local_midnight_ms(at_ms)))
    table.cells[place + _SIGNED_IN] += statistics.clock.work * session_ms / 60_000.0
    table.cells[place + _SIGNED_IN_TODAY] += today_ms / 60_000.0
    statistics.revisions[row] += 1
