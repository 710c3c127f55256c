"""The whole country under faults, from one seed.

First the storm: tasks come in while messages are lost, doubled, delayed and reordered, provinces are killed at any moment of a frame,
stopped and replaced while their zombies live on, disks fill up, turn slow, flip bits and are replaced by old copies, sites lose power,
desks freeze, wall clocks jump. The witness looks at every event as it becomes durable. Then the faults end, and everything must come to
rest: every task ended, no move open, no notice unsent. A month later old messages are found and delivered; nothing may come of them.

The same seed gives the same trace hash, in any process. `run` is the command.
"""

import msgspec
from structlog.testing import capture_logs

from actors.core import commands as c
from actors.core.country import Bounds, ProvinceSettings, ProvinceStatus, ShareOutMode
from actors.core.ids import ProvinceCode
from actors.core.matching.scoring import Scorer
from actors.core.messages import Outgoing, settlement
from actors.core.replies import AnyReply, DeskUpdate
from actors.core.task import TaskState
from actors.testing.auditor import Auditor
from actors.testing.branch import Branch
from actors.testing.chance import Chance
from actors.testing.clock import Scheduler
from actors.testing.coverage import Coverage, CrashRow
from actors.testing.fate import STROKES, Fate, calendar_order, policy_order, status_order
from actors.testing.gateways import REPORT_EVERY_MS, Gateway
from actors.testing.headquarters import Coordinator
from actors.testing.network import Delivery, Network
from actors.testing.people import Desk
from actors.testing.plain_scoring import PlainScorer
from actors.testing.portal import Portal
from actors.testing.practice import Practice
from actors.testing.roster import CALENDAR, KINDS, LIMITS, OPERATORS_PER_PROVINCE, POLICY, PROVINCES, roster
from actors.testing.site import Site
from actors.testing.storm import Storm, storm_of
from actors.testing.witness import Violation, Witness

#: After the storm everything must come to rest within this.
HEAL_MAX_MS = 120_000
#: A task in transit for this long is held by nobody for long: a tenth of the real thirty seconds.
AWAY_FOR_LONG_MS = 3_000
#: With faults off every move that is open settles within this (I9).
SETTLED_WITHIN_MS = 10_000
#: Time between two looks whether the country has come to rest.
LOOK_MS = 500
#: A run goes on for at least this many steps.
STEPS_LEAST = 2_500
MONTH_MS = 30 * 24 * 3_600_000


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a run came to."""

    seed: int
    trace_hash: str
    steps: int
    frames: int
    coverage: Coverage
    created: int
    decided: int
    decided_shared: int
    ended_otherwise: int
    restarts: int
    refused_to_serve: int
    stale_refused: int
    virtual_ms: int


class Country:
    """Provinces, coordinator, gateways, desks and branches under one seed."""

    def __init__(self, seed: int, storm: Storm | None = None) -> None:
        self.seed = seed
        self.storm = storm or storm_of(seed, tuple(STROKES))
        self.chance = Chance(seed)
        self.scheduler = Scheduler()
        self.witness = Witness(PROVINCES, self.scheduler)
        self.network = Network(self.scheduler, self.chance, self.storm.network)
        self.sites = {code: self._site(code) for code in PROVINCES}
        self.portal = Portal(self.network, self.sites, self.witness)
        self.gateways = [
            Gateway(name, self.network, self.scheduler, self.sites, self.chance.between(1, REPORT_EVERY_MS))
            for name in ("g1", "g2")
        ]
        self.desks = {
            person.operator: Desk(
                person.operator,
                person.province,
                self.gateways[number % 2],
                self.portal,
                self.scheduler,
                self.chance,
                self.witness,
            )
            for code in PROVINCES
            for number, person in enumerate(roster(code))
        }
        kinds = [kind.kind for kind in KINDS]
        self.branches = [
            Branch(code, self.portal, self.scheduler, self.chance, self.witness, kinds, list(self.desks))
            for code in PROVINCES
        ]
        self.auditor = Auditor(self.portal, self.scheduler, self.chance, self.witness)
        self.coordinator = Coordinator(self.network, self.scheduler, self.sites)
        self.practice: Practice | None = None
        if self.storm.has_drill:
            self.practice = Practice(seed, self.storm.length_ms, self.scheduler, self.network, self.sites)
        self.fate = Fate(
            self.storm,
            self.scheduler,
            self.chance,
            self.network,
            self.sites,
            self.desks,
            self.gateways,
            self.coordinator,
            self.witness,
        )
        #: (source, task, generation, attempt) of each move -> when it was first sent.
        self._first_sent_ms: dict[tuple[ProvinceCode, str, int, int], int] = {}

    def _site(self, code: ProvinceCode) -> Site:
        settings = ProvinceSettings(province=code, display_name=code, display_name_zh=code)
        introduction = (settings, LIMITS, KINDS, roster(code))
        scorer = Scorer if self.storm.scores_for_real else PlainScorer
        site = Site(code, self.scheduler, self.chance, self.witness, Bounds(bucket_scan_max=3), introduction, scorer)
        site.fsync_max_ms = self.storm.fsync_max_ms
        site.wall_skew_ms = self.chance.between(-20_000, 20_000)
        site.on_desk_updates = lambda updates: self._tell_desks(code, updates)
        site.on_messages = lambda messages, is_present: self._send_between(code, messages, is_present)
        return site

    # --- a run ---

    def run(self) -> Outcome:
        """The storm, the healing, and the messages of a month ago.

        Raises:
            Violation: something happened that must not, or the country did not come to rest.
        """
        for site in self.sites.values():
            site.start()
            site.order(c.UpdateSharingPolicy(who="ops:duty", request_id="policy", policy=POLICY))
        for _ in range(self.storm.tasks):
            # A busy province and quiet ones, so that work flows.
            busiest = self.chance.below(3) < 2
            branch = self.branches[self.seed % len(PROVINCES)] if busiest else self.chance.one_of(self.branches)
            self.scheduler.after(self.chance.below(self.storm.length_ms * 3 // 4), branch.create)
        self.fate.strike_later()
        self._pass(self.storm.length_ms)
        self._heal()
        self._come_to_rest()
        self._deliver_old_messages()
        while self.scheduler.steps < STEPS_LEAST:
            self._pass(LOOK_MS)
        for site in self.sites.values():
            site.disk.view().check()
            self.witness.check_whole(site.code)
        return self._outcome()

    def _pass(self, ms: int) -> None:
        self.scheduler.run_until(self.scheduler.now_ms + ms)
        self.witness.check_owners()

    def _come_to_rest(self) -> None:
        started_ms = self.scheduler.now_ms
        open_moves = self._open_moves()
        while unrest := self._unrest():
            passed_ms = self.scheduler.now_ms - started_ms
            if passed_ms >= SETTLED_WITHIN_MS and (late := self._open_moves() & open_moves):
                raise Violation(f"moves are open {passed_ms} ms after the last fault: {sorted(late)[:5]}")
            if passed_ms > HEAL_MAX_MS:
                raise Violation(f"no rest {HEAL_MAX_MS} ms after the storm: {unrest[:5]}")
            self._pass(LOOK_MS)
        asked = sum(branch.asked_count for branch in self.branches)
        real = len(self.witness.created) - len(self.witness.shadows)
        if asked != real:
            raise Violation(f"{asked} tasks were asked for, {real} were created")

    def _open_moves(self) -> set[tuple[str, str, int, int]]:
        """(source, task, generation, attempt) of every task in transit."""
        return {
            (code, task_id, state.tasks[task_id].generation, state.tasks[task_id].move_attempts)
            for code, state in self.witness.states.items()
            for task_id in state.moving
        }

    def _unrest(self) -> list[str]:
        waiting = [f"{branch.asked_count} asked" for branch in self.branches if not branch.is_satisfied]
        if self.practice is not None and not self.practice.is_cleared:
            waiting.append("a drill is not over")
        return waiting or self.witness.problems_at_rest() or self._old_models()

    def _old_models(self) -> list[str]:
        """Provinces that the coordinator talks to and that would still decide by another matching model than the country's."""
        newest = self.coordinator.model.revision
        return [
            f"{code} has revision {state.model.revision} of the matching model, not {newest}"
            for code, state in self.witness.states.items()
            if state.model.revision != newest and self.coordinator.hears(code)
        ]

    def _deliver_old_messages(self) -> None:
        """Old messages of the whole run arrive once more, a month later."""
        before = (dict(self.witness.created), dict(self.witness.decided), dict(self.witness.ended))
        for site in self.sites.values():
            site.wall_skew_ms += MONTH_MS
        for deliver in self.network.kept:
            self.scheduler.after(self.chance.below(300), deliver)
        self.witness.coverage.note_row(CrashRow.MESSAGE_A_MONTH_OLD)
        self._pass(LOOK_MS)
        self._come_to_rest()
        if before != (self.witness.created, self.witness.decided, self.witness.ended):
            raise Violation("a message of a month ago has changed what was decided")

    def _heal(self) -> None:
        self.fate.is_on = False
        self.network.heal()
        self.coordinator.is_away = False
        for gateway in self.gateways:
            gateway.is_stopped = False
        for site in self.sites.values():
            self._heal_site(site)
        for desk in self.desks.values():
            # The last of each province never comes back: their work must find others.
            desk.is_frozen = desk.operator.endswith(f"-{OPERATORS_PER_PROVINCE - 1}")
            desk.is_moody = False
        for branch in self.branches:
            branch.is_moody = False

    def _heal_site(self, site: Site) -> None:
        site.disk.is_full = False
        site.wall_skew_ms = 0
        site.fsync_max_ms = 2
        self.fate.repair(site)
        if site.process is not None:
            site.process.doom = None
        if not site.is_up:
            site.kill()
            site.start()
        site.order(policy_order(ShareOutMode.OVERFLOW))
        site.order(status_order(ProvinceStatus.ACTIVE))
        site.order(calendar_order(CALENDAR))
        site.order(c.UpsertOperators(who="ops:roster", entries=roster(site.code)))

    def _outcome(self) -> Outcome:
        witness = self.witness
        return Outcome(
            seed=self.seed,
            trace_hash=witness.trace_hash,
            steps=self.scheduler.steps,
            frames=witness.frames,
            coverage=witness.coverage,
            created=len(witness.created),
            decided=len(witness.decided),
            decided_shared=sum(state.decided_shared_count for state in witness.states.values()),
            ended_otherwise=len(witness.ended),
            restarts=sum(site.restarts - 1 for site in self.sites.values()),
            refused_to_serve=sum(site.refusals for site in self.sites.values()),
            stale_refused=sum(desk.refused_stale for desk in self.desks.values()),
            virtual_ms=self.scheduler.now_ms,
        )

    # --- between provinces, and to desks ---

    def _send_between(self, source: ProvinceCode, messages: list[Outgoing], is_present: bool) -> None:
        for message in messages:
            if is_present and isinstance(message.command, c.AcceptMove):
                self._check_move(source, message.command)
            self._send_one(source, message)

    def _send_one(self, source: ProvinceCode, message: Outgoing) -> None:
        is_move = isinstance(message.command, c.AcceptMove)

        def settle(reply: AnyReply) -> None:
            command = settlement(message, reply)
            if command is not None:
                self.sites[source].submit(command, _ignore)

        def answer(reply: AnyReply) -> None:
            delivery = self.network.send(message.destination, source, lambda: settle(reply), keep=True)
            if is_move:
                self._note_delivery(delivery)

        def arrive() -> None:
            self.sites[message.destination].submit(message.command, answer)

        delivery = self.network.send(source, message.destination, arrive, keep=True)
        if is_move:
            self._note_delivery(delivery)

    def _check_move(self, source: ProvinceCode, command: c.AcceptMove) -> None:
        """A move is sent only once it is on disk, and by nobody who holds the task otherwise."""
        task = command.task
        held = self.witness.states[source].tasks.get(task.task_id)
        if held is None or held.state is not TaskState.MOVING or held.move != command.move:
            raise Violation(f"{source} sends {task.task_id} away and does not hold it as moving")
        key = (source, task.task_id, command.move.generation, command.move.attempt)
        now_ms = self.scheduler.now_ms
        coverage = self.witness.coverage
        if now_ms - self._first_sent_ms.setdefault(key, now_ms) > AWAY_FOR_LONG_MS:
            coverage.note_row(CrashRow.HOST_AWAY_FOR_LONG)
        there = self.witness.states[command.move.host].tasks.get(task.task_id)
        if there is not None and there.operator is not None:
            coverage.note_row(CrashRow.HOST_ASSIGNED_MEANWHILE)

    def _note_delivery(self, delivery: Delivery) -> None:
        coverage = self.witness.coverage
        if delivery.is_lost:
            coverage.note_row(CrashRow.MESSAGE_LOST)
        if delivery.is_doubled:
            coverage.note_row(CrashRow.MESSAGE_DOUBLED)
        if delivery.is_late:
            coverage.note_row(CrashRow.MESSAGE_LATE)

    def _tell_desks(self, province: ProvinceCode, updates: tuple[DeskUpdate, ...]) -> None:
        for update in updates:
            if update.task is not None and update.what != "revoked":
                self.witness.check_said(province, update.task, "tells a desk of")
            desk = self.desks[update.operator]
            self.network.send(province, desk.session, lambda desk=desk, update=update: desk.hear_news(update))


def _ignore(reply: AnyReply) -> None:
    del reply


def run_seed(seed: int) -> Outcome:
    """One seed, without the provinces' logs.

    Raises:
        Violation: what failed, with the command that replays it.
    """
    with capture_logs():
        country = Country(seed)
        try:
            return country.run()
        except Exception as error:
            command = f"python -m actors.testing.run --seeds 1 --start {seed}"
            violation = Violation(f"seed {seed}: {error!r}\n  replay: {command}")
            violation.steps, violation.trace_hash = country.scheduler.steps, country.witness.trace_hash
            raise violation from error
