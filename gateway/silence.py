"""Provinces whose desks this gateway does not hear: a power failure that is only practised (drills).

For a desk it is as when its network dies: what it sends is not taken up, what happens is not shown. Nothing is refused: a real outage does
not answer either. What desks sent meanwhile lies where a network would hold it, in their streams (bounded as ever, see
`gateway.services.work_stream`), and is carried out when the silence ends: then it is late, and the province refuses what is void.

The province sees what it sees in an outage: a gateway that stands, reports, and has heard nobody.

Every silence ends by our own clock, whether or not anybody says so: a drill that was aborted, forgotten, or whose coordinator died heals.

When the gateway stops, whoever waits for the end of a silence is told so, since a stop would take all the time that it has for what does not come
meanwhile. The silence itself goes on: carried out or heard in a last moment, the desks would be back in the middle of the drill.
"""

import asyncio
from collections.abc import Callable, Mapping

import structlog

from actors.core.ids import ProvinceCode
from gateway.errors import GatewayError, GatewayReason

_log = structlog.get_logger(__name__)

#: The longest silence that is believed, ms.
SILENCE_MAX_MS = 600_000


class Silence:
    """Who is not heard at the moment.

    Args:
        on_heard: called with a province that is heard again.
    """

    def __init__(self, on_heard: Callable[[ProvinceCode], None]) -> None:
        self._on_heard = on_heard
        self._over: dict[ProvinceCode, asyncio.Event] = {}
        self._timers: dict[ProvinceCode, asyncio.TimerHandle] = {}
        self._is_stopping = False

    @property
    def is_on(self) -> bool:
        """Whether any province's desks are silent."""
        return bool(self._over)

    def holds(self, province: ProvinceCode) -> bool:
        """Whether the province's desks are silent."""
        return province in self._over

    async def over(self, province: ProvinceCode) -> None:
        """Wait until the province's desks are heard; at once when they are.

        Raises:
            GatewayError: SHUTTING_DOWN, the gateway stops before.
        """
        while (over := self._over.get(province)) is not None:
            if self._is_stopping:
                raise GatewayError(GatewayReason.SHUTTING_DOWN, "This gateway stops; nothing was done.")
            await over.wait()

    def stop(self) -> None:
        """The gateway stops: nobody waits any more, though nobody is heard."""
        self._is_stopping = True
        for over in self._over.values():
            over.set()

    def replace(self, provinces: Mapping[ProvinceCode, int]) -> None:
        """Be silent about these for so many milliseconds from now, and about no others."""
        for province in [code for code in self._over if code not in provinces]:
            self._end(province)
        for province, for_ms in provinces.items():
            self._begin(province, for_ms)

    def _begin(self, province: ProvinceCode, for_ms: int) -> None:
        if province not in self._over:
            self._over[province] = asyncio.Event()
            _log.warning("silence begins", province=province, for_ms=for_ms)
        self._forget_timer(province)
        seconds = min(max(0, for_ms), SILENCE_MAX_MS) / 1000
        self._timers[province] = asyncio.get_running_loop().call_later(seconds, self._end, province)

    def _end(self, province: ProvinceCode) -> None:
        self._forget_timer(province)
        self._over.pop(province).set()
        _log.warning("silence ends", province=province)
        self._on_heard(province)

    def _forget_timer(self, province: ProvinceCode) -> None:
        timer = self._timers.pop(province, None)
        if timer is not None:
            timer.cancel()

    def close(self) -> None:
        """End all silences without a word."""
        for province in list(self._over):
            self._forget_timer(province)
            self._over.pop(province).set()
