"""Starting, refusing to start, stopping and surviving: the `serve` command as its users meet it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import grpc
import pytest

from actors.running import run_dirs_of
from tests.integration.branch import Branch
from tests.integration.country import Country, is_alive, running
from tests.integration.until import until


def _command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "gateway.command", *arguments], capture_output=True, text=True, timeout=90, check=False
    )


def test_a_directory_in_use_is_refused(country: Country) -> None:
    """Would break if two systems could write the same journals."""
    done = _command("serve", "--json", "--data-dir", str(country.data_dir))
    assert done.returncode == 2
    assert "in use" in done.stderr


def test_a_journal_of_another_store_is_refused(tmp_path: Path, country: Country) -> None:
    """Would break if a restored or copied journal could be mixed into a foreign store."""
    other = tmp_path / "other"
    (other / "journals").mkdir(parents=True)
    for suffix in ("", "-wal"):
        source = country.data_dir / "journals" / f"fujian.sqlite{suffix}"
        (other / "journals" / source.name).write_bytes(source.read_bytes())
    (other / "store.json").write_text(
        json.dumps({"store_id": "0" * 32, "created_ms": 0, "provinces": ["fujian"]}), encoding="utf-8"
    )
    done = _command("serve", "--json", "--data-dir", str(other))
    assert done.returncode == 2
    assert "belongs to store" in done.stderr


def test_development_tokens_are_never_served_to_the_network(tmp_path: Path) -> None:
    """Would break if a laptop's demo were open to everyone on its network."""
    done = _command("serve", "--data-dir", str(tmp_path / "data"), "--grpc", "0.0.0.0:0")
    assert done.returncode == 2
    assert "development tokens" in done.stderr


def test_ray_adds_no_statistics_to_its_logs(country: Country) -> None:
    """They filled the disk of whoever let a country run: once a minute, from the start on, of every process."""
    [run_dir] = run_dirs_of(country.data_dir)
    logs = run_dir / "ray" / "session_latest" / "logs"
    written = {path.name: path.read_text(errors="replace") for path in (*logs.glob("*.out"), *logs.glob("*.log"))}
    assert written["gcs_server.out"] and any(name.startswith("python-core-worker") for name in written)
    assert [name for name, text in written.items() if "Event stats" in text] == []


def test_a_killed_country_comes_back_whole_and_ends_cleanly(tmp_path: Path) -> None:
    """Would break if anything acknowledged were only in memory, or if Ctrl-C left a process behind."""
    data_dir = tmp_path / "data"
    with running(data_dir, ("fujian", "jiangxi")) as first:
        with grpc.insecure_channel(first.grpc) as channel:
            names = [Branch(channel, first, code).create().name for code in ("fujian", "jiangxi") for _ in range(20)]
        killed = first.descendants()
        first.kill_tree()
        until(lambda: not any(is_alive(pid) for pid in killed), within_s=20)
    with running(data_dir, ("fujian", "jiangxi")) as second:
        with grpc.insecure_channel(second.grpc) as channel:
            for name in names:
                assert Branch(channel, second, name.split("/")[1]).get(name).name == name
        everyone = second.descendants()
        assert second.stop() == 0
        assert not [pid for pid in everyone if is_alive(pid)]
    report = _command("verify", str(data_dir), "--json")
    assert report.returncode == 0, report.stdout
    found = json.loads(report.stdout.splitlines()[-1])
    assert found["ok"] is True
    assert found["tasks_created"] == len(names)


def test_a_damaged_journal_keeps_one_province_from_serving_and_the_right_one_brings_it_back(tmp_path: Path) -> None:
    """Would break if one file kept the whole country from starting, or if mending it needed another start."""
    data_dir = tmp_path / "data"
    journal, right = data_dir / "journals" / "fujian.sqlite", tmp_path / "right"
    with running(data_dir, ("fujian", "jiangxi")) as first:
        with grpc.insecure_channel(first.grpc) as channel:
            name = Branch(channel, first, "fujian").create(home_only=True).name
        assert first.stop() == 0
    shutil.copy(journal, right)
    os.truncate(journal, journal.stat().st_size // 2)
    with running(data_dir, ("fujian", "jiangxi")) as second:
        aside = second.ready["standing_aside"]
        assert isinstance(aside, dict)
        assert (second.ready["provinces"], list(aside)) == (1, ["fujian"])
        assert "NOT SERVING" in second.errors()
        with grpc.insecure_channel(second.grpc) as channel:
            Branch(channel, second, "jiangxi").create(home_only=True)
            fujian = Branch(channel, second, "fujian")
            with pytest.raises(grpc.RpcError) as refused:
                fujian.create(home_only=True)
            assert refused.value.code() is grpc.StatusCode.UNAVAILABLE
            right.replace(journal)
            until(lambda: _reads(fujian, name), within_s=30)
        assert second.stop() == 0


def _reads(branch: Branch, name: str) -> bool:
    """Whether the province is back with its task."""
    try:
        return branch.get(name).name == name
    except grpc.RpcError:
        return False
