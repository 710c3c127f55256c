"""A drill on real processes: the coordinator's, the province's that dies, the gateway's that is asked, the command's."""

import json
import subprocess
import sys

from tests.integration.country import Country

#: What a busy machine may miss, and correctness never: how fast it recovered.
_OF_TIME = {"served_seconds"}


def _drill(country: Country, *arguments: str) -> tuple[int, dict[str, object]]:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "gateway.command", "drill", *arguments, "--json"),
            *("--address", country.grpc, "--data-dir", str(country.data_dir)),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stdout, done.stderr[-3000:]
    return done.returncode, json.loads(done.stdout.splitlines()[-1])


def test_a_killed_province_is_succeeded_and_the_drill_says_so(country: Country) -> None:
    """Would break if any of four processes did not understand what the drill asks of it, or if it left something behind."""
    before = country.runtime("jiangxi")
    code, outcome = _drill(country, "run", "actor-kill", "--province", "jiangxi", "--duration", "60")
    assert {outcome[name] for name in ("lost", "decided_twice", "false_alarms")} == {0}, outcome
    assert set(outcome["missed"]) <= _OF_TIME, outcome  # pyright: ignore[reportArgumentType]
    assert outcome["served_seconds"] is not None
    assert code == (0 if outcome["passed"] else 1)
    after = country.runtime("jiangxi")
    assert (after.epoch, after.pid != before.pid) == (before.epoch + 1, True)
    _, shown = _drill(country, "show", str(outcome["drill"]))
    assert shown == outcome
