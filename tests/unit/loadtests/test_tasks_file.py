from pathlib import Path

import pytest

import loadtests
from loadtests.catalogue import Branch, Kind
from loadtests.day import play_second
from loadtests.tasks_file import PROBLEMS_MAX, TasksFileError, read_tasks_file

DAY_S = 60.0
EXAMPLE = Path(loadtests.__file__).with_name("example-tasks.csv")


def read(tmp_path: Path, branches: list[Branch], kinds: list[Kind], text: str | bytes):
    """The tasks of a file with this content."""
    file = tmp_path / "tasks.csv"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_tasks_file(file, branches, kinds, DAY_S)


def test_the_example_can_be_played(branches: list[Branch], kinds: list[Kind]) -> None:
    """Would break if the file that shows the form did not have it."""
    tasks = read_tasks_file(EXAMPLE, branches, kinds, DAY_S)
    assert len(tasks) >= 20
    assert [task.at_s for task in tasks] == sorted(task.at_s for task in tasks)
    green = [task for task in tasks if task.green_channel]
    assert [(task.province, task.kind, task.vulnerable) for task in green] == [("fujian", "claims-medical-green", True)]


def test_values_reach_the_task(tmp_path: Path, branches: list[Branch], kinds: list[Kind]) -> None:
    """Would break if a column were read into another field, or the mark of a spreadsheet's UTF-8 spoiled the first column."""
    text = (
        "\ufeffat,province,kind,amount_fen,green_channel,complexity,note\r\n"
        '09:15:30,hunan,claims-death,1200,是,5,"two, lines\nof it"\r\n\r\n'
        "23:00,hunan,claims-accident,,,,\r\n"
    )
    first, second = read(tmp_path, branches, kinds, text)
    assert first.at_s == play_second(9 * 60 + 15.5, DAY_S)
    assert (first.province, first.kind, first.amount_fen, first.green_channel) == ("hunan", "claims-death", 1200, True)
    assert (first.complexity, first.note) == (5, "two, lines\nof it")
    assert (second.external_id, second.complexity, second.amount_fen, second.at_s) == ("csv-5", 3, 0, DAY_S)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("9h,fujian,claims-medical,,", "at: expected a time"),
        ("24:00,fujian,claims-medical,,", "at: expected a time"),
        ("09:00,atlantis,claims-medical,,", "province: there is no province 'atlantis'"),
        ("09:00,fujian,claims-magic,,", "kind: there is no kind 'claims-magic'"),
        ("09:00,fujian,claims-medical,-5,", "amount_fen: expected a whole number"),
        ("09:00,fujian,claims-medical,12.50,", "amount_fen: expected a whole number"),
        ("09:00,fujian,claims-medical,,perhaps", "green_channel: expected yes or no"),
        ("09:00,fujian,claims-medical,,,,", "more values than columns"),
    ],
)
def test_a_wrong_line_is_told_with_its_number(
    tmp_path: Path, branches: list[Branch], kinds: list[Kind], line: str, told: str
) -> None:
    """Would break if a branch had to guess which of its thousand lines is wrong, and why."""
    text = f"at,province,kind,amount_fen,green_channel\n09:00,fujian,claims-medical,1,no\n{line}\n"
    with pytest.raises(TasksFileError) as caught:
        read(tmp_path, branches, kinds, text)
    assert ", line 3: " in str(caught.value)
    assert told in str(caught.value)


def test_problems_of_many_lines_are_told_together(tmp_path: Path, branches: list[Branch], kinds: list[Kind]) -> None:
    """Would break if a file with two mistakes took two tries, or one with a million filled the screen."""
    lines = ["at,province,kind"] + ["09:00,fujian,nonsense"] * (PROBLEMS_MAX + 5)
    with pytest.raises(TasksFileError) as caught:
        read(tmp_path, branches, kinds, "\n".join(lines))
    told = str(caught.value).splitlines()
    assert len(told) == PROBLEMS_MAX + 1
    assert told[-1] == "… and 5 more"


def test_provinces_outside_the_play_are_summed_up(tmp_path: Path, branches: list[Branch], kinds: list[Kind]) -> None:
    """Would break if a file of a dozen branches, played with two, filled the screen and did not say which two."""
    lines = ["at,province,kind", *["09:00,jiangxi,claims-medical"] * 3, "09:00,hunan,claims-medical"]
    two = [branch for branch in branches if branch.province in ("fujian", "shandong")]
    with pytest.raises(TasksFileError) as caught:
        read(tmp_path, two, kinds, "\n".join(lines))
    told = str(caught.value)
    assert told.endswith(
        "line 2: province: there is no province 'jiangxi' in this play, 4 such lines in all: jiangxi, hunan; "
        "the play has fujian, shandong"
    )
    assert len(told.splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"", "column at is missing"),
        (b"at,kind\n", "column province is missing"),
        (b"at,province,kind,colour\n", "there is no column 'colour'"),
        (b"at,province,kind\n", "holds no tasks"),
        (b"at,province,kind\n\xff\xfe,,\n", "is not UTF-8"),
        (
            b"at,province,kind,external_id\n09:00,fujian,claims-medical,A\n09:01,fujian,claims-medical,A\n",
            "line 3: external_id: 'A' is in line 2 already",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_told(
    tmp_path: Path, branches: list[Branch], kinds: list[Kind], text: bytes, told: str
) -> None:
    """Would break if a wrong file ended in a traceback or played an empty day."""
    with pytest.raises(TasksFileError) as caught:
        read(tmp_path, branches, kinds, text)
    assert told in str(caught.value)


def test_a_file_that_is_not_there_is_told(tmp_path: Path, branches: list[Branch], kinds: list[Kind]) -> None:
    """Would break if a wrong path ended in a traceback."""
    with pytest.raises(TasksFileError, match="cannot be read"):
        read_tasks_file(tmp_path / "none.csv", branches, kinds, DAY_S)
