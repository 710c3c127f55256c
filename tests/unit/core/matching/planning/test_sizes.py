"""The size of a task, learned from its attributes: found where it is, none where there is none."""

from collections.abc import Callable

import msgspec
import numpy as np
import pytest

from actors.core.matching.planning import sizes as module
from actors.core.matching.planning.sizes import SIZE_RANGE, Sizes


class Task(msgspec.Struct):
    """A task with attributes."""

    kind: str
    attributes: dict[str, object]
    id: str = "t"


def taught(
    tasks: int, drawn: Callable[[np.random.Generator], tuple[str, dict[str, object], float]], noise: float = 0.5
) -> Sizes:
    """Sizes after so many tasks; `drawn` gives kind, attributes and true size."""
    sizes, generator = Sizes(), np.random.default_rng(3)
    for _ in range(tasks):
        kind, attributes, size = drawn(generator)
        sizes.observe(kind, attributes, size * generator.lognormal(-noise * noise / 2, noise))
    return sizes


def of(sizes: Sizes, kind: str = "claim", **attributes: object) -> float:
    """The size of one task."""
    return sizes.of_one(Task(kind, attributes))


def test_minutes_in_proportion_to_a_number_are_found_soon() -> None:
    """Else tasks that the source says are long would be taken for short ones."""

    def pages(generator: np.random.Generator) -> tuple[str, dict[str, object], float]:
        each = float(generator.lognormal(0, 0.8))
        return "claim", {"pages": each, "noise": float(generator.normal())}, each

    soon, late = taught(30, pages), taught(400, pages)
    assert of(soon, pages=4.0) / of(soon, pages=1.0) > 2.0
    assert of(late, pages=4.0) / of(late, pages=1.0) == pytest.approx(4.0, rel=0.15)
    assert of(late, pages=1.0) == pytest.approx(0.73, rel=0.15), "against the mean of a lognormal of this spread"


def test_a_number_that_acts_in_proportion_to_its_own_steps_is_found() -> None:
    """Else scores and flags, which have no useful logarithm, would not count."""

    def score(generator: np.random.Generator) -> tuple[str, dict[str, object], float]:
        each = float(generator.normal())
        return "claim", {"score": each}, float(np.exp(0.5 * each))

    sizes = taught(400, score)
    assert of(sizes, score=1.0) / of(sizes, score=-1.0) == pytest.approx(np.e, rel=0.15)


def test_values_of_strings_are_found() -> None:
    """Else categories would not count."""

    def channel(generator: np.random.Generator) -> tuple[str, dict[str, object], float]:
        each = ("web", "post")[int(generator.integers(2))]
        return "claim", {"channel": each}, 2.0 if each == "post" else 0.5

    sizes = taught(300, channel)
    assert of(sizes, channel="post") / of(sizes, channel="web") == pytest.approx(4.0, rel=0.2)


def test_noise_is_given_no_effect() -> None:
    """Else every field that says nothing would make every estimate worse."""

    def nothing(generator: np.random.Generator) -> tuple[str, dict[str, object], float]:
        numbers: dict[str, object] = {f"n{number}": float(generator.lognormal()) for number in range(6)}
        return "claim", numbers | {"city": f"city{generator.integers(8)}"}, 1.0

    generator = np.random.default_rng(5)
    for tasks, most in ((30, 0.2), (300, 0.06)):
        sizes = taught(tasks, nothing)
        logs = [np.log(sizes.of_one(Task("claim", nothing(generator)[1]))) for _ in range(100)]
        assert np.sqrt(np.mean(np.square(logs))) < most


def test_a_kind_may_differ_from_all_kinds() -> None:
    """Else a number that lengthens one kind and shortens another would count for neither."""

    def opposite(generator: np.random.Generator) -> tuple[str, dict[str, object], float]:
        each, kind = float(generator.lognormal(0, 0.8)), ("claim", "change")[int(generator.integers(2))]
        return kind, {"pages": each}, each if kind == "claim" else 1.0

    sizes = taught(600, opposite)
    assert of(sizes, "claim", pages=4.0) / of(sizes, "claim", pages=1.0) > 3.0
    assert of(sizes, "change", pages=4.0) / of(sizes, "change", pages=1.0) == pytest.approx(1.0, abs=0.25)
    assert of(sizes, "never seen", pages=4.0) == 1.0


def test_nothing_known_is_an_ordinary_task() -> None:
    """Else tasks without attributes would change by what was learned of others."""

    def pages(generator: np.random.Generator) -> tuple[str, dict[str, object], float]:
        each = float(generator.lognormal())
        return "claim", {"pages": each}, each

    sizes = taught(100, pages)
    assert of(sizes) == of(sizes, other=5.0) == of(sizes, pages=float("nan")) == 1.0


def test_whatever_comes_sizes_are_finite_and_bounded() -> None:
    """Else one odd row of a log would spoil every later decision."""
    odd = [1e308, -1e308, 0, "x", None, float("nan"), float("inf"), True, [1], "1e9", -3, 10**400, 5e-324]

    def junk(generator: np.random.Generator) -> tuple[str, dict[str, object], float]:
        value = odd[int(generator.integers(len(odd)))]
        return (
            "claim",
            {"a": value, "b": odd[int(generator.integers(len(odd)))]},
            float(10.0 ** generator.integers(-300, 300)),
        )

    sizes = taught(300, junk)
    for value in odd:
        assert SIZE_RANGE[0] <= of(sizes, a=value, b=value) <= SIZE_RANGE[1]


def test_kinds_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else memory would grow with every kind ever seen."""
    monkeypatch.setattr(module, "KINDS_MAX", 3)
    sizes = Sizes()
    for number in range(40):
        sizes.observe(f"k{number % 10}", {"pages": float(number)}, 1.0)
    assert len(sizes._kinds) == 3


def test_kinds_that_are_only_asked_about_are_not_remembered() -> None:
    """Else memory would grow with every kind that a source makes up, where no task with attributes is finished any more."""

    def pages(generator: np.random.Generator) -> tuple[str, dict[str, object], float]:
        number = float(generator.integers(1, 9))
        return "claim", {"pages": number}, number

    sizes = taught(60, pages)
    tasks = [Task(f"made up {number}", {"pages": 4.0}, id=f"t{number}") for number in range(50)]
    asked = {of(sizes, task.kind, pages=4.0) for task in tasks}
    assert len(asked) == 1, "all kinds alike are as large"
    sizes.of([task.kind for task in tasks], np.arange(len(tasks)), tasks)
    assert len(sizes._effects_of) <= 2


def test_many_at_once_are_as_one_by_one() -> None:
    """Else what is decided would differ from what is explained."""

    def pages(generator: np.random.Generator) -> tuple[str, dict[str, object], float]:
        each, kind = float(generator.lognormal()), f"k{generator.integers(3)}"
        return kind, {"pages": each, "channel": "ab"[int(generator.integers(2))]}, each

    sizes, generator = taught(200, pages), np.random.default_rng(8)
    tasks = [Task(kind, known, f"t{row}") for row in range(20) for kind, known, _ in (pages(generator),)]
    kinds = ["k0", "k1", "k2"]
    together = sizes.of(kinds, np.array([kinds.index(task.kind) for task in tasks]), tasks)
    assert together.tolist() == [sizes.of_one(task) for task in tasks]
    tasks[3].attributes = {"pages": 99.0}
    again = sizes.of(kinds, np.array([kinds.index(task.kind) for task in tasks]), tasks)
    assert again[3] == sizes.of_one(tasks[3]) != together[3], "other attributes under the same id are read anew"
