"""What befalls the country: how hard, how often, and each stroke of it."""

from collections.abc import Callable, Sequence
from random import Random

import msgspec

from actors.core import commands as c
from actors.core.country import ShareOutMode
from actors.core.ids import OperatorId, ProvinceCode
from actors.core.replies import AnyReply
from actors.journal import StoreFull
from actors.testing.clock import Scheduler
from actors.testing.network import Network, NetworkFaults
from actors.testing.people import Desk
from actors.testing.roster import LIMITS, POLICY, PROVINCES, roster
from actors.testing.site import Site


class Storm(msgspec.Struct, frozen=True, kw_only=True):
    """How a seed treats the country."""

    network: NetworkFaults
    length_ms: int = 12_000
    tasks: int = 40
    #: Mean pause between two strokes of fate; 0: none.
    stroke_every_ms: int = 700
    fsync_max_ms: int = 5


def storm_of(seed: int) -> Storm:
    """The storm that a seed stands for; every eighth is a calm day with a perfect network."""
    random = Random(f"storm {seed}")
    if seed % 8 == 0:
        return Storm(network=NetworkFaults(), stroke_every_ms=1_000)
    network = NetworkFaults(
        loss_permille=random.choice((0, 20, 100, 300)),
        duplicate_permille=random.choice((0, 20, 100, 300)),
        delay_max_ms=random.choice((3, 50, 400, 3_000)),
        late_permille=random.choice((0, 10, 50)),
    )
    return Storm(
        network=network,
        stroke_every_ms=random.choice((0, 250, 700, 2_000)),
        fsync_max_ms=random.choice((2, 20, 200)),
    )


class Fate:
    """Strikes while it is on. Every stroke ends by itself; `Country` heals what is left."""

    def __init__(
        self,
        storm: Storm,
        scheduler: Scheduler,
        random: Random,
        network: Network,
        sites: dict[ProvinceCode, Site],
        desks: dict[OperatorId, Desk],
        on_coordinator_lost: Callable[[], None],
    ) -> None:
        self.is_on = True
        self.scheduler = scheduler
        self.random = random
        self.network = network
        self.sites = sites
        self.desks = desks
        self.on_coordinator_lost = on_coordinator_lost
        self._storm = storm

    def strike_later(self) -> None:
        """Let fate strike after a while, and again after that."""
        if self._storm.stroke_every_ms:
            self.scheduler.after(self.random.randint(1, 2 * self._storm.stroke_every_ms), self._strike)

    def _strike(self) -> None:
        if not self.is_on:
            return
        site = self.sites[self.random.choice(PROVINCES)]
        self.random.choice(
            (
                self._kill,
                self._kill_after_append,
                self._stop_and_replace,
                self._stall,
                self._fill_disk,
                self._cut_power,
                self._lose_gateway,
                self._freeze_desk,
                self._freeze_desk,
                self._jump_clock,
                self._cut_line,
                self._evacuate,
                self._change_roster,
                self._lose_coordinator,
            )
        )(site)
        self.strike_later()

    def _kill(self, site: Site) -> None:
        site.kill()
        self._restart_later(site)

    def _kill_after_append(self, site: Site) -> None:
        """Dies between the fsync and the first answer."""
        if site.process is not None:
            site.process.dies_after_append = True
        self._restart_later(site, least_ms=300)

    def _restart_later(self, site: Site, least_ms: int = 20) -> None:
        process = site.process

        def restart() -> None:
            if site.process is not process:
                return
            site.kill()
            try:
                site.start()
            except StoreFull:
                self._restart_later(site)

        self.scheduler.after(self.random.randint(least_ms, 1_500), restart)

    def _stop_and_replace(self, site: Site) -> None:
        """SIGSTOP; a successor opens the store; SIGCONT wakes the zombie beside it."""
        zombie = site.process
        if zombie is None or zombie.is_dead:
            return
        zombie.is_stopped = True

        def replace() -> None:
            if site.process is not zombie:
                return
            try:
                site.start()
            except StoreFull:
                zombie.resume()
                return
            self.scheduler.after(self.random.randint(1, 1_000), zombie.resume)

        self.scheduler.after(self.random.randint(20, 800), replace)

    def _stall(self, site: Site) -> None:
        """Stands still and goes on, without being replaced: nobody's silence may count."""
        process = site.process
        if process is not None and not process.is_dead and not process.is_stopped:
            process.is_stopped = True
            self.scheduler.after(self.random.randint(100, 3_000), process.resume)

    def _fill_disk(self, site: Site) -> None:
        site.fill_disk(is_full=True)
        self.scheduler.after(self.random.randint(100, 1_500), lambda: site.fill_disk(is_full=False))

    def _cut_power(self, site: Site) -> None:
        """All desks of a site fall silent together; half the time the actor dies, too."""
        desks = [desk for desk in self.desks.values() if desk.operator.startswith(f"{site.code}-")]
        self._freeze(desks, self.random.randint(1_000, 6_000))
        if self.random.randrange(2):
            self._kill(site)

    def _lose_gateway(self, site: Site) -> None:
        """The gateway of a site's desks dies; they come back through another within their grace: no outage."""
        site.submit(c.LosePath(who="system:transport", session_prefix="gateway/"), _ignore)
        desks = [desk for desk in self.desks.values() if desk.operator.startswith(f"{site.code}-")]
        self._freeze(desks, self.random.randint(100, LIMITS.path_grace_ms // 2))

    def _freeze_desk(self, site: Site) -> None:
        del site
        self._freeze([self.random.choice(list(self.desks.values()))], self.random.randint(200, 5_000))

    def _freeze(self, desks: Sequence[Desk], ms: int) -> None:
        for desk in desks:
            desk.is_frozen = True
            self.scheduler.after(ms, lambda desk=desk: self._thaw(desk))

    def _thaw(self, desk: Desk) -> None:
        if self.is_on:
            desk.is_frozen = False

    def _jump_clock(self, site: Site) -> None:
        site.wall_skew_ms += self.random.choice((-3_600_000, -5_000, 5_000, 3_600_000))

    def _cut_line(self, site: Site) -> None:
        """One direction between two provinces."""
        cut = (site.code, self.random.choice(PROVINCES))
        self.network.cuts[cut] = None
        self.scheduler.after(self.random.randint(200, 4_000), lambda: self.network.cuts.pop(cut, None))

    def _evacuate(self, site: Site) -> None:
        """The duty officer sends everything away, and later calls it off."""
        set_policy(site, ShareOutMode.EVACUATE)
        self.scheduler.after(self.random.randint(300, 3_000), lambda: set_policy(site, ShareOutMode.OVERFLOW))

    def _change_roster(self, site: Site) -> None:
        """Somebody gets another capacity or loses a kind, also while they hold work."""
        person = self.random.choice(roster(site.code))
        kinds = dict([self.random.choice(list(person.kinds.items()))])
        changed = msgspec.structs.replace(person, capacity=self.random.randint(1, 3), kinds=kinds)
        for entry, delay_ms in ((changed, 0), (person, self.random.randint(100, 2_000))):
            upsert = c.UpsertOperators(who="ops:roster", entries=(entry,))
            self.scheduler.after(delay_ms, lambda upsert=upsert: site.submit(upsert, _ignore))

    def _lose_coordinator(self, site: Site) -> None:
        del site
        self.on_coordinator_lost()


def set_policy(site: Site, mode: ShareOutMode) -> None:
    """What the duty officer orders for a province."""
    policy = msgspec.structs.replace(POLICY, share_out_mode=mode)
    site.submit(c.UpdateSharingPolicy(who="ops:duty", policy=policy), _ignore)


def _ignore(reply: AnyReply) -> None:
    del reply
