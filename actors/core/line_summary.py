"""What a province says of one line of business: work, people, promises and quality, in whole numbers.

It travels with the province's summary twice a second, so that others can weigh the province as a host, and so that sharing can be weighed
against how hard pressed the home is. Ratios are permille; -1 says that nothing is known.
"""

import msgspec

from actors.core.country import Line

UNKNOWN = -1


class LineSummary(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of business in one province."""

    line: Line
    #: Standard minutes of the work that waits, and how long the people on duty need for it.
    backlog_minutes: int = 0
    drain_minutes: int = UNKNOWN
    #: Arrivals of the last quarter of an hour, as a rate, over those usual in this hour of the week; and that hour over the mean one.
    arrivals_per_hour: int = 0
    surge_permille: int = UNKNOWN
    hour_arrival_permille: int = UNKNOWN
    #: Of the waiting tasks looked at, those not taken up for long; those that will break their promise before the line is drained.
    stranded_permille: int = 0
    breach_forecast: int = 0
    #: Of the tasks in hand, those that take too long.
    overlong_permille: int = 0
    #: People on duty who may work on the line, and those of them with empty hands.
    signed_in: int = 0
    idle: int = 0
    #: Mean handle time, hundredths of a minute, and handle minutes per work unit, thousandths; drawn to the country's.
    handle_centiminutes: int = UNKNOWN
    minutes_per_unit_milli: int = UNKNOWN
    pass_permille: int = UNKNOWN
    #: Today: decided by the due time over decided; other provinces' work units over all.
    on_time_permille: int = UNKNOWN
    shared_units_permille: int = UNKNOWN
    #: Its hours run, or somebody who may work on it is on duty and heard all the same (late-open).
    is_open: bool = True
    #: Until its hours begin; 0: they run, or it has none. Others send it nothing while this is above 0.
    opens_in_ms: int = 0
    #: Minutes that its hours still run today; -1: it has none.
    open_minutes_left: int = UNKNOWN
    #: Today: tasks of this home that others decided while the line was closed here, and the minutes from each decision to the next opening.
    gained_tasks: int = 0
    gained_minutes: int = 0
