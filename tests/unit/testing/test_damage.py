"""A little of every kind of damage: it is found, or changes nothing; the long run is `python -m loadtests.chaos.damage`."""

import random
import shutil
from pathlib import Path

import pytest

from actors.testing.damage.country import OLD, make_country
from actors.testing.damage.kinds import KINDS, journals
from actors.testing.damage.trials import run_trials
from actors.testing.damage.truth import judge, learn


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sound country, to be copied."""
    return make_country(tmp_path_factory.mktemp("country"))


def test_damage_is_found_or_harmless_and_never_served() -> None:
    """A journal that tells something else than what was acknowledged loses tasks, or decides them twice."""
    outcome = run_trials(dict.fromkeys(KINDS, 2), seed=7)
    assert outcome.failures == []
    assert outcome.total.trials == 2 * len(KINDS)
    assert (outcome.total.missed, outcome.total.served_wrong) == (0, 0)
    # Files are full of places that nobody reads; but what is surely not harmless must be found.
    for kind in ("old_copy", "delete_frame", "swap_frames", "cut_off_frames"):
        assert outcome.kinds[kind].found == 2


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_changes_something(kind: str, made: Path, tmp_path: Path) -> None:
    """Damage that does nothing would count as harmless for ever."""
    data = Path(shutil.copytree(made, tmp_path / "data"))
    before = {path: path.read_bytes() for path in data.rglob("*") if path.is_file()}
    KINDS[kind](data, made.parent / OLD, random.Random(5))
    after = {path: path.read_bytes() for path in data.rglob("*") if path.is_file() and not path.name.endswith("-shm")}
    assert after != before


def test_a_judge_who_is_lied_to_notices(made: Path, tmp_path: Path) -> None:
    """The count of wrong answers could otherwise never be anything but zero: here another country speaks in place of the first."""
    first, second = Path(shutil.copytree(made, tmp_path / "first")), make_country(tmp_path / "second")
    truth = learn(first)
    verdict = judge(second, truth)
    assert len(verdict.wrong) >= len(journals(first))
