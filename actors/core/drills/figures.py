"""The figures of a drill's report, and how they are judged."""

from collections.abc import Iterable, Sequence

from actors.core.drills.record import Judgement, Objective

#: Figure -> what it says. ``_ms``: milliseconds after the strike (recovered: after the fault was gone); ``_permille``: ratios.
FIGURES: dict[str, str] = {
    "detected_ms": "until the outage was recorded",
    "first_reassigned_ms": "until the first task lay on a desk of another province",
    "first_moved_ms": "until the first task had been taken over by another province",
    "served_ms": "until a successor of the process that ended had taken over",
    "all_moved_ms": "until the last of the tasks that were there had been taken over; left out while any stayed",
    "recovered_ms": "from the end of the fault until the provinces were active again",
    "moved": "tasks taken over by other provinces",
    "stayed": "tasks that were still in the struck provinces when the fault was taken away",
    "lost": "tasks that were there and are nowhere",
    "decided_twice": "tasks with more than one decision",
    "eligible_permille": "of the tasks taken over, those whose host had somebody on duty who may do them",
    "over_quota": "provinces that took in more tasks of others than their quota let in",
    "moved_again_permille": "of the moves, those of a task that had moved before",
    "lender_on_time_drop_permille": "largest fall of today's on-time ratio of a line of a helping province",
    "lender_wait_p95_ratio_permille": "95th percentile of the wait of the helpers' own tasks, over that of the minutes before",
    "customer_extra_wait_ms": "by how much the median wait of the struck provinces' tasks was longer than in the minutes before",
    "peak_wait_ms": "longest expected wait of the struck provinces' work while the surge lasted",
    "eased_ms": "slowest kind that was shared: from its longest expected wait until this had fallen to its release threshold",
    "shared_below_activation": "tasks that overflow moved though their kind had not waited longer than the activation threshold",
    "shadow_tasks": "tasks that the drill made up",
    "leftovers": "of these, those that were still open anywhere at the end",
    "false_alarms": "provinces declared unreachable whose desks were not silent",
    "preview_missed": "tasks that the order of the evacuation promised to move, to which then nothing happened: they neither moved nor were taken up at home nor ended",
}
#: Comparisons that need two sides: with nothing on one of them there was nothing to harm, and no objective is missed.
COMPARISONS = ("lender_on_time_drop_permille", "lender_wait_p95_ratio_permille", "customer_extra_wait_ms")


def judge(objectives: Iterable[Objective], figures: dict[str, int]) -> tuple[Judgement, ...]:
    """Every objective beside what came of it. A figure that is missing misses its objective, unless it is a comparison."""
    judged: list[Judgement] = []
    for objective in objectives:
        value = figures.get(objective.figure)
        if value is None:
            met = objective.figure in COMPARISONS
        else:
            is_low = objective.at_most is None or value <= objective.at_most
            met = is_low and (objective.at_least is None or value >= objective.at_least)
        judged.append(Judgement(objective=objective, value=value, met=met))
    return tuple(judged)


def percentile(values: Sequence[int], permille: int) -> int:
    """The nearest-rank percentile of at least one value."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * permille // 1000) - 1)]
