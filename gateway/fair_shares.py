"""Who of many may come in, when not all can: whoever takes less than its share is let in, whoever takes more waits for what the others leave.

The intuition is a till where everybody runs up a debt. What is let in is owed; debts are paid off at the pace that can be stood, always evenly
by all who owe (`Debts.pay`). So somebody who takes little owes nothing soon after, and what it does not use of its part pays the others'
debts: nothing of the pace is lost as long as anybody owes. Whoever takes more than its part sees its debt grow up to the bound, which
is the smaller the more owe (`Debts.has_room`), and comes in as fast as its debt is paid: at the rate at which all who want more get the same
(max-min fairness). A debt is each one's own. However large one's is, it closes the door to nobody else.

With things that come to an end by themselves there is no pace but a number of places: `Places` gives nobody more of them than are left free.

All of it is arithmetic on amounts that are passed in: no clock, no chance. Memory is bounded by `IDENTITIES_MAX`, beyond which newcomers share
one account. Cost: a microsecond a call, however many identities there are.

Refused: a bucket for each identity that fills at an equal part of the pace. It is fair, but what one leaves unused goes to whoever calls most
often, or to nobody. And refusing with a chance that grows with an identity's measured rate (as routers do): it needs a measured rate, which is
late at the beginning of a flood, and now and then it refuses the innocent.
"""

import math

#: Accounts kept at once.
IDENTITIES_MAX = 1_024
#: Whoever owes less than this may always come in.
DEBT_MIN = 1.0
#: The account of those beyond the bound.
_THE_REST = ""


class Debts:
    """What each identity has been let in with and is not paid yet, in calls.

    Args:
        burst: what one alone may owe. All together owe less than twice that, or `DEBT_MIN` each if that is more, and what
            the last call of each went beyond.
    """

    def __init__(self, burst: float) -> None:
        self._burst = burst
        #: What each one of those who owe has paid since somebody owed; whoever owed from the beginning has paid all of it.
        self._paid = 0.0
        #: Identity -> its debt is paid when `_paid` is here.
        self._paid_at: dict[str, float] = {}
        #: No debt is paid before.
        self._next = math.inf

    def __len__(self) -> int:
        """How many owe."""
        return len(self._paid_at)

    def of(self, identity: str) -> float:
        """What an identity owes."""
        return max(0.0, self._paid_at.get(self._account(identity), 0.0) - self._paid)

    def bound(self, identity: str) -> float:
        """Whoever owes this much may not come in."""
        return self.bound_among(len(self._paid_at) + (self._account(identity) not in self._paid_at))

    def bound_among(self, owing: int) -> float:
        """What each of so many who owe may owe."""
        return max(DEBT_MIN, 2 * self._burst / (owing + 1))

    def has_room(self, identity: str) -> bool:
        """Whether an identity may come in."""
        return self.of(identity) < self.bound(identity)

    def owe(self, identity: str, amount: float) -> None:
        """An identity comes in with so much, more than 0."""
        account = self._account(identity)
        paid_at = self._paid_at[account] = max(self._paid, self._paid_at.get(account, 0.0)) + amount
        self._next = min(self._next, paid_at)

    def pay(self, amount: float, least_each: float = 0.0) -> None:
        """Pay so much off in all, evenly by all who owe, but at least `least_each` by each."""
        while self._paid_at:
            each = max(amount / len(self._paid_at), least_each)
            if self._paid + each < self._next:
                self._paid += each
                return
            # So far all pay; then somebody has paid, and the others share what is left.
            left = 1 - (self._next - self._paid) / each
            amount, least_each = amount * left, least_each * left
            self._paid = self._next
            for identity in [one for one, paid_at in self._paid_at.items() if paid_at <= self._paid]:
                del self._paid_at[identity]
            self._next = min(self._paid_at.values(), default=math.inf)
        self._paid = 0.0

    def _account(self, identity: str) -> str:
        return identity if identity in self._paid_at or len(self._paid_at) < IDENTITIES_MAX else _THE_REST


class Places:
    """Places that are held for a time.

    Args:
        most: held at once. One alone can hold half of them, two that want more a third each, and so on: so there is always
            room for whoever holds fewer than the others.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.held = 0
        self._held: dict[str, int] = {}

    def __len__(self) -> int:
        """How many hold any; at most `most`."""
        return len(self._held)

    def of(self, identity: str) -> int:
        """How many an identity holds."""
        return self._held.get(identity, 0)

    def has_room(self, identity: str) -> bool:
        """Whether an identity may take another one."""
        return self.of(identity) < self.most - self.held

    def has_ample_room(self, identity: str) -> bool:
        """Whether an identity holds at most half of what it may: from a third of all on, one alone does not."""
        return 2 * self.of(identity) < self.most - self.held

    def take(self, identity: str) -> None:
        """One more."""
        self.held += 1
        self._held[identity] = self.of(identity) + 1

    def give_back(self, identity: str) -> None:
        """One less; it was taken before."""
        self.held -= 1
        left = self._held[identity] - 1
        if left:
            self._held[identity] = left
        else:
            del self._held[identity]


class Present:
    """Who has called lately: in the current window of time, or in the one before.

    Args:
        window_s: length of a window.
        now: an instant, seconds.
    """

    def __init__(self, window_s: float, now: float) -> None:
        self._window_s = window_s
        self._began_s = now
        self._current: dict[str, None] = {}
        self._before: dict[str, None] = {}
        #: How many there are, at most twice `IDENTITIES_MAX`.
        self.count = 0

    def note(self, identity: str, now: float) -> None:
        """An identity calls."""
        if now - self._began_s >= self._window_s:
            has_gap = now - self._began_s >= 2 * self._window_s
            self._before, self._current = ({} if has_gap else self._current), {}
            self._began_s = now
            self.count = len(self._before)
        if identity not in self._current and len(self._current) < IDENTITIES_MAX:
            self._current[identity] = None
            self.count += identity not in self._before
