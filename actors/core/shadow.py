"""Made-up work of drills: what marks a shadow task (演练件), and the load that a drill brings upon a province. Pure records and arithmetic.

A shadow task is queued, offered, moved and decided like any other, so that a drill sees real sharing under a real load; sharing must answer to
it. But it is nobody's experience: nothing about it enters the statistics, the ledger, today's promises or a person's record
(`statistics.learning`, `desk.complete_assignment`). It carries its drill and its own end, so that whoever holds it ends it by its own clock
even if everybody has forgotten the drill.

The mark is the task's (`Task.shadow`), not its spec's: the spec is what a branch system says, and no branch may say this. Refused: a kind of
its own for shadow tasks; nobody would have the right to do it, and the load would not be that of the real kinds.

A surge lives in the province that it befalls (`ShadowLoad`): while it lasts every real arrival is answered with so many copies in the same frame.
Refused: a generator in the coordinator. Its arrivals would not be the branch's own, would come late by a message each, and would end with it.
"""

from collections.abc import Mapping

import msgspec

from actors.core.clock import still_waits
from actors.core.ids import TaskId

#: A surge multiplies arrivals by this at most, permille.
FACTOR_MAX_PERMILLE = 10_000
#: Shadow tasks that one order may put into a province.
SHADOW_TASKS_MAX = 5_000
#: Shadow tasks of all drills that a province knows open; no more are made.
SHADOWS_OPEN_MAX = 20_000
#: Loads that a province remembers, those that are over included: a late order of a drill that has ended finds its end.
LOADS_KEPT = 8


class Shadow(msgspec.Struct, frozen=True, array_like=True):
    """What marks a task as made up."""

    drill: str
    #: Whoever holds the task then ends it. Wall clock, Unix ms.
    until_ms: int


class ShadowLoad(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a drill brings upon a province. Instants are Unix milliseconds by the province's wall clock."""

    drill: str
    began_ms: int
    #: Arrivals are multiplied until then.
    until_ms: int
    #: What is still open then is ended, whoever has forgotten the drill.
    ends_ms: int
    factor_permille: int = 1_000
    #: Real tasks that have arrived while arrivals were multiplied.
    arrivals: int = 0
    #: Shadow tasks made here.
    made: int = 0
    #: Nothing more is made, and what is open is ended.
    is_over: bool = False


def is_surging(load: ShadowLoad, now_ms: int) -> bool:
    """Whether real arrivals are multiplied now."""
    is_on = not load.is_over and load.factor_permille > 1_000
    return is_on and still_waits(load.until_ms, now_ms, load.until_ms - load.began_ms)


def is_due(load: ShadowLoad, now_ms: int) -> bool:
    """Whether the load ends now by its own clock."""
    return not load.is_over and not still_waits(load.ends_ms, now_ms, load.ends_ms - load.began_ms)


def copies_due(load: ShadowLoad) -> int:
    """Shadow tasks that answer the last real arrival: what is left of a fraction is carried to the next ones.

    After n arrivals there are n x (factor - 1) copies, rounded down, whatever n is.
    """
    extra = load.factor_permille - 1_000
    return load.arrivals * extra // 1_000 - (load.arrivals - 1) * extra // 1_000


def counted(shadows: Mapping[TaskId, str]) -> dict[str, int]:
    """Drill -> how many of these shadow tasks are its."""
    counts: dict[str, int] = {}
    for drill in shadows.values():
        counts[drill] = counts.get(drill, 0) + 1
    return counts
