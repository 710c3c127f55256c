"""The demo as a newcomer runs it, on fewer provinces and tasks."""

import json
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.timeout(240)
def test_the_demo_decides_everything_and_the_green_channel_finds_its_specialist(tmp_path: Path) -> None:
    """Would break if any part of the main job failed: creation, matching, outage, evacuation, decision, ledger, clean end."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "gateway.command", "demo", "--json", "--provinces", "6", "--tasks", "600"),
            *("--data-dir", str(tmp_path / "demo")),
        ],
        capture_output=True,
        text=True,
        timeout=220,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:] + done.stdout[-2000:]
    report = json.loads(done.stdout.splitlines()[-1])
    assert report["tasks_created"] == report["tasks_decided"] >= 600
    assert report["tasks_lost"] == report["tasks_decided_twice"] == report["ledger_sum_fen"] == 0
    assert report["ledger_legs"] > 0
    assert report["green_channel"]["home_province"] == "fujian"
    assert report["green_channel"]["host_province"] != "fujian"
    assert report["green_channel"]["decided"] is True
