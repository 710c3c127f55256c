"""The tables of proto/README.md, by which branch systems are written, against the tables in the code."""

import re
from pathlib import Path
from typing import get_args

from actors.core import events as e
from gateway import errors, permissions
from gateway.conversion import event as conversion
from gateway.identity import Identity, Role
from gateway.services.event import _may_see
from gateway.v1 import event_pb2

README = (Path(__file__).resolve().parents[3] / "proto" / "README.md").read_text(encoding="utf-8")


def rows(header: str) -> list[list[str]]:
    """The cells of the table under a header line, row by row."""
    table = README.partition(f"{header}\n")[2].partition("\n\n")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[1:]]


def words(text: str) -> list[str]:
    """What stands in backticks."""
    return re.findall(r"`([^`]+)`", text)


def test_every_reason_stands_under_its_status() -> None:
    """A branch system that waits where it should mend, or mends where it should wait, was told so by this table."""
    told = [
        (reason, status)
        for status, reasons, _ in rows("| status | reasons | what to do |")
        for reason in words(reasons)
    ]
    meant = [
        (reason.value.upper(), row.code.name + (", RetryInfo" if row.retry_after_ms else ""))
        for reason, row in errors.TABLE.items()
    ]
    assert sorted(told) == sorted(meant)


def test_a_branch_system_finds_what_it_may_call() -> None:
    """Whoever is told of a call that is denied builds on it for weeks."""
    told = words(README.partition("Its identity may call ")[2].partition(", for its own province")[0])
    meant = [method.rpartition("/")[2] for method, row in permissions.TABLE.items() if row.branch is not None]
    assert sorted(told) == sorted(meant)


def test_a_branch_system_finds_every_event_of_its_tasks() -> None:
    """A type that nobody named is skipped, and with it how a task has ended."""
    told = [name for names, _ in rows("| events | what has happened |") for name in words(names)]
    about_tasks = (e.MoveAccepted, e.OutcomeNoted, e.ReviewSubmitted)
    branch = Identity(role=Role.BRANCH, subject="s", province="fujian")
    meant = [
        kind.__name__
        for kind in get_args(e.AnyEvent)
        if ("task_id" in kind.__struct_fields__ or kind in about_tasks)
        and kind not in conversion._INTERNAL
        and _may_see(branch, event_pb2.Event(type=kind.__name__, task="provinces/fujian/tasks/fujian-1"))
    ]
    assert sorted(told) == sorted(meant)
