"""Provinces with people and work drawn at random that are driven through commands, so that the real core holds their rounds."""

from copy import deepcopy

import msgspec

from actors.core import commands as c
from actors.core import snapshot
from actors.core.country import Line
from actors.core.ids import OperatorId
from actors.core.matching.record import MatchingModel
from actors.core.operators import Certificate, Operator, PresenceState, Shift
from actors.core.province import Province
from actors.core.task import TaskState, Verdict
from tests.unit.core.harness import Branch, session_of
from tests.unit.core.matching.rounds_at_random import KINDS, RandomProvince

PEOPLE, BATCHES = 9, 40


class Days(RandomProvince):
    """A seeded province that is driven through commands, so that the real core holds its rounds."""

    def __init__(self, seed: int, model: MatchingModel) -> None:
        super().__init__(seed, people=0, tasks=0, past=0)
        self.branch = Branch(kinds=KINDS, model=model)
        self.names = [f"op-{number}" for number in range(PEOPLE)]
        for number in range(PEOPLE):
            entry = msgspec.structs.replace(self.entry(number), auto_accept=self.chance(500))
            self.branch.arrive(entry)

    def live(self) -> None:
        """A while of work: creates, decisions, declines, breaks, fetches, reviews of nothing; some desks are silent."""
        branch = self.branch
        commands: list[c.AnyCommand] = []
        heard = [session_of(name) for name in self.names if self.chance(800)]
        commands.append(c.HearDesks(who="gateway", sessions=tuple(heard)))
        commands += [c.CreateTask(who="branch:core", spec=self.spec()) for _ in range(self.rng.integers(4))]
        for task in list(branch.state.tasks.values()):
            if task.operator is not None and self.chance(600):
                commands.append(self.next_step(task.state, branch.holder(task.task_id)))
        name = self.pick(*self.names)
        presence = self.pick(PresenceState.BREAK, PresenceState.AVAILABLE, PresenceState.AVAILABLE)
        commands.append(c.SetPresence(who=f"operator:{name}", operator=OperatorId(name), presence=presence))
        if self.chance(200):
            commands.append(c.FetchNextTask(who=f"operator:{name}", operator=OperatorId(name)))
        branch.batch(*commands)
        step_ms = int(self.rng.integers(30_000))
        branch.wall_ms, branch.monotonic_ms = branch.wall_ms + step_ms, branch.monotonic_ms + 900

    def next_step(self, state: TaskState, holder: dict[str, object]) -> c.AnyCommand:
        """What the holder does next."""
        if state is TaskState.OFFERED:
            return c.DeclineOffer(**holder) if self.chance(200) else c.AcceptOffer(**holder)  # type: ignore[arg-type]
        if state is TaskState.ASSIGNED:
            return c.StartAssignment(**holder)  # type: ignore[arg-type]
        if self.chance(150):
            return c.SuspendAssignment(**holder, reason="papers")  # type: ignore[arg-type]
        return c.CompleteAssignment(**holder, verdict=Verdict.APPROVED)  # type: ignore[arg-type]


class StrictDays(Days):
    """The same among people whom all sorts of filters remove."""

    def entry(self, number: int) -> Operator:
        """Anybody, with limits."""
        changes: dict[str, object] = {"clearance": int(self.rng.integers(5)) if self.chance(300) else 4}
        if self.chance(150):
            expires_ms = self.now_ms + int(self.rng.integers(-(10**9), 10**9))
            changes["certificates"] = (Certificate(Line.CLAIMS, expires_ms),)
        if self.chance(150):
            changes["daily_quota_milli"] = int(self.rng.integers(1, 9_000))
        if self.chance(200):
            changes["shift"] = Shift(480, int(self.rng.integers(500, 1_000)))
        return msgspec.structs.replace(super().entry(number), **changes)


def twin_of(branch: Branch) -> Province:
    """The same province once more, to try something with."""
    twin = Province(branch.code, branch.now)
    twin.state = snapshot.restore(list(snapshot.capture(branch.state)))
    twin.presence, twin.outbox = deepcopy(branch.province.presence), deepcopy(branch.province.outbox)
    return twin
