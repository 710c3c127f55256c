"""Provinces that this gateway has no connection to, because a drill wants it so: a network that is cut, played at our end.

As with `gateway.silence`, a cut ends by our own clock, whether or not anybody says so.
"""

import asyncio
from collections.abc import Callable, Mapping

import structlog

from actors.core.ids import ProvinceCode

_log = structlog.get_logger(__name__)

#: The longest cut that is believed, ms.
CUT_MAX_MS = 600_000


class Cuts:
    """Who cannot be reached at the moment.

    Args:
        on_change: called with a province that has been cut off (True) or may be connected to again (False).
    """

    def __init__(self, on_change: Callable[[ProvinceCode, bool], None]) -> None:
        self._on_change = on_change
        self._timers: dict[ProvinceCode, asyncio.TimerHandle] = {}

    def holds(self, province: ProvinceCode) -> bool:
        """Whether the province is cut off."""
        return province in self._timers

    def replace(self, provinces: Mapping[ProvinceCode, int]) -> None:
        """Be cut off from these for so many milliseconds from now, and from no others."""
        for province in [code for code in self._timers if code not in provinces]:
            self._end(province)
        for province, for_ms in provinces.items():
            known = self._timers.get(province)
            seconds = min(max(0, for_ms), CUT_MAX_MS) / 1000
            self._timers[province] = asyncio.get_running_loop().call_later(seconds, self._end, province)
            if known is not None:
                known.cancel()
                continue
            _log.warning("cut off", province=province, for_ms=for_ms)
            self._on_change(province, True)

    def _end(self, province: ProvinceCode) -> None:
        self._timers.pop(province).cancel()
        _log.warning("no longer cut off", province=province)
        self._on_change(province, False)

    def close(self) -> None:
        """End all cuts without a word."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
