"""Locust as a load tester runs it: without a window, on several processes, against a real system."""

import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from actors.verification.directory import verify_directory
from tests.integration.country import running

LOCUSTFILE = Path(__file__).parents[2] / "loadtests" / "locustfile.py"


def free_port() -> str:
    """A port that nobody has at the moment."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return str(free.getsockname()[1])


def locust(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """A run of Locust to its end."""
    return subprocess.run(
        [sys.executable, "-m", "locust", "-f", str(LOCUSTFILE), "--headless", "--only-summary", *arguments],
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )


@pytest.mark.timeout(300)
def test_what_locust_was_acknowledged_is_decided_once(tmp_path: Path) -> None:
    """Would break if users, places, ledgers or the reading back failed anywhere between two workers, their clients and the master."""
    objectives, report = tmp_path / "objectives.toml", tmp_path / "report.html"
    # How fast it is depends on the machine, so nothing of it is judged here.
    objectives.write_text("promise_s = 3600", encoding="utf-8")
    with running(tmp_path / "data", ("fujian", "jiangxi"), "--no-sample-operators") as country:
        port = free_port()
        done = locust(
            *("--processes", "2", "--master-bind-host", "127.0.0.1", "--master-bind-port", port, "--master-port", port),
            *("--html", str(report)),
            *("--shape", "outage", "--time-factor", "150", "--peak-per-second", "30"),
            *("--address", country.grpc, "--data-dir", str(country.data_dir), "--objectives", str(objectives)),
        )
        told = done.stdout[-3000:] + done.stderr[-6000:]
        assert done.returncode == 0, told
        assert country.stop() == 0
    verified = verify_directory(tmp_path / "data")
    assert verified.ok
    assert verified.tasks_created == verified.tasks_decided > 0, told
    # A desk that fell silent may not have heard the answer to its last decisions; all others have.
    acknowledged = re.search(r"acknowledged ([\d,]+) tasks created, ([\d,]+) decisions", done.stdout)
    assert acknowledged, told
    assert int(acknowledged[1].replace(",", "")) == verified.tasks_created, told
    assert int(acknowledged[2].replace(",", "")) > 0.8 * verified.tasks_decided, told
    assert f"events       {verified.tasks_created:,} tasks created, {verified.tasks_decided:,} decided" in done.stdout
    assert report.stat().st_size > 0
    for name in ("CreateTask", "IngestTasks item", "Work complete", "GetOverview", "StreamEvents"):
        assert name in done.stderr, told


def test_without_a_system_locust_fails_and_says_why(tmp_path: Path) -> None:
    """Would break if a run that could not begin looked like one that held, or ended in a traceback."""
    done = locust("--data-dir", str(tmp_path / "nowhere"))
    assert done.returncode == 1
    assert f"there is no {tmp_path / 'nowhere' / 'dev-tokens.json'}" in done.stdout
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("rate", ["1e9", "0", "nan"])
def test_a_rate_that_there_cannot_be_is_told_with_its_bounds(rate: str) -> None:
    """A rate that was too high was refused for not being more than 0."""
    done = locust("--peak-per-second", rate)
    assert done.returncode == 2
    assert "argument --peak-per-second: must be more than 0 and less than 1,000,000" in done.stderr
