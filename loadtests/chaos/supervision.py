"""Who watches the watchmen: every process beside the provinces is killed or stopped while a client writes.

    python -m loadtests.chaos.supervision --json

One system, one fault after the other: SIGKILL of coordinator, gateway, cluster process, GCS and raylet, SIGSTOP of coordinator, gateway, cluster process
and GCS. A client of each province writes all the time, at a pace that is the country's, however many provinces there are: clients that wrote as
fast as they were answered took the cores from the provinces that had yet to start (16,000 writes in the 78 s of a restart). A fault is over
when the process of that role is another one, every province has acknowledged a write that was begun after that, and everybody is present.
For each kind is printed how long that took and how many writes were acknowledged meanwhile; at the end the journals are verified and everything acknowledged must be in them.
"""

import asyncio
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from loadtests.bench.recovery import Client, RecoveryFailed, present
from loadtests.chaos.findings import Findings, RowFailed, check_journals, run_row, verified
from loadtests.chaos.processes import Process
from loadtests.chaos.provinces import read_provinces_option
from loadtests.chaos.system import LiveSystem
from loadtests.wire import open_channel

#: (what is done, to whom).
KINDS: tuple[tuple[str, signal.Signals, str], ...] = (
    ("coordinator_killed", signal.SIGKILL, "coordinator"),
    ("gateway_killed", signal.SIGKILL, "gateway"),
    ("cluster_killed", signal.SIGKILL, "cluster"),
    ("gcs_killed", signal.SIGKILL, "gcs"),
    ("raylet_killed", signal.SIGKILL, "raylet"),
    ("coordinator_stopped", signal.SIGSTOP, "coordinator"),
    ("gateway_stopped", signal.SIGSTOP, "gateway"),
    ("cluster_stopped", signal.SIGSTOP, "cluster"),
    ("gcs_stopped", signal.SIGSTOP, "gcs"),
)
#: Full service must be back by then.
FULL_SERVICE_MAX_S = 60.0
#: With the GCS dead, accepted work goes on: at least so many writes are acknowledged before anything starts again.
ACKNOWLEDGED_WITHOUT_GCS_MIN = 10
#: Longer than that nothing is waited for.
GIVE_UP_S = 180.0
#: Writes of all clients together, as many as a chaos run creates.
WRITES_PER_S = 75.0
#: Pause between two looks.
LOOK_EVERY_S = 0.05
#: Time for all to settle between two faults.
QUIET_S = 3.0
DEFAULT_PROVINCES = "fujian,jiangxi"


class Writers:
    """One client a province, all of them writing until stopped."""

    def __init__(self, client: Client, provinces: tuple[str, ...]) -> None:
        self._client = client
        self._pause_s = len(provinces) / WRITES_PER_S
        self._jobs = [asyncio.create_task(self._write(province)) for province in provinces]
        #: Province -> when its newest acknowledged write was begun (monotonic seconds).
        self.begun_s = dict.fromkeys(provinces, 0.0)

    @property
    def acknowledged(self) -> int:
        """Writes that all of them together saw acknowledged."""
        return len(self._client.acknowledged)

    async def _write(self, province: str) -> None:
        while True:
            began_s = time.monotonic()
            await self._client.write(province)
            self.begun_s[province] = began_s
            await asyncio.sleep(self._pause_s)

    def require_well(self) -> None:
        """Raise what ended one of them.

        Raises:
            RecoveryFailed: a write was refused for good or never acknowledged.
        """
        for job in self._jobs:
            if job.done():
                job.result()

    async def stop(self) -> None:
        """Stop all."""
        for job in self._jobs:
            job.cancel()
        await asyncio.gather(*self._jobs, return_exceptions=True)


async def play(directory: Path, tell: Callable[[str], None], provinces: tuple[str, ...]) -> Findings:
    """All faults in turn on one system.

    Raises:
        RowFailed: something did not come back.
        SystemDown: the system did not start.
    """
    findings = Findings("supervision")
    system = LiveSystem(directory, provinces)
    await system.start()
    tell(f"{len(system.provinces)} provinces serve after {system.startup_s:.1f} s")
    try:
        async with open_channel(system.grpc) as channel:
            client = Client(system, channel)
            writers = Writers(client, system.provinces)
            for kind, number, role in KINDS:
                await _one(findings, system, writers, kind, number, role, tell)
            await writers.stop()
            findings.exactly("acknowledged_unreadable", await client.unreadable(), 0)
        findings.exactly("ended_in_order", await system.stop(), True)
    except RecoveryFailed as error:
        raise RowFailed(str(error)) from error
    finally:
        system.kill_tree()
        await system.wait_gone()
    check_journals(findings, await verified(system.data_dir), len(client.acknowledged))
    return findings


async def _one(
    findings: Findings,
    system: LiveSystem,
    writers: Writers,
    kind: str,
    number: signal.Signals,
    role: str,
    tell: Callable[[str], None],
) -> None:
    """One fault, from quiet to full service."""
    await asyncio.sleep(QUIET_S)
    victim = await present(system, role)
    before = writers.acknowledged
    began_s = time.monotonic()
    victim.signal(number)
    replaced_s = await _replaced(system, writers, role, victim)
    meanwhile = writers.acknowledged - before
    served_s = await _fully_served(system, writers, replaced_s)
    seconds, acknowledged = served_s - began_s, writers.acknowledged - before
    tell(f"{kind}: full service after {seconds:.1f} s; {meanwhile} writes acknowledged before it was replaced")
    findings.at_most(f"{kind}_seconds", seconds, FULL_SERVICE_MAX_S)
    if kind == "gcs_killed":
        findings.at_least(f"{kind}_acknowledged_meanwhile", meanwhile, ACKNOWLEDGED_WITHOUT_GCS_MIN)
    else:
        findings.figures[f"{kind}_acknowledged_meanwhile"] = meanwhile
    findings.figures[f"{kind}_acknowledged"] = acknowledged


async def _replaced(system: LiveSystem, writers: Writers, role: str, victim: Process) -> float:
    """When another process had the role and the victim was gone (monotonic seconds).

    Raises:
        RecoveryFailed: nobody replaced it.
    """
    began_s = time.monotonic()
    while time.monotonic() - began_s < GIVE_UP_S:
        writers.require_well()
        found = system.find(role)
        if found is not None and found != victim and not victim.is_alive:
            return time.monotonic()
        await asyncio.sleep(LOOK_EVERY_S)
    raise RecoveryFailed(f"nobody replaced the {role}")


async def _fully_served(system: LiveSystem, writers: Writers, since_s: float) -> float:
    """When everybody was present and every province had acknowledged a write begun after `since_s` (monotonic seconds).

    Raises:
        RecoveryFailed: not in time.
    """
    wanted = {"cluster", "gateway", "gcs", "raylet", "coordinator", *system.provinces}
    began_s = time.monotonic()
    while time.monotonic() - began_s < GIVE_UP_S:
        writers.require_well()
        if min(writers.begun_s.values()) > since_s and wanted <= system.roles().keys():
            return time.monotonic()
        await asyncio.sleep(LOOK_EVERY_S)
    raise RecoveryFailed(f"no full service: {sorted(wanted - system.roles().keys())} are away")


def main(
    provinces: Annotated[str, typer.Option(help="A number or codes, comma-separated.")] = DEFAULT_PROVINCES,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Kill and stop every process beside the provinces, one after the other, under load.

    Example: python -m loadtests.chaos.supervision --json

    Exit code 0 only if everything held.
    """
    codes = read_provinces_option(provinces)
    run_row(lambda directory, tell: play(directory, tell, codes), as_json=as_json)


if __name__ == "__main__":
    typer.run(main)
