"""Who of the country serves, as the outer supervisor finds out.

Two things are asked. The gateways' health says which provinces serve, as a client sees it. A file of the supervisor's, in the run directory,
says whose actors stand aside because their journals cannot be used, or could not start at all, and why (`actors.standing_aside`).

A province that stands aside is not waited for: one damaged file must not keep all other provinces from serving. The headquarters is: its journal
holds the anchors against which every other one is checked, and a country that starts unchecked might serve an old copy.

A province that says nothing, because its process hangs, is waited for as long as a start may take. Then it is named, and the others work without it.
So is the coordinator, whom only the directory of addresses shows, but not for as long: every province checks its journal against the headquarters'
by itself, and goes by what it last knew.
"""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import grpc
import msgspec
from grpc_health.v1 import health_pb2, health_pb2_grpc

from actors import protocol
from actors.cluster_options import REFUSALS
from actors.core.ids import ProvinceCode
from actors.store import HQ, LOST_RUNBOOK
from actors.transport import DIRECTORY_SOCKET, DirectoryClient

#: A gateway that does not answer within this is asked again.
ANSWER_MAX_S = 2.0


class RollCall:
    """Asks who serves, and says who cannot.

    Args:
        run_dir: of the running system.
        provinces: everybody who should serve.
        say: told once of each actor that stands aside, or does so for another reason.
    """

    def __init__(self, run_dir: Path, provinces: Sequence[ProvinceCode], say: Callable[[str], None]) -> None:
        self._path = run_dir / REFUSALS
        self._directory_path = run_dir / DIRECTORY_SOCKET
        self._provinces = provinces
        self._say = say
        self._said: dict[str, str] = {}
        #: Provinces, or `HQ`, that did not come up in time -> what was said of them.
        self._late: dict[str, str] = {}

    def aside(self) -> dict[str, str]:
        """Journals (a province's code, or `HQ`) whose actors stand aside at this moment -> why."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=dict[str, str])
        except FileNotFoundError:
            return {}

    def tell(self) -> None:
        """Say of each that stands aside what was not said yet, and of each that no longer does that it tries again."""
        aside = self.aside()
        for name in self._said:
            if name not in aside:
                self._say(f"{_who(name)} tries again 再次尝试")
        for name, reason in aside.items():
            if self._said.get(name) != reason:
                self._say(f"NOT SERVING 未服务: {reason}")
        self._said = aside

    def nobody_serves_because(self) -> str:
        """Why the country cannot start: the headquarters stands aside, or all provinces do or did not come up; empty: it can."""
        aside = self.aside()
        if HQ in aside:
            return aside[HQ]
        aside = self._late | aside
        reasons = [aside[code] for code in self._provinces if code in aside]
        return f"no province can serve: {reasons[0]}" if len(reasons) == len(self._provinces) else ""

    async def call(
        self, gateway: str, pause: Callable[[], Awaitable[None]], is_over: Callable[[], bool]
    ) -> dict[str, str]:
        """Wait until every province serves at a gateway or stands aside, at most until the time is over; those that do not serve -> why.

        Args:
            gateway: where it listens for gRPC.
            pause: awaited between two questions; what it raises ends the waiting.
            is_over: whether nobody is to be waited for any more. Everybody is asked once all the same.
        """
        aside: dict[str, str] = {}
        async with grpc.aio.insecure_channel(gateway) as channel:
            health = health_pb2_grpc.HealthStub(channel)
            for code in self._provinces:
                while not await _serves(health, code):
                    if reason := self.aside().get(code):
                        aside[code] = reason
                        break
                    if is_over():
                        aside[code] = self._give_up(code)
                        break
                    await pause()
        return aside

    async def call_headquarters(
        self, pause: Callable[[], Awaitable[None]], is_over: Callable[[], bool]
    ) -> dict[str, str]:
        """Wait until the coordinator is in the directory, at most until the time is over; `HQ` -> why, if it is not.

        Args:
            pause: awaited between two looks; what it raises, as when the coordinator stands aside, ends the waiting.
            is_over: whether it is to be waited for no more.
        """
        directory = DirectoryClient(
            self._directory_path, "serve/roll-call", register=None, on_change=lambda _entry, _present: None
        )
        directory.start()
        try:
            while protocol.COORDINATOR not in directory.table:
                if is_over():
                    return {HQ: self._give_up(HQ)}
                await pause()
        finally:
            await directory.close()
        return {}

    def _give_up(self, code: str) -> str:
        """Name a province, or the coordinator, that has not come up; why."""
        reason = f"{_who(code)} has not come up and says nothing; what to do: {LOST_RUNBOOK}"
        if code not in self._late:
            self._say(f"NOT SERVING 未服务: {reason}")
        self._late[code] = reason
        return reason


def _who(code: str) -> str:
    return "the coordinator" if code == HQ else f"province {code}"


async def _serves(health: Any, province: str) -> bool:
    request = health_pb2.HealthCheckRequest(service=f"province/{province}")
    try:
        answer = await health.Check(request, timeout=ANSWER_MAX_S)
    except grpc.aio.AioRpcError:
        return False
    return answer.status == health_pb2.HealthCheckResponse.SERVING
