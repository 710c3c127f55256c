"""A minute of chaos on two provinces: the smoke of what `python -m loadtests.chaos` does for ten minutes on thirty-six."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from loadtests.chaos.schedule import KINDS

SECONDS = 60
#: Every kind but those that take the whole country down for half a minute.
CHEAP = {kind.name for kind in KINDS.values() if not kind.is_heavy}
#: What a busy machine may miss, and correctness never: how fast it recovered.
_OF_TIME = ("availability", "only")


@pytest.mark.timeout(420)
def test_nothing_acknowledged_is_lost_or_decided_twice_in_a_minute_of_chaos(tmp_path: Path) -> None:
    """Would break if any cheap kind of fault could lose, double or contradict what a client was told."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "loadtests.chaos", "--seconds", str(SECONDS), "--provinces", "fujian,jiangxi"),
            *("--seed", "1", "--data-dir", str(tmp_path), "--creates-per-s", "20", "--calls-per-s", "10", "--json"),
            # Ray's losses are no business of a quick test: they make starting slow now and then.
            "--no-ray-loss",
        ],
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    told = done.stderr[-6000:]
    assert done.returncode in (0, 1), told
    assert done.stdout, told
    report = json.loads(done.stdout.splitlines()[-1])
    assert [failure for failure in report["failures"] if not failure.startswith(_OF_TIME)] == [], told
    assert {check["name"]: check["violations"] for check in report["checks"] if check["violations"]} == {}, told
    assert (report["lost"], report["decided_twice"], report["stale_accepted"], report["ledger_sum_fen"]) == (0, 0, 0, 0)
    assert {fault["kind"] for fault in report["injected"] if not fault["missed"]} == CHEAP, told
    assert report["acknowledged"] > report["repetitions"] > 0
    assert (tmp_path / "report.md").read_text(encoding="utf-8").startswith("# Chaos")
