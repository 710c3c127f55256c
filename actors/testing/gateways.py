"""The gateways: each passes on, a few times a second and per province, which desks it heard."""

from actors.core import commands as c
from actors.core.ids import ProvinceCode, SessionId
from actors.core.replies import AnyReply
from actors.testing.clock import Scheduler
from actors.testing.network import Network
from actors.testing.site import Site

REPORT_EVERY_MS = 400


class Gateway:
    """One gateway process. While it stands still it reports nothing; when it dies its desks go elsewhere."""

    def __init__(
        self, name: str, network: Network, scheduler: Scheduler, sites: dict[ProvinceCode, Site], first_report_ms: int
    ) -> None:
        self.name = name
        self.is_stopped = False
        self._network = network
        self._scheduler = scheduler
        self._sites = sites
        #: province -> sessions heard since the last report.
        self._heard: dict[ProvinceCode, dict[SessionId, None]] = {code: {} for code in sites}
        scheduler.after(first_report_ms, self._report)

    def hear(self, province: ProvinceCode, session: SessionId) -> None:
        """A desk's heartbeat."""
        self._heard[province][session] = None

    def _report(self) -> None:
        self._scheduler.after(REPORT_EVERY_MS, self._report)
        if self.is_stopped:
            return
        for code, heard in self._heard.items():
            report = c.HearDesks(who=f"gateway:{self.name}", gateway=self.name, sessions=tuple(heard))
            heard.clear()
            site = self._sites[code]
            self._network.send(self.name, code, lambda site=site, report=report: site.submit(report, _ignore))

    def die(self) -> None:
        """Its connections break: each province hears of it at once."""
        for code, site in self._sites.items():
            self._heard[code].clear()
            site.submit(c.LosePath(who="system:transport", session_prefix=f"{self.name}/"), _ignore)


def _ignore(reply: AnyReply) -> None:
    del reply
