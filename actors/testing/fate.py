"""What befalls the country: each stroke of fate, and how it ends."""

from collections.abc import Callable, Sequence

import msgspec

from actors.core import commands as c
from actors.core.calendar import BranchCalendar
from actors.core.country import ProvinceStatus, Recall, ShareOutMode
from actors.core.ids import OperatorId, ProvinceCode
from actors.core.replies import AnyReply, ProvinceReply
from actors.journal import Corrupt, MemoryStore
from actors.testing.chance import Chance
from actors.testing.clock import Scheduler
from actors.testing.coverage import CrashRow
from actors.testing.disk import Doom, Moment
from actors.testing.gateways import Gateway
from actors.testing.headquarters import NAME as HQ
from actors.testing.headquarters import Coordinator
from actors.testing.network import Network
from actors.testing.people import Desk
from actors.testing.roster import CALENDAR, CLOSED, LIMITS, POLICY, PROVINCES, roster
from actors.testing.site import ORDER_AGAIN_MS, Site
from actors.testing.storm import Storm
from actors.testing.witness import Violation, Witness

#: Frames at which a process is sent to die: those that hold this event (empty: any frame). One that stands thrice is drawn thrice as often.
WORDS = (
    b"",
    b"MoveStarted",
    b"MoveStarted",
    b"MoveStarted",
    b"MoveAccepted",
    b"MoveAccepted",
    b"MoveAccepted",
    b"MoveHandedOver",
    b"MoveHandedOver",
    b"MoveTakenBack",
    b"MoveRefused",
    b"TaskCompleted",
    b"TaskCreated",
    b"OutcomeNoted",
    b"NoticeSettled",
    b"TasksRecalled",
    b"RecallAnswered",
)
#: Deaths that are rows of the table of crashes (`site`). Half of all dooms are among them: chance alone would meet some once in hundreds of
#: seeds. The last one, met most seldom, is drawn twice as often.
AIMED = (
    Doom(Moment.UNWRITTEN, b"MoveStarted"),
    Doom(Moment.SYNCED, b"MoveStarted"),
    Doom(Moment.UNWRITTEN, b"MoveAccepted"),
    Doom(Moment.SYNCED, b"MoveAccepted"),
    Doom(Moment.UNWRITTEN, b"MoveHandedOver"),
    Doom(Moment.UNWRITTEN, b"MoveHandedOver"),
)


class Fate:
    """Strikes while it is on. Every stroke ends by itself; `Country` heals what is left."""

    def __init__(
        self,
        storm: Storm,
        scheduler: Scheduler,
        chance: Chance,
        network: Network,
        sites: dict[ProvinceCode, Site],
        desks: dict[OperatorId, Desk],
        gateways: Sequence[Gateway],
        coordinator: Coordinator,
        witness: Witness,
    ) -> None:
        self.is_on = True
        self.scheduler = scheduler
        self.chance = chance
        self.network = network
        self.sites = sites
        self.desks = desks
        self.gateways = gateways
        self.coordinator = coordinator
        self.witness = witness
        self._every_ms = storm.stroke_every_ms
        self._strokes = [name for name in STROKES for _ in range(storm.weights.get(name, 1))]
        #: Disks that are damaged now, with the repair.
        self._repairs: dict[ProvinceCode, Callable[[], None]] = {}
        self._images: dict[ProvinceCode, MemoryStore] = {}
        #: Until when desks were to be silent at most, milliseconds of the scheduler.
        self._frozen_until_ms: dict[OperatorId, int] = {}

    def strike_later(self) -> None:
        """Let fate strike after a while, and again after that."""
        if self._every_ms and self._strokes:
            self.scheduler.after(self.chance.between(1, 2 * self._every_ms), self._strike)

    def _strike(self) -> None:
        if not self.is_on:
            return
        name = self.chance.one_of(self._strokes)
        self.witness.coverage.note(self.witness.coverage.faults, name)
        STROKES[name](self, self.sites[self.chance.one_of(PROVINCES)])
        self.strike_later()

    def _after(self, least_ms: int, most_ms: int, action: Callable[[], None]) -> None:
        self.scheduler.after(self.chance.between(least_ms, most_ms), action)

    # --- processes ---

    def kill(self, site: Site) -> None:
        """SIGKILL at any moment between two commits."""
        site.kill()
        self._restart_later(site)

    def doom(self, site: Site) -> None:
        """SIGKILL at a chosen moment of a chosen frame; now and then the power fails soon after the restart."""
        if site.process is None:
            return
        site.process.doom = doom = self._a_doom()
        if doom.moment is Moment.UNSYNCED and self.chance.below(2):
            self._restart_later(site, 300, then=lambda: self._after(1, 30, lambda: self.cut_machine_power(site)))
        else:
            self._restart_later(site, 300)

    def doom_everybody(self, site: Site) -> None:
        """One moment of one kind of frame kills whoever writes such a frame."""
        del site
        doom = self._a_doom()
        for each in self.sites.values():
            if each.process is not None:
                each.process.doom = doom
                self._restart_later(each, 500)

    def _a_doom(self) -> Doom:
        if self.chance.below(2):
            return self.chance.one_of(AIMED)
        return Doom(self.chance.one_of(tuple(Moment)), self.chance.one_of(WORDS))

    def cut_machine_power(self, site: Site) -> None:
        """The machine of a province stops."""
        site.lose_power()
        self._restart_later(site)

    def _restart_later(
        self, site: Site, least_ms: int = 20, most_ms: int = 1_500, then: Callable[[], None] | None = None
    ) -> None:
        process = site.process

        def restart() -> None:
            if site.process is not process or site.code in self._repairs:
                return
            site.kill()
            if not site.try_to_start():
                self._restart_later(site)
            elif then is not None:
                then()

        self._after(least_ms, most_ms, restart)

    def keep_down(self, site: Site) -> None:
        """A province whose machine nobody can start for long."""
        site.kill()
        self._restart_later(site, 3_500, 5_000)

    def stop_and_replace(self, site: Site) -> None:
        """SIGSTOP; a successor opens the store; SIGCONT wakes the zombie beside it."""
        zombie = site.process
        if zombie is None or not zombie.serves:
            return
        zombie.stop()

        def replace() -> None:
            if site.process is not zombie or site.code in self._repairs:
                return
            if not site.try_to_start():
                zombie.resume()
                return
            self._after(1, 1_000, zombie.resume)

        self._after(20, 800, replace)

    def stall(self, site: Site) -> None:
        """Stands still and goes on, without being replaced: nobody's silence may count."""
        process = site.process
        if process is not None and process.serves:
            process.stop()
            self._after(100, 3_000, process.resume)

    def suspend_machine(self, site: Site) -> None:
        """A province and the gateways stand still together: the province sees a silence that is its own."""
        stopped_ms = self.chance.between(1_000, 4_000)
        process = site.process
        if process is None or not process.serves:
            return
        process.stop()
        self.scheduler.after(stopped_ms, process.resume)
        for gateway in self.gateways:
            self._stop_gateway(gateway, stopped_ms)

    def lose_coordinator(self, site: Site) -> None:
        """The coordinator dies and is away for a while."""
        del site
        if any(state.moving for state in self.witness.states.values()):
            self.witness.coverage.note_row(CrashRow.COORDINATOR_LOST)
        self.coordinator.forget()
        self.coordinator.is_away = True

        def return_() -> None:
            self.coordinator.is_away = False

        self._after(100, 2_500, return_)

    # --- disks ---

    def fill_disk(self, site: Site) -> None:
        """No room for a while."""
        site.disk.is_full = True

        def make_room() -> None:
            site.disk.is_full = False

        self._after(100, 1_500, make_room)

    def slow_disk(self, site: Site) -> None:
        """Every fsync of a province takes up to two seconds, for a while."""
        usual_ms, site.fsync_max_ms = site.fsync_max_ms, 2_000

        def recover() -> None:
            site.fsync_max_ms = min(usual_ms, 200)

        self._after(1_000, 2_500, recover)

    def flip_bit(self, site: Site) -> None:
        """A bit flips in the journal: whoever reads it finds it, and it is repaired after a while."""
        if site.code in self._repairs:
            return
        repair = site.disk.flip_bit()
        if repair is None:
            return
        try:
            site.disk.view().check()
        except Corrupt:
            self._repair_later(site, repair)
        else:
            raise Violation(f"{site.code}: a flipped bit is not found")

    def put_old_copy_back(self, site: Site) -> None:
        """Take a copy; later put it back in place of the journal. Its anchor is ahead of it, so nobody may serve it."""
        image = self._images.pop(site.code, None)
        if image is None or site.code in self._repairs:
            self._images[site.code] = site.disk.image()
        elif len(image.frames) < site.anchor.sequence:
            site.kill()
            site.disk.lose_power()
            repair = site.disk.put_back(image)
            if site.try_to_start() and site.is_up:
                raise Violation(f"{site.code}: a journal shorter than its anchor is served")
            self._repair_later(site, repair)

    def _repair_later(self, site: Site, repair: Callable[[], None]) -> None:
        """Put the right bytes back, then start the province if it is down."""
        self._repairs[site.code] = repair
        self._after(100, 1_500, lambda: self.repair(site))

    def repair(self, site: Site) -> None:
        """Undo the damage of a disk, if there is any."""
        repair = self._repairs.pop(site.code, None)
        if repair is None:
            return
        repair()
        if not site.is_up:
            site.kill()
            if not site.try_to_start():
                self._restart_later(site)

    # --- desks, gateways, lines ---

    def cut_power(self, site: Site) -> None:
        """All desks of a site fall silent together, mostly for long enough to be missed; now and then the actor dies, too, and has heard nobody."""
        self._freeze(self._desks_of(site), self.chance.between(1_000, 8_000))
        if not self.chance.below(4):
            self.kill(site)

    def lose_gateway(self, site: Site) -> None:
        """A gateway dies; its desks come back through the other one within their grace: no outage."""
        del site
        lost, other = self.chance.one_of(((0, 1), (1, 0)))
        gateway = self.gateways[lost]
        gateway.die()
        behind = [desk for desk in self.desks.values() if desk.gateway is gateway]
        for desk in behind:
            desk.gateway = self.gateways[other]
        self._freeze(behind, self.chance.between(100, LIMITS.path_grace_ms // 2))

    def stop_gateway(self, site: Site) -> None:
        """A gateway stands still and goes on."""
        del site
        self._stop_gateway(self.chance.one_of(self.gateways), self.chance.between(300, LIMITS.path_grace_ms // 2))

    def _stop_gateway(self, gateway: Gateway, ms: int) -> None:
        gateway.is_stopped = True

        def go_on() -> None:
            gateway.is_stopped = False

        self.scheduler.after(ms, go_on)

    def freeze_desk(self, site: Site) -> None:
        """One desk hangs."""
        del site
        self._freeze([self.chance.one_of(list(self.desks.values()))], self.chance.between(200, 5_000))

    def _desks_of(self, site: Site) -> list[Desk]:
        return [desk for desk in self.desks.values() if desk.operator.startswith(f"{site.code}-")]

    def _freeze(self, desks: Sequence[Desk], ms: int) -> None:
        until_ms = self.scheduler.now_ms + ms
        for desk in desks:
            desk.is_frozen = True
            self._frozen_until_ms[desk.operator] = max(until_ms, self._frozen_until_ms.get(desk.operator, 0))
            self.scheduler.after(ms, lambda desk=desk: self._thaw(desk))

    def _thaw(self, desk: Desk) -> None:
        """Of several things that keep a desk silent the last one counts."""
        if self.is_on and self.scheduler.now_ms >= self._frozen_until_ms[desk.operator]:
            desk.is_frozen = False

    def jump_clock(self, site: Site) -> None:
        """The wall clock of a province jumps."""
        site.wall_skew_ms += self.chance.one_of((-3_600_000, -5_000, 5_000, 3_600_000))

    def cut_line(self, site: Site) -> None:
        """One direction between two provinces."""
        self._cut([(site.code, self.chance.one_of(PROVINCES))])

    def isolate(self, site: Site) -> None:
        """A province can send and not hear, or hear and not send: the others and headquarters are one side."""
        others = [*(code for code in PROVINCES if code != site.code), HQ]
        inward = self.chance.below(2)
        self._cut([(other, site.code) if inward else (site.code, other) for other in others])

    def _cut(self, lines: list[tuple[str, str]]) -> None:
        for sender, receiver in lines:
            self.network.cut(sender, receiver)

        def mend() -> None:
            for sender, receiver in lines:
                self.network.mend(sender, receiver)

        self._after(200, 4_000, mend)

    # --- people who decide ---

    def evacuate(self, site: Site) -> None:
        """The duty officer sends everything away, and later calls it off; half the time what nobody has begun is to come back."""
        recall = self.chance.one_of((Recall.NEVER, Recall.UNBEGUN))
        site.submit(policy_order(ShareOutMode.EVACUATE, recall=recall), _ignore)
        self._after(300, 3_000, lambda: site.order(policy_order(ShareOutMode.OVERFLOW, recall=recall)))

    def plan_evacuation(self, site: Site) -> None:
        """The duty officer lays a window over the policy, in which everything leaves; when it is long over, it is tidied away."""
        if site.process is None:
            return
        now_ms = site.process.now().wall_ms
        begins_ms = now_ms + self.chance.between(1, 1_000)
        window = {"effective_from_ms": begins_ms, "effective_until_ms": begins_ms + self.chance.between(300, 2_000)}
        site.submit(policy_order(ShareOutMode.EVACUATE, recall=Recall.UNBEGUN, **window), _ignore)
        self._after(3_000, 5_000, lambda: site.order(policy_order(ShareOutMode.OVERFLOW, recall=Recall.UNBEGUN)))

    def ask_two_people(self, site: Site) -> None:
        """A policy that asks for two people; one proposes an evacuation; the other approves it, or nobody does for an hour."""
        site.submit(policy_order(ShareOutMode.OVERFLOW, needs_two_people=True), _ignore)
        site.submit(policy_order(ShareOutMode.EVACUATE, needs_two_people=True), _ignore)
        if self.chance.below(3) == 0:
            site.wall_skew_ms += 3_600_000
        else:
            self._after(1, 1_000, lambda: self._approve(site))
        self._after(1_000, 3_000, lambda: self._end_two_people(site))

    def _approve(self, site: Site) -> None:
        """The second person approves whatever waits."""

        def seen(reply: AnyReply) -> None:
            if isinstance(reply, ProvinceReply) and reply.proposals:
                number = reply.proposals[-1].number
                site.submit(c.ApproveSharingPolicyChange(who="ops:second", proposal=number), _ignore)

        site.submit(c.GetProvince(), seen)

    def _end_two_people(self, site: Site) -> None:
        """One person asks for the usual policy, the other approves, until it is in force."""

        def seen(reply: AnyReply) -> None:
            if isinstance(reply, ProvinceReply) and not reply.policy.needs_two_people:
                site.order(policy_order(ShareOutMode.OVERFLOW))
                return
            site.submit(policy_order(ShareOutMode.OVERFLOW), _ignore)
            self._approve(site)
            self.scheduler.after(ORDER_AGAIN_MS, lambda: self._end_two_people(site))

        if site.is_up:
            site.submit(c.GetProvince(), seen)
        else:
            self.scheduler.after(ORDER_AGAIN_MS, lambda: self._end_two_people(site))

    def hold_back(self, site: Site) -> None:
        """The duty officer suspends or drains a province, and later resumes it."""
        status = self.chance.one_of((ProvinceStatus.SUSPENDED, ProvinceStatus.DRAINING))
        site.submit(status_order(status), _ignore)
        self._after(300, 2_000, lambda: site.order(status_order(ProvinceStatus.ACTIVE)))

    def close(self, site: Site) -> None:
        """A branch closes for the day, and later it opens all the same."""
        site.submit(calendar_order(CLOSED), _ignore)
        self._after(300, 3_000, lambda: site.order(calendar_order(CALENDAR)))

    def change_roster(self, site: Site) -> None:
        """Somebody gets another capacity, loses a kind or leaves, also while they hold work; later all is as before."""
        person = self.chance.one_of(roster(site.code))
        if self.chance.below(4) == 0:
            site.submit(c.SignOut(who="lead:roster", operator=person.operator), _ignore)
            site.submit(c.DeleteOperator(who="ops:roster", operator=person.operator), _ignore)
        else:
            kinds = dict([self.chance.one_of(list(person.kinds.items()))])
            changed = msgspec.structs.replace(person, capacity=self.chance.between(1, 3), kinds=kinds)
            site.submit(c.UpsertOperators(who="ops:roster", entries=(changed,)), _ignore)
        again = c.UpsertOperators(who="ops:roster", entries=(person,))
        self._after(100, 2_000, lambda: site.order(again))

    def change_model(self, site: Site) -> None:
        """Somebody puts a new matching model in force; the coordinator brings it to every province."""
        del site
        model = self.coordinator.model
        ageing = self.chance.between(1, 600)
        self.coordinator.model = msgspec.structs.replace(model, revision=model.revision + 1, ageing_per_minute=ageing)


STROKES: dict[str, Callable[[Fate, Site], None]] = {
    "kill": Fate.kill,
    "doom": Fate.doom,
    "doom_everybody": Fate.doom_everybody,
    "cut_machine_power": Fate.cut_machine_power,
    "keep_down": Fate.keep_down,
    "stop_and_replace": Fate.stop_and_replace,
    "stall": Fate.stall,
    "suspend_machine": Fate.suspend_machine,
    "lose_coordinator": Fate.lose_coordinator,
    "fill_disk": Fate.fill_disk,
    "slow_disk": Fate.slow_disk,
    "flip_bit": Fate.flip_bit,
    "put_old_copy_back": Fate.put_old_copy_back,
    "cut_power": Fate.cut_power,
    "lose_gateway": Fate.lose_gateway,
    "stop_gateway": Fate.stop_gateway,
    "freeze_desk": Fate.freeze_desk,
    "jump_clock": Fate.jump_clock,
    "cut_line": Fate.cut_line,
    "isolate": Fate.isolate,
    "evacuate": Fate.evacuate,
    "plan_evacuation": Fate.plan_evacuation,
    "ask_two_people": Fate.ask_two_people,
    "hold_back": Fate.hold_back,
    "close": Fate.close,
    "change_roster": Fate.change_roster,
    "change_model": Fate.change_model,
}


def policy_order(mode: ShareOutMode, **changes: object) -> c.UpdateSharingPolicy:
    """What the duty officer orders for a province."""
    policy = msgspec.structs.replace(POLICY, share_out_mode=mode, **changes)
    return c.UpdateSharingPolicy(who="ops:duty", policy=policy)


def status_order(status: ProvinceStatus) -> c.SetProvinceStatus:
    """Suspend, drain or resume by hand."""
    return c.SetProvinceStatus(who="ops:duty", status=status, reason="weather")


def calendar_order(calendar: BranchCalendar) -> c.UpdateCalendar:
    """What the duty officer makes of the branch's hours."""
    return c.UpdateCalendar(who="ops:duty", calendar=calendar)


def _ignore(reply: AnyReply) -> None:
    del reply
