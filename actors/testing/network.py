"""A network that loses, doubles, delays and reorders, cuts one direction, and finds a message behind the sofa a month later."""

from collections.abc import Callable

import msgspec

from actors.testing.chance import Chance
from actors.testing.clock import Scheduler

#: Messages kept for a month.
KEPT_MAX = 60


class NetworkFaults(msgspec.Struct, frozen=True, kw_only=True):
    """How bad it is."""

    loss_permille: int = 0
    duplicate_permille: int = 0
    #: A message takes 1 ms up to this; unequal delays reorder.
    delay_max_ms: int = 2
    #: Copies that arrive much later.
    late_permille: int = 0
    late_max_ms: int = 8_000


class Delivery(msgspec.Struct, frozen=True):
    """What became of one message."""

    is_lost: bool = False
    is_doubled: bool = False
    is_late: bool = False


_ON_TIME = Delivery()


class Network:
    """Carries a message as a function to call at its arrival."""

    def __init__(self, scheduler: Scheduler, chance: Chance, faults: NetworkFaults) -> None:
        self.faults = faults
        self._scheduler = scheduler
        self._chance = chance
        #: One-way cuts: (from, to); how many reasons there are for each.
        self.cuts: dict[tuple[str, str], int] = {}
        #: Copies of messages from the whole run, each as likely to be among them as the other.
        self.kept: list[Callable[[], None]] = []
        self._sent = 0

    def send(self, sender: str, receiver: str, deliver: Callable[[], None], *, keep: bool = False) -> Delivery:
        """Carry one message, perhaps.

        Args:
            keep: a copy may be found again a month later.
        """
        faults, chance, after = self.faults, self._chance, self._scheduler.after
        if keep:
            self._keep(deliver)
        if not self.cuts and not faults.loss_permille and not faults.duplicate_permille and not faults.late_permille:
            after(1 + chance.below(faults.delay_max_ms), deliver)
            return _ON_TIME
        is_lost = (sender, receiver) in self.cuts or chance.hits(faults.loss_permille)
        if not is_lost:
            after(1 + chance.below(faults.delay_max_ms), deliver)
        is_doubled = chance.hits(faults.duplicate_permille)
        if is_doubled:
            after(1 + chance.below(2 * faults.delay_max_ms), deliver)
        is_late = chance.hits(faults.late_permille)
        if is_late:
            after(1 + chance.below(faults.late_max_ms), deliver)
        return Delivery(is_lost, is_doubled and not is_lost, is_late)

    def cut(self, sender: str, receiver: str) -> None:
        """Let nothing through in one direction, until `mend`."""
        self.cuts[sender, receiver] = self.cuts.get((sender, receiver), 0) + 1

    def mend(self, sender: str, receiver: str) -> None:
        """Take one reason for a cut away."""
        left = self.cuts.pop((sender, receiver), 0) - 1
        if left > 0:
            self.cuts[sender, receiver] = left

    def heal(self) -> None:
        """No faults from now on."""
        self.faults = NetworkFaults()
        self.cuts.clear()

    def _keep(self, deliver: Callable[[], None]) -> None:
        self._sent += 1
        if len(self.kept) < KEPT_MAX:
            self.kept.append(deliver)
        elif self._chance.below(self._sent) < KEPT_MAX:
            self.kept[self._chance.below(KEPT_MAX)] = deliver
