"""Actors are killed and stopped while clients write: nothing acknowledged is lost, nothing is done twice."""

import contextlib
import itertools
import os
import signal
import threading
import time
import uuid

import grpc

from actors.process_state import descendants
from tests.integration.branch import Branch
from tests.integration.country import Country, is_alive
from tests.integration.until import until


class Writer(threading.Thread):
    """Creates tasks one after the other; a write whose outcome is unknown is repeated with the same request id."""

    def __init__(self, country: Country, province: str) -> None:
        super().__init__(daemon=True)
        self._country = country
        self._province = province
        self.is_stopped = threading.Event()
        #: request id -> name, as acknowledged.
        self.acknowledged: dict[str, str] = {}
        self.acknowledged_at: list[float] = []
        self.unexpected: list[str] = []

    def run(self) -> None:
        """Write until stopped."""
        with grpc.insecure_channel(self._country.grpc) as channel:
            branch = Branch(channel, self._country, self._province)
            while not self.is_stopped.is_set():
                self._write_one(branch)

    def _write_one(self, branch: Branch) -> None:
        request, external = uuid.uuid4().hex, uuid.uuid4().hex
        for _ in range(100):
            try:
                task = branch.create(request_id=request, external_id=external, home_only=True, timeout_s=8)
            except grpc.RpcError as error:
                if error.code() not in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED):
                    self.unexpected.append(f"{error.code()}: {error.details()}")
                    return
                self.is_stopped.wait(0.02)
                continue
            self.acknowledged[request] = task.name
            self.acknowledged_at.append(time.monotonic())
            return


def _write_through(country: Country, province: str, hurt) -> tuple[list[Writer], float]:
    """Let four writers write, hurt the actor, wait for the next acknowledgement; the writers and the gap in seconds."""
    writers = [Writer(country, province) for _ in range(4)]
    for writer in writers:
        writer.start()
    until(lambda: all(len(writer.acknowledged) >= 20 for writer in writers), within_s=30)
    hurt_at = time.monotonic()
    hurt()
    until(lambda: _first_after(writers, hurt_at + 0.2) is not None, within_s=30)
    until(lambda: all(writer.acknowledged_at[-1] > hurt_at + 0.2 for writer in writers), within_s=30)
    for writer in writers:
        writer.is_stopped.set()
    for writer in writers:
        writer.join(20)
    gap = _longest_gap(sorted(at for writer in writers for at in writer.acknowledged_at), hurt_at)
    return writers, gap


def _first_after(writers: list[Writer], at: float) -> float | None:
    return min((done for writer in writers for done in writer.acknowledged_at if done > at), default=None)


def _longest_gap(times: list[float], since: float) -> float:
    relevant = [since, *(at for at in times if at > since)]
    return max(later - earlier for earlier, later in itertools.pairwise(relevant))


def _all_there(country: Country, province: str, writers: list[Writer]) -> None:
    names = [name for writer in writers for name in writer.acknowledged.values()]
    assert len(names) == len(set(names)), "two requests were given one task"
    with grpc.insecure_channel(country.grpc) as channel:
        branch = Branch(channel, country, province)
        for name in names:
            assert branch.get(name).name == name
    assert not [problem for writer in writers for problem in writer.unexpected]


def test_a_killed_province_is_back_with_everything_acknowledged(country: Country) -> None:
    """Would break if an acknowledgement overtook the fsync, or if the successor forgot a request id."""
    before = country.runtime("fujian")
    writers, gap = _write_through(country, "fujian", lambda: os.kill(before.pid, signal.SIGKILL))
    after = country.runtime("fujian")
    assert after.epoch > before.epoch
    assert after.pid != before.pid
    _all_there(country, "fujian", writers)
    count = sum(len(writer.acknowledged) for writer in writers)
    print(f"kill -9: next acknowledged write after {gap:.2f} s; {count} acknowledged writes, all there")


def test_a_stopped_province_is_replaced_and_its_zombie_is_gone(country: Country) -> None:
    """Would break if a frozen actor were waited for, or if it could write after its successor had begun."""
    before = country.runtime("fujian")
    writers, gap = _write_through(country, "fujian", lambda: os.kill(before.pid, signal.SIGSTOP))
    after = country.runtime("fujian")
    assert after.epoch > before.epoch
    with contextlib.suppress(ProcessLookupError):
        os.kill(before.pid, signal.SIGCONT)
    until(lambda: not is_alive(before.pid), within_s=10)
    _all_there(country, "fujian", writers)
    assert country.runtime("fujian").epoch == after.epoch
    print(f"SIGSTOP: next acknowledged write after {gap:.2f} s")


def test_workers_are_forked_and_outlive_what_forked_them(country: Country) -> None:
    """Would break if every restart had to start Python and import Ray twice, or if the whole country hung on one small process. Stopped is worse than killed."""
    forks = country.worker_forks()
    assert country.runtime("jiangxi").pid in descendants(forks)
    before = {province: country.runtime(province) for province in country.provinces}
    os.kill(forks, signal.SIGSTOP)
    until(lambda: country.worker_forks() not in (0, forks), within_s=30)
    os.kill(before["jiangxi"].pid, signal.SIGKILL)
    until(lambda: country.runtime("jiangxi").epoch > before["jiangxi"].epoch, within_s=30)
    assert country.runtime("jiangxi").pid in descendants(country.worker_forks())
    assert country.runtime("fujian").pid == before["fujian"].pid
