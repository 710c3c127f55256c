"""Who of the country serves, as the outer supervisor finds out.

Two things are asked. The gateways' health says which provinces serve, as a client sees it. A file of the supervisor's, in the run directory,
says whose actors stand aside because their journals cannot be used, and why (`actors.standing_aside`).

A province that stands aside is not waited for: one damaged file must not keep all other provinces from serving. The headquarters is: its journal
holds the anchors against which every other one is checked, and a country that starts unchecked might serve an old copy.
"""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import grpc
import msgspec
from grpc_health.v1 import health_pb2, health_pb2_grpc

from actors.cluster_options import REFUSALS
from actors.core.ids import ProvinceCode
from actors.store import HQ

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
        self._provinces = provinces
        self._say = say
        self._said: dict[str, str] = {}

    def aside(self) -> dict[str, str]:
        """Journals (a province's code, or `HQ`) whose actors stand aside at this moment -> why."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=dict[str, str])
        except FileNotFoundError:
            return {}

    def tell(self) -> None:
        """Say of each that stands aside what was not said yet."""
        aside = self.aside()
        for name, reason in aside.items():
            if self._said.get(name) != reason:
                self._say(f"NOT SERVING 未服务: {reason}")
        self._said = aside

    def nobody_serves_because(self) -> str:
        """Why the country cannot start: the headquarters stands aside, or all provinces do; empty: it can."""
        aside = self.aside()
        if HQ in aside:
            return aside[HQ]
        reasons = [aside[code] for code in self._provinces if code in aside]
        return f"no province can serve: {reasons[0]}" if len(reasons) == len(self._provinces) else ""

    async def call(self, gateway: str, pause: Callable[[], Awaitable[None]]) -> dict[str, str]:
        """Wait until every province serves at a gateway or stands aside; those that do -> why.

        Args:
            gateway: where it listens for gRPC.
            pause: awaited between two questions; what it raises ends the waiting.
        """
        aside: dict[str, str] = {}
        async with grpc.aio.insecure_channel(gateway) as channel:
            health = health_pb2_grpc.HealthStub(channel)
            for code in self._provinces:
                while not await _serves(health, code):
                    if reason := self.aside().get(code):
                        aside[code] = reason
                        break
                    await pause()
        return aside


async def _serves(health: Any, province: str) -> bool:
    request = health_pb2.HealthCheckRequest(service=f"province/{province}")
    try:
        answer = await health.Check(request, timeout=ANSWER_MAX_S)
    except grpc.aio.AioRpcError:
        return False
    return answer.status == health_pb2.HealthCheckResponse.SERVING
