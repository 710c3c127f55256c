from typing import Any

import pytest

from actors.core.country import Line, Skill
from actors.core.ids import OperatorId
from actors.core.matching.filters import excluded_by
from actors.core.operators import KindExperience, Operator
from actors.core.task import Decline, Task, TaskSpec, TaskState
from tests.unit.core.harness import FUJIAN, JIANGXI, LARGE, MEDICAL, START_MS, person, spec


def task_of(wanted: TaskSpec, **changes: Any) -> Task:
    """A waiting task of Fujian."""
    known: dict[str, Any] = {
        "task_id": "fujian-1",
        "home": FUJIAN,
        "spec": wanted,
        "line": Line.CLAIMS,
        "created_ms": START_MS,
        "created_by": "branch:core",
        "host": FUJIAN,
        "state": TaskState.QUEUED,
    }
    return Task(**(known | changes))


@pytest.mark.parametrize(
    ("who", "wanted", "reason"),
    [
        (person("chen"), spec(), None),
        (person("chen"), spec(LARGE), "kind"),
        (person("chen", kinds={}), spec(), "kind"),
        (person("chen", authority={Line.CLAIMS: 1}), spec(required_authority=2), "authority"),
        (person("chen", authority={Line.SERVICING: 9}), spec(required_authority=1), "authority"),
        (person("chen", authority={Line.CLAIMS: 2}), spec(required_authority=2), None),
        (person("chen"), spec(required_skills=(Skill("icd", 1),)), "skill"),
        (person("chen", skills=(Skill("icd", 1),)), spec(required_skills=(Skill("icd", 2),)), "skill"),
        (person("chen", skills=(Skill("icd", 3),)), spec(required_skills=(Skill("icd", 2),)), None),
        (person("lin", JIANGXI, share_opt_in=False), spec(), "share_opt_in"),
        (person("lin", JIANGXI), spec(), None),
        (person("chen", share_opt_in=False), spec(), None),
        (person("chen", clearance=2), spec(privacy_level=3), "clearance"),
        (person("chen", clearance=3), spec(privacy_level=3), None),
        (person("chen"), spec(excluded_operators=(OperatorId("chen"),)), "excluded_operator"),
        (person("chen"), spec(excluded_operators=(OperatorId("lin"),)), None),
    ],
)
def test_each_filter_keeps_exactly_whom_it_should(who: Operator, wanted: TaskSpec, reason: str | None) -> None:
    """A filter that leaks gives a task to somebody without the right to it (I8)."""
    assert excluded_by(task_of(wanted), who, wanted.required_authority, (), START_MS) == reason


def test_the_skills_of_the_kind_count_besides_those_of_the_task() -> None:
    """A task that names skills of its own must not switch off those that its kind requires."""
    task = task_of(spec(required_skills=(Skill("english", 1),)))
    kind_skills = (Skill("icd", 1),)
    for held, reason in (
        ((Skill("english", 1),), "skill"),
        ((Skill("icd", 1),), "skill"),
        ((Skill("english", 1), Skill("icd", 1)), None),
    ):
        assert excluded_by(task, person("chen", skills=held), 0, kind_skills, START_MS) == reason


@pytest.mark.parametrize(("now_ms", "reason"), [(START_MS, "declined_before"), (START_MS + 1_000, None)])
def test_a_decline_is_remembered_until_its_instant_and_no_longer(now_ms: int, reason: str | None) -> None:
    """An item declined by its only candidate would otherwise never be offered again, or be offered again at once."""
    task = task_of(spec(), declines=(Decline(OperatorId("chen"), START_MS + 1_000, START_MS),))
    assert excluded_by(task, person("chen"), 0, (), now_ms) == reason
    assert excluded_by(task, person("lin"), 0, (), now_ms) is None


def test_experience_does_not_open_a_closed_door() -> None:
    """Filters come before points: the best person without the right stays out."""
    expert = person("chen", kinds={MEDICAL: KindExperience(done_count=10_000)})
    assert excluded_by(task_of(spec(required_authority=1)), expert, 1, (), START_MS) == "authority"
