import pytest

from actors.country_file import Country, load_country
from loadtests.catalogue import Branch, Kind, Line


@pytest.fixture(scope="session")
def country() -> Country:
    """The country that comes with the package."""
    return load_country()


@pytest.fixture(scope="session")
def branches(country: Country) -> list[Branch]:
    """Its branches, as a client knows them."""
    return [
        Branch(province=entry.province, name=entry.display_name, name_zh=entry.display_name_zh, sites=entry.sites)
        for entry in country.provinces
    ]


@pytest.fixture(scope="session")
def kinds(country: Country) -> list[Kind]:
    """Its kinds, as a client knows them."""
    return [
        Kind(
            kind=kind.kind,
            line=Line(kind.line.value),
            authority=kind.required_authority,
            skills=tuple((skill.skill, skill.level) for skill in kind.required_skills),
        )
        for kind in country.kinds
    ]
