import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.core.country import Line
from actors.core.ids import OperatorId
from actors.core.matching.score import PARTS, SPEED_POINTS_MAX, contributions, handle_ms, score_parts
from actors.core.operators import KindExperience, Operator
from actors.core.task import Task
from tests.unit.core.harness import MEDICAL, START_MS, person, spec
from tests.unit.core.matching.test_filters import task_of

KIND_MS = 720_000


def points(who: Operator, task: Task | None = None, *, load: int = 0, needed: int = 0) -> dict[str, int]:
    """The parts by name."""
    parts = score_parts(task or task_of(spec()), who, needed=needed, load=load, kind_handle_ms=KIND_MS, now_ms=START_MS)
    return dict(zip(PARTS, parts, strict=True))


def experienced(done: int = 0, *, measured: int = 0, mean_ms: int = 0, quality: int = -1) -> Operator:
    """Somebody with a past."""
    past = KindExperience(
        done_count=done, measured_count=measured, measured_handle_ms=measured * mean_ms, quality_permille=quality
    )
    return person("chen", kinds={MEDICAL: past}, idle_since_ms=START_MS)


@pytest.mark.parametrize(("done", "expected"), [(0, 0), (10, 100), (30, 175), (50, 250), (200, 400), (5_000, 600)])
def test_experience_counts_by_breakpoints(done: int, expected: int) -> None:
    """The same breakpoints rank hosts; were they different, a task would travel to people it is not given to."""
    assert points(experienced(done))["experience"] == expected


@pytest.mark.parametrize(
    ("measured", "mean_ms", "expected"),
    [
        (0, 0, 0),
        (10, KIND_MS // 2, 50),
        (1_000_000, 1, 199),
        (1_000_000, 10 * KIND_MS, -SPEED_POINTS_MAX),
        (10, KIND_MS, 0),
    ],
)
def test_speed_is_shrunk_and_bounded(measured: int, mean_ms: int, expected: int) -> None:
    """One lucky task must not make a champion, and no speed outweighs everything else."""
    assert points(experienced(measured=measured, mean_ms=mean_ms))["speed"] == expected


@pytest.mark.parametrize(("quality", "expected"), [(-1, 100), (0, 0), (900, 0), (960, 100), (1000, 200)])
def test_quality_counts_and_the_unknown_stands_in_the_middle(quality: int, expected: int) -> None:
    """New people without samples must neither win nor lose by it."""
    assert points(experienced(quality=quality))["quality"] == expected


@pytest.mark.parametrize(("idle_ms", "load", "expected"), [(0, 0, 0), (300_000, 0, 50), (3_600_000, 0, 100), (9, 1, 0)])
def test_idle_time_counts_only_for_idle_hands(idle_ms: int, load: int, expected: int) -> None:
    """Somebody at work is not waiting for work."""
    who = person("chen", capacity=4, idle_since_ms=START_MS - idle_ms)
    assert points(who, load=load)["idle"] == expected


def test_a_clock_set_back_gives_no_negative_idle_points() -> None:
    """Wall clocks jump; points must not."""
    assert points(person("chen", idle_since_ms=START_MS + 10**7))["idle"] == 0


@pytest.mark.parametrize(
    ("part", "who", "task", "needed", "load", "expected"),
    [
        ("load", person("chen", capacity=4), None, 0, 2, -50),
        ("surplus_authority", person("chen", authority={Line.CLAIMS: 5}), None, 2, 0, -60),
        ("surplus_authority", person("chen", authority={Line.SERVICING: 5}), None, 0, 0, 0),
        ("preferred", person("chen"), task_of(spec(preferred_operator="chen")), 0, 0, 150),
        ("preferred", person("lin"), task_of(spec(preferred_operator="chen")), 0, 0, 0),
        ("continuity", person("chen"), task_of(spec(), prefers=OperatorId("chen")), 0, 0, 300),
        ("language", person("chen", languages=("min", "zh")), task_of(spec(language="min")), 0, 0, 50),
        ("language", person("chen"), task_of(spec(language="min")), 0, 0, 0),
    ],
)
def test_each_part_alone(part: str, who: Operator, task: Task | None, needed: int, load: int, expected: int) -> None:
    """A part that counts double or not at all would send work to the wrong desk without anybody noticing."""
    assert points(who, task, needed=needed, load=load)[part] == expected


@given(
    st.integers(0, 10**6),
    st.integers(0, 10**6),
    st.integers(0, 10**7),
    st.integers(-1, 1000),
    st.integers(0, 64),
)
def test_every_part_stays_in_its_range(done: int, measured: int, mean_ms: int, quality: int, load: int) -> None:
    """Ranges are what the explanation shown to people promises."""
    past = KindExperience(
        done_count=done, measured_count=measured, measured_handle_ms=measured * mean_ms, quality_permille=quality
    )
    found = points(person("chen", kinds={MEDICAL: past}, capacity=64), load=load)
    assert 0 <= found["experience"] <= 600
    assert -SPEED_POINTS_MAX <= found["speed"] <= SPEED_POINTS_MAX
    assert 0 <= found["quality"] <= 200
    assert -100 <= found["load"] <= 0


def test_contributions_leave_out_what_is_nothing() -> None:
    """A reason full of zeros is no reason."""
    assert contributions((100, 0, 50, 0, 0, 0, 0, 0, 0)) == (("experience", 100), ("quality", 50))


def test_handle_time_is_shrunk_to_the_kind() -> None:
    """The forecast of somebody new must be the kind's, not zero."""
    assert handle_ms(experienced(), MEDICAL, KIND_MS) == KIND_MS
    assert handle_ms(experienced(measured=10, mean_ms=KIND_MS // 2), MEDICAL, KIND_MS) == KIND_MS * 3 // 4
