"""The verdict of a run."""

from pathlib import Path

import msgspec
import pytest

from loadtests.chaos.availability import Availability
from loadtests.chaos.check import Check
from loadtests.chaos.report import judge, kind_reports, make_report, to_markdown
from loadtests.chaos.run import Result, Settings
from loadtests.chaos.storm import Injected

SETTINGS = Settings(seconds=600.0, seed=7, directory=Path("unused"))


def _result() -> Result:
    return Result(
        provinces=36,
        injected=[
            Injected(number=1, kind="province_kill", province="fujian", begun_s=10.0, healed_s=10.0, recovery_s=1.5),
            Injected(number=2, kind="province_kill", province="hebei", begun_s=20.0, healed_s=20.0, recovery_s=0.5),
            Injected(number=3, kind="gcs_kill", province="", begun_s=30.0, healed_s=60.0, missed="no process of gcs"),
        ],
        outcomes={"ok": 90, "refused": 10},
        kinds={"create": 60, "complete": 30},
        availability=Availability(calm_s=250.0, attempted=1000, available=1000),
        checks=[Check(name="lost", examined=60), Check(name="ledger")],
        verify={"ok": True, "ledger_sum_fen": 0},
        stopped_cleanly=True,
        wall_s=700.0,
    )


def test_a_run_in_which_everything_held_is_ok() -> None:
    """Would break if a good run were called bad; a ledger without shared work has nothing to look at."""
    report = make_report(_result(), SETTINGS, "the command")
    assert (report.ok, report.failures) == (True, [])
    assert (report.operations, report.acknowledged, report.lost) == (100, 90, 0)
    # Two that hit, and the loss of Ray's messages for the whole run.
    assert (report.faults, report.fault_kinds) == (3, 2)
    assert msgspec.json.decode(msgspec.json.encode(report))["command"] == "the command"


@pytest.mark.parametrize(
    ("changes", "failure"),
    [
        ({"checks": [Check(name="lost", examined=60, violations=1, listed=["gone"])]}, "lost: 1 violations"),
        ({"checks": [Check(name="lost")]}, "lost: nothing was examined"),
        ({"availability": Availability(calm_s=250.0, attempted=1000, available=998)}, "availability"),
        ({"availability": Availability(calm_s=199.0, attempted=1000, available=1000)}, "only 199 s"),
        ({"injected": []}, "no fault was injected"),
        ({"stopped_cleanly": False}, "the system did not end when asked to"),
        ({"broken": "SystemDown: it ended"}, "SystemDown: it ended"),
    ],
)
def test_whatever_did_not_hold_is_said(changes: dict[str, object], failure: str) -> None:
    """Would break if a run could end with exit code 0 although something did not hold."""
    result = msgspec.structs.replace(_result(), **changes)
    assert [said for said in judge(result, SETTINGS) if said.startswith(failure)]
    report = make_report(result, SETTINGS, "the command")
    assert not report.ok
    assert "NOT everything held" in to_markdown(report)


def test_recovery_is_summed_up_per_kind_and_who_was_missed_is_not_counted() -> None:
    """Would break if a fault that hit nobody were counted, or its silence taken for a recovery."""
    killed, gcs = kind_reports(_result().injected)
    assert (killed.faults, killed.recovery_p50_s, killed.recovery_max_s) == (2, 1.0, 1.5)
    assert (gcs.faults, gcs.missed, gcs.recovery_p50_s) == (0, 1, None)
    rows = to_markdown(make_report(_result(), SETTINGS, "the command")).splitlines()
    assert "| province_kill | 2 |  | 4.0 | 1.0 | 1.5 |" in rows


def test_why_a_fault_hit_nobody_and_whether_ray_lost_messages_is_said() -> None:
    """Would break if a reader could not see why a kind was missed, or read of losses that were switched off."""
    told = to_markdown(make_report(_result(), SETTINGS, "the command"))
    assert "- gcs_kill at 30.0 s: no process of gcs" in told
    assert "| ray_rpc_loss |" in told
    without = msgspec.structs.replace(SETTINGS, loses_ray_messages=False)
    assert "ray_rpc_loss" not in to_markdown(make_report(_result(), without, "the command"))
