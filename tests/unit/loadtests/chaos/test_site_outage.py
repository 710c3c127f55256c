from typing import Any

import pytest

from loadtests.catalogue import Kind, Line
from loadtests.chaos.site_outage import ineligible_moves, may_do
from loadtests.roster import Person

SIMPLE = Kind(kind="claims-simple", line=Line.CLAIMS)
HARD = Kind(kind="claims-hard", line=Line.CLAIMS, authority=3, skills=(("icd", 2),))


def somebody(province: str = "jiangxi", **changes: Any) -> Person:
    """A person who may do both kinds, unless changed."""
    known: dict[str, Any] = {
        "province": province,
        "operator_id": f"{province}-op-1",
        "site": province,
        "name": "",
        "team": "",
        "line": Line.CLAIMS,
        "capacity": 1,
        "experience": {SIMPLE.kind: (1, 990), HARD.kind: (1, 990)},
        "authority": {Line.CLAIMS: 3},
        "skills": {"icd": 2},
    }
    return Person(**(known | changes))


@pytest.mark.parametrize(
    ("changes", "able"),
    [
        ({}, True),
        ({"experience": {SIMPLE.kind: (1, 990)}}, False),
        ({"authority": {Line.CLAIMS: 2}}, False),
        ({"authority": {Line.SERVICING: 9}}, False),
        ({"skills": {"icd": 1}}, False),
    ],
)
def test_who_may_do_a_kind(changes: dict[str, Any], able: bool) -> None:
    """A check that is milder than the system's own filters would find every move right."""
    assert may_do(somebody(**changes), HARD) is able


def test_a_task_with_nobody_for_it_at_its_new_host_is_found() -> None:
    """Else a branch without anyone able would keep the customer waiting, unseen by the row."""
    novice = somebody("hubei", authority={Line.CLAIMS: 0})
    hosts = {"t1": "jiangxi", "t2": "hubei", "t3": "hubei", "t4": "gansu"}
    kind_of = {"t1": HARD.kind, "t2": HARD.kind, "t3": SIMPLE.kind, "t4": SIMPLE.kind}
    assert ineligible_moves(hosts, kind_of, [somebody(), novice], [SIMPLE, HARD]) == ["t2", "t4"]
