"""The country file: branches, kinds of work, time limits and rosters as a person writes them, read into the core's own types.

The form is described at the head of `country.toml`, the file that is used when none is given. Whatever is wrong is reported with the
file and the key, before anything starts.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta, timezone
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated

import msgspec

from actors.core.calendar import BranchCalendar
from actors.core.country import Line, ProvinceSettings, Skill, TaskKind, TimeLimits
from actors.core.ids import KindId, OperatorId, ProvinceCode, SiteId
from actors.core.operators import Certificate, KindExperience, Operator, Shift
from actors.service_hours_file import (
    LATER_MINUTES,
    NATIONAL_DAYS_PATH,
    LocalDayEntry,
    ServiceHoursEntry,
    branch_calendar,
    load_national_days,
)
from actors.store import HQ

DEFAULT_PATH = Path(__file__).with_name("country.toml")
#: Province of an operator entry that stands for one operator in every province.
EVERY_PROVINCE = "*"

_Code = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9]{1,32}$")]
_Id = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
_Authority = Annotated[int, msgspec.Meta(ge=0, le=9)]
_SkillLevel = Annotated[int, msgspec.Meta(ge=1, le=5)]
_Permille = Annotated[int, msgspec.Meta(ge=0, le=1000)]
_Minutes = Annotated[int, msgspec.Meta(ge=1, le=1440)]
#: A list of an operator's that must stay short.
_Ids = Annotated[tuple[_Id, ...], msgspec.Meta(max_length=64)]
#: Dates of the file are days of this time zone.
_SHANGHAI = timezone(timedelta(hours=8))
_ID_PATTERN = re.compile(r"[A-Za-z0-9._-]{1,64}")


class CountryFileError(Exception):
    """The country file cannot be used; `str` names the file and the key, for a person."""


class Country(msgspec.Struct, frozen=True, kw_only=True):
    """What a country starts from."""

    provinces: tuple[ProvinceSettings, ...]
    kinds: tuple[TaskKind, ...]
    limits: TimeLimits
    operators: tuple[Operator, ...]
    #: Branches that are not always open.
    calendars: dict[ProvinceCode, BranchCalendar] = {}


class _ProvinceEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    code: _Code
    name: _Name
    name_zh: _Name
    sites: tuple[_Id, ...] = ()
    later_minutes: Annotated[int, msgspec.Meta(ge=-720, le=720)] | None = None
    local_days: tuple[LocalDayEntry, ...] = ()

    def settings(self) -> ProvinceSettings:
        return ProvinceSettings(
            province=ProvinceCode(self.code),
            display_name=self.name,
            display_name_zh=self.name_zh,
            sites=tuple(SiteId(site) for site in self.sites or (self.code,)),
        )


class _KindEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: _Id
    name: _Name
    name_zh: _Name
    standard_minutes: _Minutes
    sla_minutes: Annotated[int, msgspec.Meta(ge=1, le=43_200)]
    required_authority: _Authority = 0
    required_skills: dict[_Id, _SkillLevel] = {}
    tariff_fen: Annotated[int, msgspec.Meta(ge=0, le=100_000_000)] = 0
    operating_standard: Annotated[str, msgspec.Meta(max_length=20_000)] = ""
    standard_minutes_by_complexity: tuple[_Minutes, ...] = ()
    breach_points: _Permille = 0

    def task_kind(self, line: Line) -> TaskKind:
        return TaskKind(
            kind=KindId(self.id),
            line=line,
            display_name=self.name,
            display_name_zh=self.name_zh,
            standard_minutes=self.standard_minutes,
            sla_minutes=self.sla_minutes,
            required_authority=self.required_authority,
            required_skills=_skills(self.required_skills),
            tariff_fen=self.tariff_fen,
            operating_standard=self.operating_standard,
            standard_minutes_by_complexity=self.standard_minutes_by_complexity,
            breach_points=self.breach_points,
        )


class _ShiftEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    start: time
    end: time
    break_start: time = time()
    break_end: time = time()

    def shift(self) -> Shift:
        return Shift(
            *(each.hour * 60 + each.minute for each in (self.start, self.end, self.break_start, self.break_end))
        )


class _OperatorEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    province: str
    kinds: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    site: str = ""
    name: Annotated[str, msgspec.Meta(max_length=100)] = ""
    team: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._-]{0,64}$")] = ""
    experience: dict[str, Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]] = {}
    quality_permille: _Permille | None = None
    authority: dict[Line, _Authority] = {}
    skills: dict[_Id, _SkillLevel] = {}
    local_rule_provinces: tuple[str, ...] = ()
    clearance: Annotated[int, msgspec.Meta(ge=1, le=4)] = 4
    languages: tuple[str, ...] = ()
    capacity: Annotated[int, msgspec.Meta(ge=1, le=64)] = 1
    share_opt_in: bool = True
    auto_accept: bool = False
    probation: bool = False
    certificates: dict[Line, date] = {}
    hired: date | None = None
    training_hours_90d: Annotated[int, msgspec.Meta(ge=0, le=2_160)] = 0
    hourly_cost_fen: Annotated[int, msgspec.Meta(ge=0, le=10_000_000)] = 0
    daily_quota_milli: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] = 0
    shift: _ShiftEntry | None = None
    conflicts: _Ids = ()
    training_kinds: _Ids = ()
    mentor: bool = False


class _LimitsEntry(TimeLimits, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Time limits, of which a file may name any."""


class _CountryEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    provinces: Annotated[tuple[_ProvinceEntry, ...], msgspec.Meta(min_length=1)]
    kinds: Annotated[tuple[_KindEntry, ...], msgspec.Meta(min_length=1)]
    operators: tuple[_OperatorEntry, ...] = ()
    limits: _LimitsEntry = _LimitsEntry()
    service_hours: ServiceHoursEntry | None = None


def load_country(path: Path | None = None) -> Country:
    """Read a country file, or the one that comes with the package.

    Raises:
        CountryFileError: the file cannot be read, or something in it is wrong.
    """
    path = path or DEFAULT_PATH
    with _told_with(path):
        entry = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), _CountryEntry)
        country = _country(entry)
    if entry.service_hours is None:
        return country
    return msgspec.structs.replace(country, calendars=_calendars(path, entry, entry.service_hours))


@contextmanager
def _told_with(path: Path) -> Iterator[None]:
    """Say of which file it is what is wrong."""
    try:
        yield
    except OSError as error:
        raise CountryFileError(f"{path}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CountryFileError(f"{path}: is not TOML: {error}") from error
    except msgspec.ValidationError as error:
        raise CountryFileError(f"{path}: {_in_words(error)}") from error


def _calendars(path: Path, entry: _CountryEntry, hours: ServiceHoursEntry) -> dict[ProvinceCode, BranchCalendar]:
    """The calendar of every branch."""
    days_path = path.parent / hours.national_days if hours.national_days else NATIONAL_DAYS_PATH
    with _told_with(days_path):
        national_days = load_national_days(days_path)
    with _told_with(path):
        return {
            ProvinceCode(province.code): branch_calendar(
                hours,
                national_days,
                province.local_days,
                LATER_MINUTES.get(province.code, 0) if province.later_minutes is None else province.later_minutes,
                f"provinces[{place}]",
            )
            for place, province in enumerate(entry.provinces)
        }


def _in_words(error: msgspec.ValidationError) -> str:
    """``Expected `int` - at `$.kinds[3].tariff_fen` `` with the key first."""
    message, _, place = str(error).partition(" - at ")
    place = place.strip("`").removeprefix("$").removeprefix(".")
    return f"{place}: {message}" if place else message


def _country(entry: _CountryEntry) -> Country:
    provinces = tuple(province.settings() for province in entry.provinces)
    _refuse_repeats("provinces", "code", (province.province for province in provinces))
    for index, province in enumerate(provinces):
        if province.province == HQ:
            raise msgspec.ValidationError(f"{HQ!r} names the headquarters' journal - at `$.provinces[{index}].code`")
        _refuse_repeats(f"provinces[{index}].sites", "", province.sites)
    kinds = tuple(kind.task_kind(_line_of(index, kind.id)) for index, kind in enumerate(entry.kinds))
    _refuse_repeats("kinds", "id", (kind.kind for kind in kinds))
    for index, kind in enumerate(kinds):
        if len(kind.standard_minutes_by_complexity) not in (0, 5):
            raise msgspec.ValidationError(f"Expected 5 values - at `$.kinds[{index}].standard_minutes_by_complexity`")
    operators = tuple(
        operator
        for index, person in enumerate(entry.operators)
        for operator in _people(index, person, provinces, kinds)
    )
    _refuse_repeats("operators", "id", (operator.operator for operator in operators))
    limits = TimeLimits(**msgspec.structs.asdict(entry.limits))
    _check_limits(limits)
    return Country(provinces=provinces, kinds=kinds, limits=limits, operators=operators)


def _line_of(index: int, kind: str) -> Line:
    try:
        return Line(kind.partition("-")[0])
    except ValueError:
        raise msgspec.ValidationError(
            f"{kind!r} must begin with its line: servicing-, underwriting- or claims- - at `$.kinds[{index}].id`"
        ) from None


def _people(
    index: int, entry: _OperatorEntry, provinces: tuple[ProvinceSettings, ...], kinds: tuple[TaskKind, ...]
) -> Iterator[Operator]:
    """The operators that one entry stands for."""
    homes = [province for province in provinces if entry.province in (EVERY_PROVINCE, province.province)]
    if not homes:
        raise _wrong(index, "province", f"there is no province {entry.province!r}")
    if entry.province == EVERY_PROVINCE and "{province}" not in entry.id:
        raise _wrong(index, "id", 'must hold {province} when the province is "*"')
    known = frozenset(province.province for province in provinces)
    for code in entry.local_rule_provinces:
        if code not in known:
            raise _wrong(index, "local_rule_provinces", f"there is no province {code!r}")
    for kind in entry.training_kinds:
        if kind not in {known_kind.kind for known_kind in kinds}:
            raise _wrong(index, "training_kinds", f"there is no kind {kind!r}")
    if entry.shift is not None and entry.shift.start == entry.shift.end:
        raise _wrong(index, "shift", "must end at another time than it starts")
    experience = _experience(index, entry, kinds)
    for home in homes:
        operator = entry.id.replace("{province}", home.province)
        if not _ID_PATTERN.fullmatch(operator) or not operator.startswith(f"{home.province}-"):
            raise _wrong(
                index, "id", f"{operator!r} must be 1..64 characters of [A-Za-z0-9._-] that begin with {home.province}-"
            )
        if entry.site and entry.site not in home.sites:
            raise _wrong(index, "site", f"{home.province} has no site {entry.site!r}")
        yield Operator(
            operator=OperatorId(operator),
            province=home.province,
            site=SiteId(entry.site) if entry.site else home.sites[0],
            display_name=_with_names(entry.name, home) or operator,
            team=entry.team,
            kinds=experience,
            authority=entry.authority,
            skills=_skills(entry.skills),
            local_rule_provinces=tuple(ProvinceCode(code) for code in entry.local_rule_provinces),
            clearance=entry.clearance,
            languages=entry.languages,
            capacity=entry.capacity,
            share_opt_in=entry.share_opt_in,
            auto_accept=entry.auto_accept,
            probation=entry.probation,
            certificates=tuple(Certificate(line, _midnight_ms(day)) for line, day in entry.certificates.items()),
            hired_ms=_midnight_ms(entry.hired) if entry.hired else 0,
            training_hours_90d=entry.training_hours_90d,
            hourly_cost_fen=entry.hourly_cost_fen,
            daily_quota_milli=entry.daily_quota_milli,
            shift=entry.shift.shift() if entry.shift else None,
            conflicts=entry.conflicts,
            training_kinds=tuple(KindId(kind) for kind in entry.training_kinds),
            mentor=entry.mentor,
        )


def _midnight_ms(day: date) -> int:
    """The beginning of a day, Unix ms."""
    return int(datetime.combine(day, time(), _SHANGHAI).timestamp() * 1000)


def _experience(index: int, entry: _OperatorEntry, kinds: tuple[TaskKind, ...]) -> dict[KindId, KindExperience]:
    chosen: dict[KindId, KindExperience] = {}
    for pattern in entry.kinds:
        matching = [kind.kind for kind in kinds if fnmatchcase(kind.kind, pattern)]
        if not matching:
            raise _wrong(index, "kinds", f"there is no kind {pattern!r}")
        for kind in matching:
            done_count = entry.experience.get(kind, 0)
            known = done_count > 0 and entry.quality_permille is not None
            chosen[kind] = KindExperience(
                done_count=done_count, quality_permille=entry.quality_permille or 0 if known else -1
            )
    for kind in entry.experience:
        if kind not in chosen:
            raise _wrong(index, "experience", f"{kind!r} is not among the operator's kinds")
    return chosen


def _with_names(text: str, province: ProvinceSettings) -> str:
    return text.replace("{province_zh}", province.display_name_zh).replace("{province}", province.display_name)


def _skills(levels: dict[str, int]) -> tuple[Skill, ...]:
    return tuple(Skill(skill, level) for skill, level in levels.items())


def _check_limits(limits: TimeLimits) -> None:
    for name, value in msgspec.structs.asdict(limits).items():
        if value <= 0:
            raise msgspec.ValidationError(f"Expected a positive number - at `$.limits.{name}`")
    if limits.site_silence_permille > 1000:
        raise msgspec.ValidationError("Expected at most 1000 - at `$.limits.site_silence_permille`")


def _refuse_repeats(section: str, key: str, values: Iterable[str]) -> None:
    seen: dict[str, int] = {}
    for index, value in enumerate(values):
        if value in seen:
            place = f"{section}[{index}].{key}" if key else f"{section}[{index}]"
            raise msgspec.ValidationError(f"{value!r} is there already ({section}[{seen[value]}]) - at `$.{place}`")
        seen[value] = index


def _wrong(index: int, key: str, message: str) -> msgspec.ValidationError:
    return msgspec.ValidationError(f"{message} - at `$.operators[{index}].{key}`")
