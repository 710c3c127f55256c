"""The planner's answers follow from its calls alone: not from the process, nor from the order in which sets are iterated."""

from random import Random

from actors.core.matching import Explanation, Planner, PlannerTask
from actors.core.matching.planner import Call
from tests.unit.core.hash_seeds import printed_under_hash_seeds

PEOPLE = [f"p{number}" for number in range(24)]
KINDS = [f"k{number}" for number in range(6)]


def an_afternoon() -> list[Explanation | tuple[list[tuple[str, str]], Call]]:
    """Everything that a planner says during 120 arrivals: who does what, and why."""
    random, planner = Random(7), Planner(seed=3)
    said: list[Explanation | tuple[list[tuple[str, str]], Call]] = []
    pools = {kind: random.sample(PEOPLE, 12) for kind in KINDS}
    waiting: dict[str, PlannerTask] = {}
    at_work: dict[str, tuple[float, float, PlannerTask]] = {}
    for number in range(120):
        now = number * 0.5
        attributes: dict[str, float | str] = {"pages": random.randint(1, 20), "channel": random.choice("abc")}
        due = now + 30.0 if number % 4 == 0 else None
        task = PlannerTask(f"t{number}", random.choice(KINDS), now, due=due, attributes=attributes)
        waiting[task.id] = task
        for operator, (until, minutes, done) in list(at_work.items()):
            if until <= now:
                del at_work[operator]
                planner.observe(done, operator, minutes, now, quality=random.random())
        free = [operator for operator in PEOPLE if operator not in at_work]
        pairs = planner.plan(list(waiting.values()), free, now, pools)
        said.append((pairs, planner.latest_call))
        for task_id, operator in pairs:
            given = waiting.pop(task_id)
            minutes = random.lognormvariate(2.3, 0.8)
            at_work[operator] = (now + minutes, minutes, given)
            said.append(planner.explain(given, operator, now))
        said.extend(planner.explain(task, PEOPLE[number % 24], now) for task in waiting.values())
    return said


def test_the_same_calls_give_the_same_answers_whatever_the_hash_seed() -> None:
    """A set iterated somewhere would make what was decided impossible to tell again."""
    program = "from tests.unit.core.matching.test_planner_repeats import an_afternoon\nprint(an_afternoon())\n"
    assert len(printed_under_hash_seeds(program)) == 1


def test_the_afternoon_tells_planners_apart() -> None:
    """Else the test before could not fail: people are found busy, tasks are left, learning moves points."""
    said = an_afternoon()
    pairs = [pair for each in said if isinstance(each, tuple) for pair in each[0]]
    told = [each for each in said if not isinstance(each, tuple)]
    assert len(pairs) > 60
    assert len({operator for _, operator in pairs}) == len(PEOPLE)
    assert len({each.total for each in told}) > 60
    assert any(each.meant_for for each in told)
