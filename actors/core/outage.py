"""Is the site dead, or only a desk?

The problem. A desk that is silent may be a person at lunch with a closed laptop. A site without power is many desks that fall silent
together, and every second counts: a customer waits for one of them.

The model. Look at the desks of a site that were heard within the lease term (a desk silent for longer is lost by itself and no longer
says anything about its neighbours; so yesterday's ghosts never vote). When at least `site_desks_min` of them are there, and at least
`site_silence_permille` of those have been silent for `site_silence_ms`, the site is lost. Desks that signed out are not silent, they are
gone: a mass sign-out at half past five is no outage. Desks whose path broke on our side (gateway lost, our own stall) do not count.

A lost site has returned when half as many desks as fell silent (rounded down), and at least one, have been fresh without a break for
`site_return_ms`.

Not done: a site that loses its desks one by one over minutes is not called out; each desk's lease runs out by itself.
"""

from collections.abc import Iterable

import msgspec

from actors.core.country import TimeLimits
from actors.core.ids import SiteId


class DeskSign(msgspec.Struct, frozen=True, array_like=True):
    """What is known of one signed-in desk."""

    site: SiteId
    silent_ms: int
    path_known: bool
    fresh: bool


class SiteVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """A site that was lost or has returned."""

    site: SiteId
    lost: bool
    silent: int = 0
    signed_in: int = 0
    silent_for_ms: int = 0


class SiteWatch:
    """Judges sites tick by tick. Soft state: when returning desks were first seen, and how many had fallen silent."""

    __slots__ = ("_fresh_since", "_fallen")

    def __init__(self) -> None:
        self._fresh_since: dict[SiteId, int] = {}
        self._fallen: dict[SiteId, int] = {}

    def judge(
        self, desks: Iterable[DeskSign], lost: Iterable[SiteId], now_ms: int, limits: TimeLimits
    ) -> list[SiteVerdict]:
        """The sites whose verdict changes now, in name order.

        Args:
            desks: every signed-in desk of the province.
            lost: sites that are lost already.
            now_ms: monotonic milliseconds.
        """
        lost = frozenset(lost)
        heard: dict[SiteId, list[int]] = {}
        fresh: dict[SiteId, int] = {}
        for desk in desks:
            if desk.fresh:
                fresh[desk.site] = fresh.get(desk.site, 0) + 1
            if desk.path_known and desk.silent_ms < limits.lease_duration_ms:
                heard.setdefault(desk.site, []).append(desk.silent_ms)
        verdicts = [
            verdict
            for site in sorted(heard)
            if site not in lost and (verdict := self._loss(site, heard[site], limits)) is not None
        ]
        verdicts += [
            SiteVerdict(site=site, lost=False)
            for site in sorted(lost)
            if self._has_returned(site, fresh.get(site, 0), now_ms, limits)
        ]
        return verdicts

    def _loss(self, site: SiteId, silences_ms: list[int], limits: TimeLimits) -> SiteVerdict | None:
        silent = [silence for silence in silences_ms if silence >= limits.site_silence_ms]
        if len(silences_ms) < limits.site_desks_min:
            return None
        if len(silent) * 1000 < len(silences_ms) * limits.site_silence_permille:
            return None
        self._fallen[site] = len(silent)
        self._fresh_since.pop(site, None)
        return SiteVerdict(
            site=site, lost=True, silent=len(silent), signed_in=len(silences_ms), silent_for_ms=max(silent)
        )

    def _has_returned(self, site: SiteId, fresh: int, now_ms: int, limits: TimeLimits) -> bool:
        if fresh < max(1, self._fallen.get(site, 0) // 2):
            self._fresh_since.pop(site, None)
            return False
        since_ms = self._fresh_since.setdefault(site, now_ms)
        if now_ms - since_ms < limits.site_return_ms:
            return False
        del self._fresh_since[site]
        self._fallen.pop(site, None)
        return True
