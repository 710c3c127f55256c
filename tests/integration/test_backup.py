"""A country is backed up while clients write and a province is being evacuated, and comes back from the backup."""

import json
import subprocess
import sys
import threading
import uuid
from pathlib import Path

import grpc
import pytest

from gateway.v1 import province_pb2, province_pb2_grpc, task_pb2
from tests.integration.branch import Branch, Desk
from tests.integration.country import Country, running
from tests.integration.until import until

PROVINCES = ("fujian", "jiangxi")
#: A bound only; some hundreds are created.
TASKS_MAX = 10_000


def _command(*arguments: str) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-m", "gateway.command", *arguments, "--json"],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout.splitlines()[-1])


class Traffic(threading.Thread):
    """A branch of fujian that creates without a pause, and a desk of jiangxi that is heard, so that work may go there."""

    def __init__(self, country: Country) -> None:
        super().__init__(daemon=True)
        self._country = country
        self.is_stopped = threading.Event()
        #: Acknowledged, in order.
        self.names: list[str] = []
        self.errors: list[grpc.RpcError] = []

    def run(self) -> None:
        """Until stopped."""
        with grpc.insecure_channel(self._country.grpc) as channel:
            branch = Branch(channel, self._country, "fujian")
            desk = Desk(channel, self._country, "jiangxi", "jiangxi-op-1")
            while not self.is_stopped.is_set() and len(self.names) < TASKS_MAX:
                try:
                    if len(self.names) % 20 == 0:
                        desk.sign_in()
                    self.names.append(branch.create().name)
                except grpc.RpcError as error:
                    self.errors.append(error)
                    return


def _evacuate(country: Country, channel: grpc.Channel) -> None:
    request = province_pb2.EvacuateProvinceRequest(name="provinces/fujian", reason="snow", request_id=uuid.uuid4().hex)
    province_pb2_grpc.ProvinceServiceStub(channel).EvacuateProvince(request, metadata=country.token("ops"), timeout=10)


def _back_up_under_traffic(data_dir: Path, folder: Path) -> tuple[list[str], list[str], dict[str, object]]:
    """What was acknowledged before the backup began, and until it had ended, and what the backup says of itself."""
    with running(data_dir, PROVINCES) as country, grpc.insecure_channel(country.grpc) as channel:
        traffic = Traffic(country)
        traffic.start()
        until(lambda: len(traffic.names) >= 20 or bool(traffic.errors), within_s=30)
        _evacuate(country, channel)
        branch = Branch(channel, country, "fujian")
        until(lambda: branch.get(traffic.names[0]).host_province == "jiangxi", within_s=30)
        acknowledged = list(traffic.names)
        made = _command("backup", str(data_dir), str(folder))
        count = len(traffic.names)
        until(lambda: len(traffic.names) > count or bool(traffic.errors), within_s=30)
        traffic.is_stopped.set()
        traffic.join(20)
        assert traffic.errors == []
        # The old system is lost: nobody ends it in order.
        country.kill_tree()
    return acknowledged, traffic.names, made


def _is_moving(branch: Branch, name: str) -> bool:
    try:
        return branch.get(name).state == task_pb2.TASK_STATE_MOVING
    except grpc.RpcError as error:
        if error.code() != grpc.StatusCode.NOT_FOUND:
            raise
        return False  # created after the cut


@pytest.mark.timeout(240)  # two countries are started one after the other
def test_a_backup_of_a_working_country_brings_back_all_that_was_acknowledged(tmp_path: Path) -> None:
    """Would break if the backup tore a move apart, held writers up for ever, or could not be served."""
    acknowledged, created, made = _back_up_under_traffic(tmp_path / "data", tmp_path / "backup")
    assert (made["ok"], made["was_running"], made["verified"]) == (True, True, True)
    assert int(str(made["tasks_created"])) >= len(acknowledged)
    _command("restore", str(tmp_path / "backup"), str(tmp_path / "restored"))
    with running(tmp_path / "restored", PROVINCES) as country:
        with grpc.insecure_channel(country.grpc) as channel:
            branch = Branch(channel, country, "fujian")
            for name in acknowledged:
                assert branch.get(name).name == name
            # Half-finished moves complete by themselves, also of tasks that were created while the backup was taken.
            until(lambda: not any(_is_moving(branch, name) for name in created), within_s=30)
        assert country.stop() == 0
    report = _command("verify", str(tmp_path / "restored"))
    assert (report["ok"], report["tasks_lost"], report["tasks_in_transit"]) == (True, 0, 0)
