"""What a province actor is started with, and what it is told when it opens."""

import msgspec

from actors.core import commands as c
from actors.core.calendar import BranchCalendar
from actors.core.country import ProvinceSettings, TaskKind, TimeLimits
from actors.core.ids import ProvinceCode
from actors.core.matching.shipped import shipped_model
from actors.core.operators import Operator


class ProvinceOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What a province actor needs to start."""

    province: ProvinceCode
    store_id: str
    journal_path: str
    #: Where the heads of all journals are anchored; empty: nowhere.
    hq_journal_path: str = ""
    #: Begin a journal where there is none; False: one was made once, and a missing file is a loss.
    may_begin: bool = True
    run_dir: str
    #: Empty: logging is left as it is.
    logs_dir: str = ""
    settings: ProvinceSettings
    limits: TimeLimits
    #: Taken over by a new journal only.
    kinds: tuple[TaskKind, ...] = ()
    operators: tuple[Operator, ...] = ()
    #: What the country file says of hours and days.
    calendar: BranchCalendar = BranchCalendar()
    #: Where `actors.testing.live_faults` looks for faults to play; empty: none, and that module is not imported.
    fault_dir: str = ""


def introduction(options: ProvinceOptions, *, is_new: bool) -> list[c.AnyCommand]:
    """What a province is told when it opens: what the country file may have changed; a new one everything, in one frame."""
    who = "system:country"
    commands: list[c.AnyCommand] = [
        c.ConfigureProvince(who=who, limits=options.limits),
        c.AdoptCalendar(who=who, told=options.calendar),
    ]
    if is_new:
        commands += [
            c.ConfigureProvince(who=who, settings=options.settings),
            c.AdoptTaskKinds(who=who, revision=1, kinds=options.kinds),
            c.AdoptMatchingModel(who=who, model=shipped_model()),
        ]
        if options.operators:
            commands.append(c.UpsertOperators(who=who, entries=options.operators))
    return commands
