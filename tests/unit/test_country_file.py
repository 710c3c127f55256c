from pathlib import Path

import pytest

from actors.core.calendar import LineHours, Span, date_of, day_of_date, weekday_of
from actors.core.country import Line, TimeLimits
from actors.core.ids import ProvinceCode
from actors.core.operators import Certificate, Shift
from actors.country_file import CountryFileError, load_country
from actors.service_hours_file import load_national_days

SMALL = """
[[provinces]]
code = "fujian"
name = "Fujian"
name_zh = "福建"
sites = ["fuzhou", "quanzhou"]

[[provinces]]
code = "jiangxi"
name = "Jiangxi"
name_zh = "江西"

[[kinds]]
id = "claims-medical"
name = "Medical expenses"
name_zh = "医疗费用理赔"
standard_minutes = 13
sla_minutes = 720
required_authority = 1
required_skills = { icd10-coding = 1 }
tariff_fen = 3200

[[operators]]
id = "{province}-op-1"
province = "*"
kinds = ["claims-*"]
experience = { claims-medical = 40 }
quality_permille = 980
name = "{province_zh} {province}"
"""


def written(tmp_path: Path, text: str) -> Path:
    """A file with this content."""
    file = tmp_path / "country.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_the_country_that_comes_with_the_package_is_complete() -> None:
    """Would break if a branch, a line or the sample operators were missing from the default file."""
    country = load_country()
    codes = [province.province for province in country.provinces]
    assert len(codes) == len(set(codes)) == 36
    assert len({kind.kind for kind in country.kinds}) == len(country.kinds) >= 20
    assert {kind.line for kind in country.kinds} == set(Line)
    assert all(kind.display_name and kind.display_name_zh and kind.operating_standard for kind in country.kinds)
    assert all(kind.tariff_fen > 0 for kind in country.kinds)
    for kind in country.kinds:
        minutes = kind.standard_minutes_by_complexity
        assert len(minutes) == 5 and list(minutes) == sorted(minutes) and minutes[2] == kind.standard_minutes
        assert kind.breach_points > 0
    assert all(province.sites and province.display_name_zh for province in country.provinces)
    sites = [site for province in country.provinces for site in province.sites]
    assert len(sites) == len(set(sites))
    for code in codes:
        sample = [person for person in country.operators if person.province == code]
        assert [person.operator for person in sample] == [f"{code}-op-1", f"{code}-op-2"]
        assert not any(person.auto_accept for person in sample)
    assert country.limits == TimeLimits()


def test_every_kind_can_be_done_by_a_sample_operator_of_every_province() -> None:
    """Would break if a newcomer's first task could wait for ever because of authority or skill."""
    country = load_country()
    for province in country.provinces:
        people = [person for person in country.operators if person.province == province.province]
        for kind in country.kinds:
            needed = {skill.skill: skill.level for skill in kind.required_skills}
            assert any(
                kind.kind in person.kinds
                and person.authority.get(kind.line, 0) >= kind.required_authority
                and needed.items() <= {s.skill: min(s.level, needed.get(s.skill, 0)) for s in person.skills}.items()
                for person in people
            ), f"{kind.kind} in {province.province}"


def test_an_entry_for_every_province_becomes_one_operator_each(tmp_path: Path) -> None:
    """Would break if {province} were not filled in, or the site or the experience were lost."""
    country = load_country(written(tmp_path, SMALL))
    fujian, jiangxi = country.operators
    assert (fujian.operator, fujian.site, fujian.display_name) == ("fujian-op-1", "fuzhou", "福建 Fujian")
    assert (jiangxi.operator, jiangxi.site) == ("jiangxi-op-1", "jiangxi")
    experience = fujian.kinds[country.kinds[0].kind]
    assert (experience.done_count, experience.quality_permille) == (40, 980)


def test_what_the_file_knows_of_a_person_arrives(tmp_path: Path) -> None:
    """Would break if a certificate, a shift or a conflict of interest were lost: people would get work that they may not do."""
    facts = """
certificates = { claims = 2030-06-30 }
hired = 2020-01-01
training_hours_90d = 8
hourly_cost_fen = 6000
daily_quota_milli = 48000
shift = { start = 22:00:00, end = 06:30:00, break_start = 02:00:00, break_end = 02:30:00 }
conflicts = ["c-1"]
training_kinds = ["claims-medical"]
mentor = true
"""
    fujian, _ = load_country(written(tmp_path, SMALL + facts)).operators
    assert fujian.certificates == (Certificate(Line.CLAIMS, 1_908_979_200_000),)
    assert fujian.hired_ms == 1_577_808_000_000
    assert (fujian.training_hours_90d, fujian.hourly_cost_fen, fujian.daily_quota_milli) == (8, 6_000, 48_000)
    assert fujian.shift == Shift(1_320, 390, 120, 150)
    assert (fujian.conflicts, fujian.training_kinds, fujian.mentor) == (("c-1",), ("claims-medical",), True)
    plain, _ = load_country(written(tmp_path, SMALL)).operators
    assert (plain.certificates, plain.hired_ms, plain.shift) == ((), 0, None)


def test_limits_of_the_file_win_over_the_defaults(tmp_path: Path) -> None:
    """Would break if [limits] were ignored, or took the other limits away."""
    country = load_country(written(tmp_path, SMALL + "[limits]\nsite_silence_ms = 5000\n"))
    assert country.limits == TimeLimits(site_silence_ms=5000)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("standard_minutes = 13", "standard_minutes = 0", "kinds[0].standard_minutes"),
        ("standard_minutes = 13", 'standard_minutes = "13"', "kinds[0].standard_minutes"),
        ("tariff_fen = 3200", "tarif_fen = 3200", "tarif_fen"),
        ("tariff_fen = 3200", "tariff_fen = -1", "kinds[0].tariff_fen"),
        ("tariff_fen = 3200", "standard_minutes_by_complexity = [1]", "kinds[0].standard_minutes_by_complexity"),
        ("quality_permille = 980", 'training_kinds = ["claims-car"]', "operators[0].training_kinds"),
        ("quality_permille = 980", "shift = { start = 08:00:00, end = 08:00:00 }", "operators[0].shift"),
        ("quality_permille = 980", 'certificates = { claims = "never" }', "operators[0].certificates"),
        ('id = "claims-medical"', 'id = "medical"', "kinds[0].id"),
        ('code = "jiangxi"', 'code = "fujian"', "provinces[1].code: 'fujian' is there already"),
        ('code = "jiangxi"', 'code = "Jiangxi 1"', "provinces[1].code"),
        ('code = "jiangxi"', 'code = "hq"', "provinces[1].code: 'hq' names the headquarters"),
        ('sites = ["fuzhou", "quanzhou"]', 'sites = ["fuzhou", "fuzhou"]', "provinces[0].sites[1]"),
        ('kinds = ["claims-*"]', 'kinds = ["claim-*"]', "operators[0].kinds: there is no kind 'claim-*'"),
        ('province = "*"', 'province = "hunan"', "operators[0].province: there is no province 'hunan'"),
        ('id = "{province}-op-1"', 'id = "op-1"', "operators[0].id"),
        ("claims-medical = 40", "claims-death = 40", "operators[0].experience"),
        ("[[kinds]]", "[[kind]]", "kind"),
        ("[[provinces]]", "[[provinces]", "is not TOML"),
    ],
)
def test_a_mistake_is_told_with_file_and_key(tmp_path: Path, old: str, new: str, told: str) -> None:
    """Would break if a typing mistake in a roster were found only after half a minute of starting, or without its place."""
    file = written(tmp_path, SMALL.replace(old, new, 1))
    with pytest.raises(CountryFileError) as caught:
        load_country(file)
    assert str(caught.value).startswith(f"{file}: ")
    assert told in str(caught.value)


@pytest.mark.parametrize("limits", ["lease_duration_ms = 0", "site_silence_permille = 1001", "lease_ms = 1"])
def test_limits_that_cannot_be_are_refused(tmp_path: Path, limits: str) -> None:
    """Would break if a lease of no length were taken for a setting."""
    with pytest.raises(CountryFileError, match="limits"):
        load_country(written(tmp_path, f"{SMALL}[limits]\n{limits}\n"))


def test_without_hours_every_branch_is_always_open(tmp_path: Path) -> None:
    """Would break if the file that comes with the package, or one written before there were hours, closed anything."""
    assert load_country().calendars == {}
    assert load_country(written(tmp_path, SMALL)).calendars == {}


def test_hours_of_the_file_become_calendars(tmp_path: Path) -> None:
    """Would break if the west opened with the east, a line lost its own hours, or a region its days."""
    text = SMALL.replace(
        'code = "jiangxi"', 'code = "xizang"\nlocal_days = [{ date = 2026-02-18, name = "藏历新年" }]', 1
    )
    text += '[service_hours]\n[service_hours.lines]\nclaims = { weekends = ["09:00-12:00", "13:00-24:00"] }\n'
    calendars = load_country(written(tmp_path, text)).calendars
    east, west = calendars[ProvinceCode("fujian")], calendars[ProvinceCode("xizang")]
    for line in (Line.SERVICING, Line.UNDERWRITING):
        assert east.hours_of(line) == LineHours(line=line, workdays=(Span(510, 1_050),))
        assert west.hours_of(line) == LineHours(line=line, workdays=(Span(630, 1_170),))
    assert east.hours_of(Line.CLAIMS) == LineHours(
        line=Line.CLAIMS, workdays=(Span(510, 1_050),), weekends=(Span(540, 720), Span(780, 1_440))
    )
    assert (east.local_days, [day.name for day in west.local_days]) == ((), ["藏历新年"])
    assert east.national_days == west.national_days == load_national_days()


def test_the_west_may_be_told_otherwise(tmp_path: Path) -> None:
    """Would break if the two hours were a constant of the code."""
    text = SMALL.replace('code = "jiangxi"', 'code = "xinjiang"\nlater_minutes = 0', 1) + "[service_hours]\n"
    calendars = load_country(written(tmp_path, text)).calendars
    assert calendars[ProvinceCode("xinjiang")] == calendars[ProvinceCode("fujian")]


@pytest.mark.parametrize(
    ("date", "worked"),
    [
        ("2025-01-26", True),
        ("2025-02-04", False),
        ("2025-10-08", False),
        ("2025-10-11", True),
        ("2026-01-04", True),
        ("2026-02-14", True),
        ("2026-02-23", False),
        ("2026-02-28", True),
        ("2026-05-09", True),
        ("2026-06-19", False),
        ("2026-09-20", True),
        ("2026-10-07", False),
        ("2026-10-10", True),
    ],
)
def test_the_national_days_are_those_that_were_announced(date: str, worked: bool) -> None:
    """Would break if a holiday were dropped or a worked Sunday were taken for a day off."""
    [special] = [special for special in load_national_days() if special.day == day_of_date(date)]
    assert special.is_worked is worked


def test_the_national_days_of_each_year_add_up() -> None:
    """Would break by a typing mistake in a date: what is announced is 28 and 33 days off, and worked days are always a weekend's."""
    days = load_national_days()
    for year, off in (("2025", 28), ("2026", 33)):
        assert sum(not day.is_worked for day in days if date_of(day.day).startswith(year)) == off
    assert all(weekday_of(day.day) >= 5 for day in days if day.is_worked)


@pytest.mark.parametrize(
    ("hours", "told"),
    [
        ('workdays = ["8:30-17:30"]', "'8:30-17:30' is no time of one day"),
        ('workdays = ["17:30-08:30"]', "'17:30-08:30' is no time of one day"),
        ('workdays = ["08:30-24:01"]', "'08:30-24:01' is no time of one day"),
        ('workdays = ["13:00-17:00", "08:00-12:00"]', "provinces[0].hours[0].workdays"),
        ("lines = { cars = {} }", "cars"),
        ("workday = []", "workday"),
        ('national_days = "days.toml"', "days.toml: cannot be read"),
    ],
)
def test_hours_that_cannot_be_are_told_with_their_place(tmp_path: Path, hours: str, told: str) -> None:
    """Would break if a branch opened at no time because of a typing mistake."""
    with pytest.raises(CountryFileError) as caught:
        load_country(written(tmp_path, f"{SMALL}[service_hours]\n{hours}\n"))
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("days", "told"),
    [
        ('[[holidays]]\nname = "x"\nfirst = 2027-01-03\nlast = 2027-01-01', "holidays[0].last"),
        ('[[holidays]]\nname = "x"\nfirst = 2027-01-01\nlast = 2027-03-01', "holidays[0].last"),
        ('[[holidays]]\nname = "x"\nfirst = 2027-01-01\nlast = 2027-01-01\nworked = [2027-01-01]', "national_days"),
        ("[[holiday]]", "holiday"),
        ("[[holidays]", "is not TOML"),
    ],
)
def test_national_days_that_cannot_be_are_told_with_their_file(tmp_path: Path, days: str, told: str) -> None:
    """Would break if next year's arrangement were taken with a mistake that moves a holiday."""
    (tmp_path / "days.toml").write_text(days, encoding="utf-8")
    with pytest.raises(CountryFileError) as caught:
        load_country(written(tmp_path, SMALL + '[service_hours]\nnational_days = "days.toml"\n'))
    assert "days.toml: " in str(caught.value)
    assert told in str(caught.value)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    """Would break if a wrong path ended in a traceback."""
    with pytest.raises(CountryFileError, match="cannot be read"):
        load_country(tmp_path / "none.toml")
