"""The share of stolen time is what passed since the start, not since the machine was switched on."""

from pathlib import Path

from loadtests.stolen_time import StolenTime


def test_what_was_stolen_meanwhile_counts(tmp_path: Path) -> None:
    """Would break if a disturbed morning were held against a quiet evening."""
    stat = tmp_path / "stat"
    stat.write_text("cpu  100 0 50 800 0 0 0 500 7 7\ncpu0 1 2 3\n")
    stolen = StolenTime(stat)
    assert stolen.ratio() == 0
    stat.write_text("cpu  130 0 60 850 0 0 0 510 9 9\ncpu0 1 2 3\n")
    assert stolen.ratio() == 0.1


def test_where_the_kernel_says_nothing_nothing_is_stolen(tmp_path: Path) -> None:
    """Would break if a measurement could not be made on another system."""
    assert StolenTime(tmp_path / "missing").ratio() == 0
