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
from actors.core.country import Bounds, ProvinceSettings, ShareOutMode
from actors.core.ids import ProvinceCode
from actors.core.outbox import Outgoing, settlement
from actors.core.replies import AnyReply, DeskUpdate
from actors.core.sharing import FlowMemory, NationalPicture, plan_flows
from actors.testing.branch import Branch
from actors.testing.clock import START_WALL_MS, Scheduler
from actors.testing.fate import Fate, Storm, set_policy, storm_of
from actors.testing.network import Network, NetworkFaults
from actors.testing.people import Desk
from actors.testing.portal import Portal
from actors.testing.roster import KINDS, LIMITS, OPERATORS_PER_PROVINCE, POLICY, PROVINCES, roster
from actors.testing.site import Site
from actors.testing.witness import Violation, Witness

PICTURE_EVERY_MS = 300
#: Time between two looks of the witness.
SLICE_MS = 500
#: After the storm everything must come to rest within this.
HEAL_MAX_MS = 120_000


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
        self.fate = Fate(
            self.storm,
            self.scheduler,
            self.random,
            self.network,
            self.sites,
            self.desks,
            on_coordinator_lost=self._new_coordinator,
        )
        self._new_coordinator()

    def _new_coordinator(self) -> None:
        """It has no process of its own here: losing it is losing its memory."""
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
        self.fate.strike_later()
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
        """The coordinator's round."""
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

    def _heal(self) -> None:
        self.fate.is_on = False
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
            set_policy(site, ShareOutMode.OVERFLOW)
            site.submit(c.UpsertOperators(who="ops:roster", entries=roster(site.code)), _ignore)
        for desk in self.desks.values():
            # The last of each province never comes back: their work must find others.
            desk.is_frozen = desk.operator.endswith(f"-{OPERATORS_PER_PROVINCE - 1}")
            desk.is_moody = False
        for branch in self.branches:
            branch.is_moody = False


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
