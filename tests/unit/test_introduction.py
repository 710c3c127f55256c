"""What a province is told when it opens."""

from actors.core import commands as c
from actors.core.calendar import BranchCalendar, LineHours, Span
from actors.core.country import Line, ProvinceSettings, TimeLimits
from actors.core.ids import ProvinceCode
from actors.province_options import ProvinceOptions, introduction
from tests.unit.core.harness import Branch

HOURS = BranchCalendar(hours=(LineHours(line=Line.CLAIMS, workdays=(Span(510, 1_050),)),))


def options(calendar: BranchCalendar) -> ProvinceOptions:
    """A province with this calendar in its country file."""
    return ProvinceOptions(
        province=ProvinceCode("fujian"),
        store_id="s",
        journal_path="journal",
        run_dir="run",
        settings=ProvinceSettings(province=ProvinceCode("fujian"), display_name="Fujian", display_name_zh="福建"),
        limits=TimeLimits(),
        calendar=calendar,
    )


def opened(branch: Branch, calendar: BranchCalendar) -> list[str]:
    """The events of one more start with this country file."""
    branch.batch(*introduction(options(calendar), is_new=False))
    return [type(event).__name__ for event in branch.events]


def test_an_old_province_learns_of_hours_that_its_file_has_got_since() -> None:
    """Hours that only new journals heard of would never reach a running country."""
    branch = Branch()
    assert opened(branch, BranchCalendar()) == []
    assert opened(branch, HOURS) == ["CalendarAdopted"]
    assert branch.state.calendar.hours == HOURS.hours
    assert opened(branch, HOURS) == []
    assert opened(branch, BranchCalendar()) == ["CalendarAdopted"]
    assert branch.state.calendar.hours == ()


def test_a_new_province_is_told_its_hours_with_everything_else() -> None:
    """It would serve its first hours without any."""
    told = [type(command) for command in introduction(options(HOURS), is_new=True)]
    assert told.count(c.AdoptCalendar) == 1
