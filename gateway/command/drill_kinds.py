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
    #: How busy its people are then, when nothing is said; 0: hardly.
    load: float = 0.0


KINDS: dict[DrillKind, KindWords] = {
    DrillKind.SITE_OUTAGE: KindWords(
        "all desks of a province fall silent, as when its power fails; others take its work over",
        "一省全部作业终端失联（如停电），由其他省接办",
        120,
        5_000,
    ),
    DrillKind.SNOW: KindWords(
        "a province is evacuated by its sharing policy, as before a storm; afterwards its policy is as before",
        "按共享参数预先转移一省待办件（如暴雪），之后参数复原",
        120,
        1_000,
    ),
    DrillKind.ACTOR_KILL: KindWords(
        "a province's process ends as nothing warns of; its successor replays the journal",
        "一省进程突然终止，由后继进程重放日志接续",
        60,
        1_000,
    ),
    DrillKind.ACTOR_FREEZE: KindWords(
        "a province's process stands still; it is seen, ended and succeeded",
        "一省进程停滞，被发现、终止并接续",
        30,
        1_000,
    ),
    DrillKind.COORDINATOR_KILL: KindWords(
        "the coordinator ends in the moment in which a province's desks fall silent",
        "一省终端失联的同时协调进程终止",
        120,
        1_000,
    ),
    DrillKind.GATEWAY_KILL: KindWords(
        "a gateway ends; its desks come back to it or to another, and no province is taken for dead",
        "一个网关终止，终端重连，不得误判任何省失联",
        60,
        200,
    ),
    DrillKind.GATEWAY_PARTITION: KindWords(
        "a gateway cannot reach some provinces for a while, and none of them is taken for dead",
        "一个网关与若干省短时断连，不得误判失联",
        8,
        200,
    ),
    DrillKind.REGIONAL: KindWords(
        "all desks of several provinces fall silent at once",
        "多省终端同时失联",
        180,
        500,
    ),
    DrillKind.SURGE: KindWords(
        "arrivals of a province are multiplied by made-up copies (shadow tasks); others take over what waits too long",
        "按倍数复制一省新增件（演练件），等候超限后由其他省分担",
        300,
        0,
        0.75,
    ),
}
