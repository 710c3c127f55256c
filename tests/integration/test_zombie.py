"""Two real processes on one journal, and nothing between them but the store."""

from pathlib import Path

from actors.core.ids import ProvinceCode
from actors.country_file import load_country
from actors.province_options import ProvinceOptions
from actors.testing.zombie import play


def test_a_continued_zombie_writes_nothing_and_is_gone(tmp_path: Path, tmp_path_factory) -> None:
    """Would break if only the supervisor's SIGKILL, or the directory, kept an old incarnation from writing."""
    country = load_country(None)
    options = ProvinceOptions(
        province=ProvinceCode("fujian"),
        store_id="zombie",
        journal_path=str(tmp_path / "fujian.sqlite"),
        run_dir=str(tmp_path_factory.mktemp("z")),
        logs_dir=str(tmp_path / "logs"),
        settings=next(entry for entry in country.provinces if entry.province == "fujian"),
        limits=country.limits,
        kinds=country.kinds,
    )
    report = play(options, tmp_path)
    assert report.zombie_frames == 0
    assert report.successor_frames > 0
