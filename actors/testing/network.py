"""A network that loses, doubles, delays and reorders, and sometimes finds a message behind the sofa long after."""

from collections.abc import Callable
from random import Random

import msgspec

from actors.testing.clock import Scheduler


class NetworkFaults(msgspec.Struct, frozen=True, kw_only=True):
    """How bad it is."""

    loss_permille: int = 0
    duplicate_permille: int = 0
    #: A message takes 1 ms up to this; unequal delays reorder.
    delay_max_ms: int = 2
    #: Copies that arrive much later.
    late_permille: int = 0
    late_max_ms: int = 20_000


class Network:
    """Carries a message as a function to call at its arrival."""

    def __init__(self, scheduler: Scheduler, random: Random, faults: NetworkFaults) -> None:
        self.faults = faults
        self.sent = 0
        self.lost = 0
        self.duplicated = 0
        self._scheduler = scheduler
        self._random = random
        #: One-way cuts: (from, to).
        self.cuts: dict[tuple[str, str], None] = {}

    def send(self, sender: str, receiver: str, deliver: Callable[[], None]) -> None:
        """Carry one message, perhaps."""
        faults, random = self.faults, self._random
        self.sent += 1
        if (sender, receiver) in self.cuts or random.randrange(1000) < faults.loss_permille:
            self.lost += 1
        else:
            self._scheduler.after(random.randint(1, faults.delay_max_ms), deliver)
        if random.randrange(1000) < faults.duplicate_permille:
            self.duplicated += 1
            self._scheduler.after(random.randint(1, 2 * faults.delay_max_ms), deliver)
        if random.randrange(1000) < faults.late_permille:
            self._scheduler.after(random.randint(1, faults.late_max_ms), deliver)
