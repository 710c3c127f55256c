"""The coordinator: gathers summaries, advises flows, anchors the heads of all journals. It may be away, and forget everything."""

from actors.core import commands as c
from actors.core.ids import ProvinceCode
from actors.core.replies import AnyReply
from actors.core.sharing.flows import FlowMemory
from actors.core.sharing.plan import plan_flows
from actors.core.sharing.summary import NationalPicture, ProvinceSummary, encode_picture
from actors.core.statistics.priors import NationalPriors, ProvinceTotals, merge
from actors.journal import Head
from actors.testing.clock import START_WALL_MS, Scheduler
from actors.testing.network import Network
from actors.testing.roster import MODEL
from actors.testing.site import Site

PICTURE_EVERY_MS = 500
#: Pause between two rounds that ask for the sums of the statistics.
TOTALS_EVERY_MS = 2_000
#: A summary older than this is left out of the picture.
SUMMARY_AGE_MAX_MS = 1_500
NAME = "hq"


class Coordinator:
    """The one coordinator. Losing it is losing its memory; the anchors are in its journal and stay."""

    def __init__(self, network: Network, scheduler: Scheduler, sites: dict[ProvinceCode, Site]) -> None:
        self.is_away = False
        self._network = network
        self._scheduler = scheduler
        self._sites = sites
        self._epoch = 0
        #: In its journal, as the anchors are.
        self.model = MODEL
        self.forget()
        scheduler.after(PICTURE_EVERY_MS, self._gather)

    def forget(self) -> None:
        """A new incarnation starts from an empty memory, in a new epoch."""
        self._epoch += 1
        self._revision = 0
        self._memory = FlowMemory()
        #: province -> (when it said so, its summary).
        self._summaries: dict[ProvinceCode, tuple[int, ProvinceSummary]] = {}
        self._totals: dict[ProvinceCode, ProvinceTotals] = {}
        self._totals_due_ms = self._scheduler.now_ms

    def hears(self, code: ProvinceCode) -> bool:
        """Whether a province was heard lately. One that has a backlog at every round's instant never is, and so is not advised either."""
        said = self._summaries.get(code)
        return said is not None and self._scheduler.now_ms - said[0] <= SUMMARY_AGE_MAX_MS

    def _gather(self) -> None:
        """One round: plan with what came in since the last one, and ask again."""
        self._scheduler.after(PICTURE_EVERY_MS, self._gather)
        if self.is_away:
            return
        self._advise()
        for code, site in self._sites.items():
            self._ask(code, site)
        if self._scheduler.now_ms >= self._totals_due_ms:
            self._totals_due_ms = self._scheduler.now_ms + TOTALS_EVERY_MS

    def _ask(self, code: ProvinceCode, site: Site) -> None:
        process = site.process
        # A summary is asked for between two frames.
        if process is None or not process.serves or process.loop.backlog:
            return
        said_ms = self._scheduler.now_ms
        province, head = process.loop.province, process.loop.journal.head
        summary = process.loop.summary(process.now())
        totals = province.totals(process.now()) if said_ms >= self._totals_due_ms else None

        def arrive() -> None:
            if self._summaries.get(code, (0, summary))[0] <= said_ms:
                self._summaries[code] = (said_ms, summary)
                if totals is not None:
                    self._totals[code] = totals
                self._anchor(site, head)

        self._network.send(code, NAME, arrive)

    def _anchor(self, site: Site, head: Head) -> None:
        if head.sequence > site.anchor.sequence:
            site.anchor = head

    def _advise(self) -> None:
        oldest_ms = self._scheduler.now_ms - SUMMARY_AGE_MAX_MS
        summaries = [self._summaries[code] for code in self._sites if code in self._summaries]
        fresh = tuple(summary for said_ms, summary in summaries if said_ms >= oldest_ms)
        self._revision += 1
        picture = NationalPicture(
            epoch=self._epoch, revision=self._revision, time_ms=START_WALL_MS + self._scheduler.now_ms, provinces=fresh
        )
        flows, self._memory = plan_flows(picture, self._memory)
        priors = self._priors()
        encoded = encode_picture(picture)
        for summary in fresh:
            mine = tuple(flow for flow in flows if flow.source == summary.province)
            advice = c.TakeAdvice(who="system:coordinator", picture=encoded, flows=mine)
            site = self._sites[summary.province]
            self._send(site, advice)
            if summary.model_revision < self.model.revision:
                self._send(site, c.AdoptMatchingModel(who="system:coordinator", model=self.model))
            if priors is not None:
                self._send(site, c.AdoptPriors(who="system:coordinator", priors=priors))

    def _priors(self) -> NationalPriors | None:
        """The country's sums by what came in since they were asked for last, in rounds that ask again."""
        if self._scheduler.now_ms < self._totals_due_ms:
            return None
        return merge(self._totals[code] for code in self._sites if code in self._totals)

    def _send(self, site: Site, command: c.AnyCommand) -> None:
        self._network.send(NAME, site.code, lambda: site.submit(command, _ignore))


def _ignore(reply: AnyReply) -> None:
    del reply
