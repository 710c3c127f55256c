"""Two and more branches with messages carried by hand, so that a test decides what is lost, doubled or late."""

from actors.core import commands as c
from actors.core.country import Bounds
from actors.core.ids import ProvinceCode, TaskId
from actors.core.messages import Outgoing, settlement
from actors.core.replies import AnyReply
from actors.core.task import MoveOut, Placement, Task
from tests.unit.core.harness import FUJIAN, Branch, person
from tests.unit.core.journeys import advise


def host(code: str, bounds: Bounds | None = None) -> Branch:
    """A province with somebody who may do everything ordinary; they take a break, so nothing is matched by itself.

    It may be advised to send on what came to it, so that a task can be seen to come home.
    """
    branch = Branch(ProvinceCode(code), bounds=bounds or Bounds(moves_of_shared_max=2))
    branch.arrive(person(f"{code}-op", ProvinceCode(code), capacity=64))
    return branch


def moving(home: Branch, to: str, task_id: TaskId | None = None, *, revision: int = 1) -> tuple[TaskId, Outgoing]:
    """A task of `home` on its way to `to`, and the message that offers it."""
    if task_id is None:
        task_id = home.create()
    advise(home, to, home.task(task_id).spec.kind, revision=revision)
    home.monotonic_ms += 1_000
    return task_id, next(sent for sent in home.due() if carries(sent, task_id))


def carries(sent: Outgoing, task_id: TaskId) -> bool:
    """Whether a message is about a task."""
    command = sent.command
    about = command.task_id if isinstance(command, c.NoteHost | c.RecallTask) else command.task.task_id
    return about == task_id


def deliver(sent: Outgoing, to: Branch) -> AnyReply:
    """The message arrives; the recorded answer."""
    return to.do(sent.command)


def answer(sent: Outgoing, reply: AnyReply, at: Branch) -> None:
    """The answer arrives at the sender."""
    command = settlement(sent, reply)
    if command is not None:
        at.do(command)


def carry(source: Branch, *others: Branch) -> list[Outgoing]:
    """Deliver everything that is due, until nothing is; what was sent."""
    by_code = {branch.code: branch for branch in (source, *others)}
    carried: list[Outgoing] = []
    for _ in range(20):
        sent = [(branch, message) for branch in by_code.values() for message in branch.due()]
        if not sent:
            return carried
        for sender, message in sent:
            carried.append(message)
            answer(message, deliver(message, by_code[message.destination]), sender)
    raise AssertionError("messages go on and on")


def hand_over(task_id: TaskId, source: Branch, to: Branch, *, revision: int = 1) -> None:
    """A whole move without a fault."""
    _, sent = moving(source, to.code, task_id, revision=revision)
    answer(sent, deliver(sent, to), source)


def offer_of(task: Task, to: Branch, *, generation: int | None = None, attempt: int = 1) -> c.AcceptMove:
    """An offer of a task by whoever holds it."""
    move = MoveOut(
        host=to.code,
        generation=generation or task.generation,
        attempt=attempt,
        placement=Placement.SHARED,
        started_ms=0,
    )
    return c.AcceptMove(who=f"province:{task.host}", source=task.host, task=task, move=move)


def owners(task_id: TaskId, *branches: Branch) -> list[ProvinceCode]:
    """Who has the task open at its highest generation."""
    open_records = [
        (branch.task(task_id).generation, branch.code) for branch in branches if task_id in branch.state.tasks
    ]
    newest = max((generation for generation, _ in open_records), default=0)
    return [code for generation, code in open_records if generation == newest]


__all__ = ["FUJIAN", "answer", "carries", "carry", "deliver", "hand_over", "host", "moving", "offer_of", "owners"]
