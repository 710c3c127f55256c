"""How well does this task suit this person? Integer points that add up, so that the reason can be shown.

| part | points | from |
|---|---|---|
| experience | 0..600 | tasks of the kind done, by fixed breakpoints (those that rank hosts, too) |
| speed | -200..200 | the kind's mean handle time here against the person's own, shrunk with the weight of ten tasks |
| quality | 0..200 | QA pass ratio of the kind; the middle without samples |
| idle | 0..100 | time without work, full after ten minutes |
| load | -100..0 | share of the person's capacity in use |
| surplus_authority | -20 a level | keep people of high authority free for what needs them |
| preferred | 150 | named by the branch |
| continuity | 300 | knows this very task already (a query item that came back) |
| language | 50 | speaks the customer's language |
"""

from actors.core.ids import KindId
from actors.core.operators import KindExperience, Operator
from actors.core.sharing import EXPERIENCE_BREAKPOINTS, QUALITY_BREAKPOINTS, QUALITY_POINTS_UNKNOWN, points_at
from actors.core.task import Task

PARTS: tuple[str, ...] = (
    "experience",
    "speed",
    "quality",
    "idle",
    "load",
    "surplus_authority",
    "preferred",
    "continuity",
    "language",
)
SPEED_POINTS_MAX = 200
IDLE_FULL_MS = 600_000
_NO_EXPERIENCE = KindExperience()


def handle_ms(person: Operator, kind: KindId, kind_handle_ms: int) -> int:
    """The person's mean handle time of a kind, shrunk to the kind's with the weight of ten tasks. Milliseconds."""
    own = person.kinds.get(kind, _NO_EXPERIENCE)
    return (own.measured_handle_ms + 10 * kind_handle_ms) // (own.measured_count + 10)


def score_parts(
    task: Task, person: Operator, *, needed: int, load: int, kind_handle_ms: int, now_ms: int
) -> tuple[int, ...]:
    """Points of each of `PARTS`, in that order.

    Args:
        needed: authority needed.
        load: tasks the person holds.
        kind_handle_ms: mean handle time of the kind in this province.
        now_ms: wall clock.
    """
    spec = task.spec
    own = person.kinds.get(spec.kind, _NO_EXPERIENCE)
    own_ms = handle_ms(person, spec.kind, kind_handle_ms)
    faster = SPEED_POINTS_MAX * (kind_handle_ms - own_ms) // max(1, kind_handle_ms)
    idle_ms = max(0, now_ms - person.idle_since_ms) if load == 0 else 0
    return (
        points_at(EXPERIENCE_BREAKPOINTS, own.done_count),
        max(-SPEED_POINTS_MAX, min(SPEED_POINTS_MAX, faster)),
        QUALITY_POINTS_UNKNOWN if own.quality_permille < 0 else points_at(QUALITY_BREAKPOINTS, own.quality_permille),
        min(idle_ms, IDLE_FULL_MS) * 100 // IDLE_FULL_MS,
        -100 * load // person.capacity,
        -20 * max(0, person.authority.get(task.line, 0) - needed),
        150 if spec.preferred_operator == person.operator else 0,
        300 if task.prefers == person.operator else 0,
        50 if spec.language and spec.language in person.languages else 0,
    )


def contributions(parts: tuple[int, ...]) -> tuple[tuple[str, int], ...]:
    """The parts that are not zero, with their names."""
    return tuple((name, points) for name, points in zip(PARTS, parts, strict=True) if points)
