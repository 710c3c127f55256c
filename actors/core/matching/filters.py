"""May this person do this task at all? Filters come before any points and are never outweighed by them."""

from actors.core.country import Skill
from actors.core.operators import Operator
from actors.core.task import Task


def excluded_by(task: Task, person: Operator, needed: int, skills: tuple[Skill, ...], now_ms: int) -> str | None:
    """The first filter that keeps `person` from `task`, or None.

    Args:
        needed: authority needed, from `queue.authority_needed`.
        skills: skills that the kind requires; the task's own come on top.
        now_ms: wall clock, for declines that are still remembered.
    """
    spec = task.spec
    if spec.kind not in person.kinds:
        return "kind"
    if person.authority.get(task.line, 0) < needed:
        return "authority"
    if not _has_skills(person, skills) or not _has_skills(person, spec.required_skills):
        return "skill"
    if task.home != person.province and not person.share_opt_in:
        return "share_opt_in"
    if spec.privacy_level > person.clearance:
        return "clearance"
    if person.operator in spec.excluded_operators:
        return "excluded_operator"
    for decline in task.declines:
        if decline.operator == person.operator and decline.is_remembered(now_ms):
            return "declined_before"
    return None


def _has_skills(person: Operator, required: tuple[Skill, ...]) -> bool:
    if not required:
        return True
    held = {skill.skill: skill.level for skill in person.skills}
    return all(held.get(skill.skill, 0) >= skill.level for skill in required)
