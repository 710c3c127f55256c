"""The kinds of drills in words, and what a drill of each is given when nothing else is said."""

from typing import NamedTuple

from actors.core.drills.record import DrillKind


class KindWords(NamedTuple):
    """A kind in words, and its defaults."""

    english: str
    chinese: str
    #: Longest time of the fault, seconds.
    duration_s: int
    #: Tasks that wait in each struck province when the command starts a system of its own.
    tasks: int


KINDS: dict[DrillKind, KindWords] = {
    DrillKind.SITE_OUTAGE: KindWords(
        "all desks of a province fall silent, as when its power fails; others take its work over",
        "一省全部作业终端失联（如停电），由其他省接办",
        120,
        5_000,
    ),
}
