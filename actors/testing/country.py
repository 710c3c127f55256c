"""The whole country under faults, from one seed.

    python -m actors.testing.country --seed 7

First the storm: tasks come in while messages are lost, doubled, delayed and reordered, provinces are killed at any instant (also between
the fsync and the answer), stopped and replaced while their zombies live on, disks fill up, sites lose power, desks freeze, wall clocks
jump. After every piece of time the witness checks what must hold. Then the faults end, and everything must come to rest: every task
ended, no move open, no notice unsent.

The same seed gives the same trace hash, in any process.
"""

import argparse
import sys
from collections.abc import Sequence
from random import Random

import msgspec
from structlog.testing import capture_logs

from actors.core import commands as c
from actors.core.country import Bounds, Line, ProvinceSettings, ShareOutMode, SharingPolicy, TaskKind, TimeLimits
from actors.core.ids import KindId, OperatorId, ProvinceCode, SiteId
from actors.core.operators import KindExperience, Operator
from actors.core.outbox import Outgoing, settlement
from actors.core.replies import AnyReply, DeskUpdate
from actors.core.sharing import FlowMemory, NationalPicture, plan_flows
from actors.journal import StoreFull
from actors.testing.branch import Branch
from actors.testing.clock import START_WALL_MS, Scheduler
from actors.testing.network import Network, NetworkFaults
from actors.testing.people import Desk
from actors.testing.portal import Portal
from actors.testing.site import Incarnation, Site
from actors.testing.witness import Violation, Witness

PROVINCES = tuple(map(ProvinceCode, ("fujian", "jiangxi", "shandong", "hubei", "yunnan", "dalian")))
KINDS = (
    TaskKind(kind=KindId("claims-medical"), line=Line.CLAIMS, standard_minutes=1, tariff_fen=1_250),
    TaskKind(kind=KindId("servicing-address"), line=Line.SERVICING, standard_minutes=1, tariff_fen=300),
)
#: A tenth of the real ones, so that a storm of seconds sees everything expire.
LIMITS = TimeLimits(
    offer_duration_ms=1_500,
    lease_duration_ms=2_500,
    heartbeat_fresh_ms=900,
    site_silence_ms=1_200,
    site_return_ms=800,
    observer_stall_ms=400,
    path_grace_ms=3_000,
    decline_memory_ms=2_000,
    resend_after_ms=200,
    resend_after_max_ms=1_000,
    move_retry_ms=300,
)
POLICY = SharingPolicy(activation_wait_ms=5_000, release_wait_ms=2_000)
OPERATORS_PER_PROVINCE = 4
PICTURE_EVERY_MS = 300
#: Time between two looks of the witness.
SLICE_MS = 500
#: After the storm everything must come to rest within this.
HEAL_MAX_MS = 120_000


class Storm(msgspec.Struct, frozen=True, kw_only=True):
    """How a seed treats the country."""

    network: NetworkFaults
    length_ms: int = 12_000
    tasks: int = 40
    #: Mean pause between two strokes of fate; 0: none.
    stroke_every_ms: int = 700
    fsync_max_ms: int = 5


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a run came to."""

    seed: int
    trace_hash: str
    frames: int
    events: dict[str, int]
    created: int
    decided: int
    decided_shared: int
    ended_otherwise: int
    restarts: int
    stale_refused: int
    virtual_ms: int


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


class Country:
    """Provinces, coordinator, desks and branches under one seed."""

    def __init__(self, seed: int, storm: Storm | None = None) -> None:
        self.seed = seed
        self.storm = storm or storm_of(seed)
        self.random = Random(seed)
        self.scheduler = Scheduler()
        self.witness = Witness(PROVINCES)
        self.network = Network(self.scheduler, self.random, self.storm.network)
        self.sites = {code: self._site(code) for code in PROVINCES}
        self.portal = Portal(self.network, self.sites)
        self.desks = {
            person.operator: Desk(
                person.operator, person.province, self.portal, self.scheduler, self.random, self.witness
            )
            for code in PROVINCES
            for person in roster(code)
        }
        self.branches = [
            Branch(
                code,
                self.portal,
                self.scheduler,
                self.random,
                self.witness,
                [kind.kind for kind in KINDS],
                list(self.desks),
            )
            for code in PROVINCES
        ]
        self.zombies: list[Incarnation] = []
        self.is_stormy = True
        self._picture_revision = 0
        self._memory = FlowMemory()

    def _site(self, code: ProvinceCode) -> Site:
        settings = ProvinceSettings(province=code, display_name=code, display_name_zh=code)
        introduction = (settings, LIMITS, KINDS, roster(code))
        site = Site(code, self.scheduler, self.random, self.witness, Bounds(bucket_scan_max=3), introduction)
        site.fsync_max_ms = self.storm.fsync_max_ms
        site.wall_skew_ms = self.random.randint(-20_000, 20_000)
        site.on_desk_updates = lambda updates: self._tell_desks(code, updates)
        site.on_messages = lambda messages: self._send_between(code, messages)
        return site

    # --- a run ---

    def run(self) -> Outcome:
        """The storm, then the healing.

        Raises:
            Violation: something happened that must not, or the country did not come to rest.
        """
        for site in self.sites.values():
            site.start()
            policy = c.UpdateSharingPolicy(who="ops:duty", request_id="policy", policy=POLICY)
            site.submit(policy, _ignore)
        self._gather()
        for _ in range(self.storm.tasks):
            # A busy province and quiet ones, so that work flows.
            busiest = self.random.randrange(3) < 2
            branch = self.branches[self.seed % len(PROVINCES)] if busiest else self.random.choice(self.branches)
            self.scheduler.after(self.random.randrange(self.storm.length_ms * 3 // 4), branch.create)
        self._strike_later()
        self._pass(self.storm.length_ms)
        self._heal()
        deadline_ms = self.scheduler.now_ms + HEAL_MAX_MS
        while self._unrest():
            if self.scheduler.now_ms > deadline_ms:
                raise Violation(f"no rest {HEAL_MAX_MS} ms after the storm: {self._unrest()[:5]}")
            self._pass(2_000)
        return self._outcome()

    def _pass(self, ms: int) -> None:
        end_ms = self.scheduler.now_ms + ms
        while self.scheduler.now_ms < end_ms:
            self.scheduler.run_until(min(end_ms, self.scheduler.now_ms + SLICE_MS))
            self.witness.check()

    def _unrest(self) -> list[str]:
        waiting = [f"{branch.asked_count} asked" for branch in self.branches if not branch.is_satisfied]
        return waiting or self.witness.problems_at_rest()

    def _outcome(self) -> Outcome:
        witness = self.witness
        return Outcome(
            seed=self.seed,
            trace_hash=witness.trace_hash,
            frames=witness.frames,
            events=dict(sorted(witness.events.items())),
            created=len(witness.created),
            decided=len(witness.decided),
            decided_shared=sum(state.decided_shared_count for state in witness.states.values()),
            ended_otherwise=len(witness.ended),
            restarts=sum(site.restarts - 1 for site in self.sites.values()),
            stale_refused=sum(desk.refused_stale for desk in self.desks.values()),
            virtual_ms=self.scheduler.now_ms,
        )

    # --- between provinces ---

    def _send_between(self, source: ProvinceCode, messages: list[Outgoing]) -> None:
        for message in messages:
            self._send_one(source, message)

    def _send_one(self, source: ProvinceCode, message: Outgoing) -> None:
        def settle(reply: AnyReply) -> None:
            command = settlement(message, reply)
            if command is not None:
                self.sites[source].submit(command, _ignore)

        def arrive() -> None:
            answer = lambda reply: self.network.send(message.destination, source, lambda: settle(reply))  # noqa: E731
            self.sites[message.destination].submit(message.command, answer)

        self.network.send(source, message.destination, arrive)

    def _tell_desks(self, province: ProvinceCode, updates: tuple[DeskUpdate, ...]) -> None:
        for update in updates:
            desk = self.desks[update.operator]
            self.network.send(province, desk.session, lambda desk=desk, update=update: desk.hear_news(update))

    def _gather(self) -> None:
        """The coordinator's round: it has no process of its own here; losing it is losing its memory."""
        self.scheduler.after(PICTURE_EVERY_MS, self._gather)
        summaries = [
            site.process.loop.province.summary(site.process.now())
            for site in self.sites.values()
            if site.process is not None and site.is_up and not site.process.loop.backlog
        ]
        self._picture_revision += 1
        picture = NationalPicture(
            revision=self._picture_revision,
            time_ms=START_WALL_MS + self.scheduler.now_ms,
            provinces=tuple(summaries),
        )
        flows, self._memory = plan_flows(picture, self._memory)
        for summary in summaries:
            mine = tuple(flow for flow in flows if flow.source == summary.province)
            advice = c.TakeAdvice(who="system:coordinator", picture=picture, flows=mine)
            site = self.sites[summary.province]
            self.network.send("hq", summary.province, lambda site=site, advice=advice: site.submit(advice, _ignore))

    # --- fate ---

    def _strike_later(self) -> None:
        if self.storm.stroke_every_ms:
            self.scheduler.after(self.random.randint(1, 2 * self.storm.stroke_every_ms), self._strike)

    def _strike(self) -> None:
        if not self.is_stormy:
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
                self._freeze_desk,
                self._freeze_desk,
                self._jump_clock,
                self._cut_line,
                self._evacuate,
                self._change_roster,
                self._lose_coordinator,
            )
        )(site)
        self._strike_later()

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

    def _freeze_desk(self, site: Site) -> None:
        del site
        self._freeze([self.random.choice(list(self.desks.values()))], self.random.randint(200, 5_000))

    def _freeze(self, desks: Sequence[Desk], ms: int) -> None:
        for desk in desks:
            desk.is_frozen = True
            self.scheduler.after(ms, lambda desk=desk: self._thaw(desk))

    def _thaw(self, desk: Desk) -> None:
        if self.is_stormy:
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
        self._set_policy(site, ShareOutMode.EVACUATE)
        self.scheduler.after(self.random.randint(300, 3_000), lambda: self._set_policy(site, ShareOutMode.OVERFLOW))

    def _set_policy(self, site: Site, mode: ShareOutMode) -> None:
        policy = msgspec.structs.replace(POLICY, share_out_mode=mode)
        site.submit(c.UpdateSharingPolicy(who="ops:duty", policy=policy), _ignore)

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
        self._memory = FlowMemory()
        self._picture_revision = 0

    def _heal(self) -> None:
        self.is_stormy = False
        self.network.faults = NetworkFaults()
        self.network.cuts.clear()
        for site in self.sites.values():
            site.fill_disk(is_full=False)
            site.wall_skew_ms = 0
            site.fsync_max_ms = 2
            if site.process is not None:
                site.process.dies_after_append = False
            if not site.is_up:
                site.kill()
                site.start()
            self._set_policy(site, ShareOutMode.OVERFLOW)
            site.submit(c.UpsertOperators(who="ops:roster", entries=roster(site.code)), _ignore)
        for desk in self.desks.values():
            # The last of each province never comes back: their work must find others.
            desk.is_frozen = desk.operator.endswith(f"-{OPERATORS_PER_PROVINCE - 1}")
            desk.is_moody = False
        for branch in self.branches:
            branch.is_moody = False


def roster(code: ProvinceCode) -> tuple[Operator, ...]:
    """The people of a province: some do one kind, some both; some take work without an offer."""
    kinds = [kind.kind for kind in KINDS]
    people: list[Operator] = []
    for number in range(OPERATORS_PER_PROVINCE):
        chosen = kinds if number % 2 == 0 else [kinds[number // 2]]
        people.append(
            Operator(
                operator=OperatorId(f"{code}-op-{number}"),
                province=code,
                site=SiteId(code),
                kinds={kind: KindExperience(done_count=10 * number) for kind in chosen},
                authority={Line.CLAIMS: 1, Line.SERVICING: 1},
                capacity=1 + number % 2,
                auto_accept=number == 3,
            )
        )
    return tuple(people)


def _ignore(reply: AnyReply) -> None:
    del reply


def main(arguments: Sequence[str] | None = None) -> int:
    """Run seeds and say what came of them; 1 if any failed."""
    parser = argparse.ArgumentParser(prog="python -m actors.testing.country", description="Replay seeds.")
    parser.add_argument("--seed", type=int, default=0, help="first seed")
    parser.add_argument("--count", type=int, default=1, help="number of seeds")
    chosen = parser.parse_args(arguments)
    failed = 0
    for seed in range(chosen.seed, chosen.seed + chosen.count):
        try:
            outcome = run_seed(seed)
        except Violation as violation:
            failed += 1
            sys.stdout.write(f"{violation}\n")
        else:
            sys.stdout.write(msgspec.json.encode(outcome).decode() + "\n")
    return 1 if failed else 0


def run_seed(seed: int) -> Outcome:
    """One seed, without the provinces' logs.

    Raises:
        Violation: what failed, with the command that replays it.
    """
    with capture_logs():
        try:
            return Country(seed).run()
        except Exception as error:
            command = f"python -m actors.testing.country --seed {seed}"
            raise Violation(f"seed {seed}: {error!r}\n  replay: {command}") from error


if __name__ == "__main__":
    sys.exit(main())
