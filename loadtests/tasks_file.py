"""A day's tasks from a CSV file, so that a branch can try its own. `example-tasks.csv` beside this file shows the form.

| column | | |
|---|---|---|
| at | required | time of day, HH:MM or HH:MM:SS; before 08:30 counts as 08:30, after 19:30 as 19:30 |
| province | required | code of the branch, for instance fujian |
| kind | required | id of the kind, for instance claims-medical |
| external_id | | id in the branch system, unique per province; left out: csv-LINE |
| complexity | | 1 to 5; left out: 3 |
| priority | | 0 to 9; left out: 0 |
| green_channel, vulnerable, complaint, home_only | | yes or no; left out: no |
| amount_fen | | 0 to 1,000,000,000,000; left out: 0 |
| page_count | | 0 to 100,000; policy_count 0 to 10,000; customer_tier 1 to 5; risk_score_permille 0 to 1,000 |
| channel, customer_id, case_id | | up to 64 characters of A-Z a-z 0-9 . _ - |
| note | | up to 2,000 characters |

The first line names the columns, in any order; the file is UTF-8, with or without a mark at its start. A task of the file that is
home_only waits while its branch is down, so it is decided after the branch has returned.
"""

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from loadtests.catalogue import Branch, Kind
from loadtests.day import DayTask, play_second
from loadtests.narration import counted

REQUIRED = ("at", "province", "kind")
#: Problems reported at once.
PROBLEMS_MAX = 20
#: Largest number of tasks of a file.
TASKS_MAX = 1_000_000

_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9]))?")
_YES_NO = {"yes": True, "y": True, "true": True, "1": True, "是": True}
_YES_NO |= {"no": False, "n": False, "false": False, "0": False, "否": False}


class TasksFileError(Exception):
    """The file cannot be used; `str` names file and lines, one problem a line."""


class _BadValue(ValueError):
    """A value that does not fit its column; `str` says what is expected."""


class _NotInPlay(_BadValue):
    """A province that the play does not have; `str` is its code."""


def read_tasks_file(path: Path, branches: Sequence[Branch], kinds: Sequence[Kind], day_s: float) -> list[DayTask]:
    """The tasks of a file in the order in which they arise.

    Raises:
        TasksFileError: the file cannot be read, or lines of it are wrong (the first `PROBLEMS_MAX` are told).
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise TasksFileError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError:
        raise TasksFileError(f"{path}: is not UTF-8 text") from None
    tasks: list[DayTask] = []
    problems: list[str] = []
    seen: dict[tuple[str, str], int] = {}
    elsewhere: dict[str, list[int]] = {}
    for line, fields in _rows(path, text):
        try:
            task = _task(line, fields, branches, kinds, day_s)
        except _NotInPlay as error:
            elsewhere.setdefault(str(error), []).append(line)
            continue
        except _BadValue as error:
            problems.append(f"{path}, line {line}: {error}")
            continue
        first = seen.setdefault((task.province, task.external_id), line)
        if first != line:
            problems.append(f"{path}, line {line}: external_id: {task.external_id!r} is in line {first} already")
        tasks.append(task)
    problems += _elsewhere_problems(path, elsewhere, branches)
    if not tasks and not problems:
        problems = [f"{path}: holds no tasks"]
    if problems:
        more = len(problems) - PROBLEMS_MAX
        raise TasksFileError("\n".join(problems[:PROBLEMS_MAX] + ([f"… and {more} more"] if more > 0 else [])))
    return sorted(tasks, key=lambda task: task.at_s)


def _elsewhere_problems(path: Path, elsewhere: Mapping[str, list[int]], branches: Sequence[Branch]) -> list[str]:
    """The first line whose province the play does not have, all such provinces together, and which ones it has."""
    if not elsewhere:
        return []
    code, lines = next(iter(elsewhere.items()))
    first = f"{path}, line {lines[0]}: province: there is no province {code!r} in this play"
    count = sum(len(lines) for lines in elsewhere.values())
    has = f"the play has {', '.join(branch.province for branch in branches)}"
    if count == 1:
        return [f"{first}; {has}"]
    return [f"{first}, {counted(count, 'such line')} in all: {', '.join(elsewhere)}; {has}"]


def _rows(path: Path, text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """(line, fields) of every line that is not empty."""
    reader = csv.DictReader(text.splitlines(keepends=True))
    columns = [(name or "").strip() for name in reader.fieldnames or ()]
    reader.fieldnames = columns
    missing = [name for name in REQUIRED if name not in columns]
    if missing:
        raise TasksFileError(f"{path}, line 1: column {missing[0]} is missing")
    unknown = [name for name in columns if name not in (*REQUIRED, "external_id", *_COLUMNS)]
    if unknown:
        raise TasksFileError(f"{path}, line 1: there is no column {unknown[0]!r}")
    try:
        for count, row in enumerate(reader, start=1):
            if count > TASKS_MAX:
                raise TasksFileError(f"{path}: holds more than {TASKS_MAX:,} tasks")
            fields: Mapping[str | None, Any] = row
            if None in fields:
                raise TasksFileError(f"{path}, line {reader.line_num}: more values than columns")
            yield reader.line_num, {name: (value or "").strip() for name, value in row.items()}
    except csv.Error as error:
        raise TasksFileError(f"{path}, line {reader.line_num}: {error}") from error


def _task(
    line: int, fields: dict[str, str], branches: Sequence[Branch], kinds: Sequence[Kind], day_s: float
) -> DayTask:
    kind = next((kind for kind in kinds if kind.kind == fields["kind"]), None)
    if kind is None:
        raise _BadValue(f"kind: there is no kind {fields['kind']!r}")
    if all(branch.province != fields["province"] for branch in branches):
        raise _NotInPlay(fields["province"])
    values = {name: _value(name, fields[name]) for name in _COLUMNS if fields.get(name)}
    return DayTask(
        at_s=play_second(_value("at", fields["at"], _minutes), day_s),
        province=fields["province"],
        external_id=_value("external_id", fields.get("external_id") or f"csv-{line}", _id),
        kind=kind.kind,
        line=kind.line,
        **values,
    )


def _value(name: str, text: str, parse: Callable[[str], Any] | None = None) -> Any:
    try:
        return (parse or _COLUMNS[name])(text)
    except _BadValue as error:
        raise _BadValue(f"{name}: {error}, not {text[:40]!r}") from None


def _minutes(text: str) -> float:
    found = _TIME.fullmatch(text)
    if found is None:
        raise _BadValue("expected a time HH:MM or HH:MM:SS")
    return int(found[1]) * 60 + int(found[2]) + int(found[3] or 0) / 60


def _id(text: str) -> str:
    if _ID.fullmatch(text) is None:
        raise _BadValue("expected 1 to 64 characters of A-Z a-z 0-9 . _ -")
    return text


def _note(text: str) -> str:
    if len(text) > 2_000:
        raise _BadValue("expected at most 2,000 characters")
    return text


def _yes_no(text: str) -> bool:
    if text.lower() not in _YES_NO:
        raise _BadValue("expected yes or no")
    return _YES_NO[text.lower()]


def _whole(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,15}", text) or not low <= int(text) <= high:
            raise _BadValue(f"expected a whole number from {low:,} to {high:,}")
        return int(text)

    return parse


#: Optional columns with their parsers; they are fields of `DayTask`.
_COLUMNS: dict[str, Callable[[str], Any]] = {
    "complexity": _whole(1, 5),
    "priority": _whole(0, 9),
    "green_channel": _yes_no,
    "amount_fen": _whole(0, 1_000_000_000_000),
    "page_count": _whole(0, 100_000),
    "policy_count": _whole(0, 10_000),
    "channel": _id,
    "customer_id": _id,
    "customer_tier": _whole(1, 5),
    "case_id": _id,
    "risk_score_permille": _whole(0, 1_000),
    "vulnerable": _yes_no,
    "complaint": _yes_no,
    "home_only": _yes_no,
    "note": _note,
}
