"""What a person meets who types `sharedops` for the first time, or with a slip of the finger."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
from typer.testing import CliRunner

from actors.core.ids import ProvinceCode
from actors.store import DAMAGED_RUNBOOK, open_store
from actors.verification.report import Report
from gateway.command import app
from gateway.command.figure_notes import FIGURE_NOTES
from gateway.command.province_codes import split_codes


def _commands(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Every command's words, and whether it only groups others."""
    within: dict[str, Any] = getattr(command, "commands", {})
    yield words, bool(within)
    for name, one in within.items():
        yield from _commands(one, (*words, name))


#: Words -> whether the command only groups others.
COMMANDS = dict(_commands(typer.main.get_command(app)))


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_help_has_an_example_that_exists(words: tuple[str, ...]) -> None:
    """Would break if a command, or the command of all commands, left a newcomer without a line to begin with."""
    shown = " ".join(CliRunner().invoke(app, [*words, "--help"], terminal_width=200).output.split())
    example = shown.partition("Example: sharedops ")[2].split()
    called = max((known for known in COMMANDS if tuple(example[: len(known)]) == known), key=len)
    assert called[: len(words)] == words
    assert not COMMANDS[called], "the example runs nothing"


def test_serve_says_which_provinces_there_are(tmp_path: Path) -> None:
    """Would break if somebody who guessed a code wrong had to guess again."""
    refused = CliRunner().invoke(app, ["serve", "--data-dir", str(tmp_path / "data"), "--provinces", "fujain"])
    assert refused.exit_code == 2
    assert "did you mean fujian?" in refused.output
    assert "jiangxi" in refused.output
    assert not (tmp_path / "data").exists()


def test_verify_says_what_ended_means() -> None:
    """Would break if returned and cancelled tasks passed for decided ones: the word alone does not tell."""
    for name in ("verify", "backup"):
        shown = " ".join(CliRunner().invoke(app, [name, "--help"], terminal_width=200).output.split())
        assert "ended (undecided: returned to the branch, or cancelled)" in shown
    assert "undecided" in FIGURE_NOTES["tasks_ended"]
    assert set(FIGURE_NOTES) <= set(Report.__struct_fields__)


@pytest.mark.parametrize("problems", [[], ["fujian: frame 7 does not follow frame 6"]])
def test_verify_says_what_to_do(problems: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Would break if whoever finds a damaged journal had to look for the page that helps, or was sent to it for nothing."""
    monkeypatch.setattr(
        sys.modules["gateway.command.verify"],
        "verify_directory",
        lambda *_arguments, **_named: Report(problems=problems),
    )
    shown = CliRunner().invoke(app, ["verify", str(tmp_path)]).output
    assert (DAMAGED_RUNBOOK in shown) == bool(problems)


def test_a_province_named_twice_is_one_province() -> None:
    """Would break if a new store got two writers for one journal."""
    assert split_codes(" fujian,jiangxi,,fujian") == ("fujian", "jiangxi")


@pytest.mark.parametrize("name", ["missing", "empty", "file"])
def test_restoring_what_is_no_backup_ends_with_the_code_of_a_wrong_name(tmp_path: Path, name: str) -> None:
    """Would break if a script could not tell a mistyped folder (2, as of `verify` and `backup`) from a damaged backup (1)."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    result = CliRunner().invoke(app, ["restore", str(tmp_path / name), str(tmp_path / "data"), "--json"])
    assert result.exit_code == 2
    answer = json.loads(result.stdout.splitlines()[-1])
    assert not answer["ok"]
    assert str(tmp_path / name) in answer["problem"]
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("spoilt", "content", "said"),
    [
        ("tokens.toml", "[[[", "is not TOML"),
        ("logs", "a file in its place", "logs: File exists"),
        ("store.json", "{", "is damaged"),
    ],
)
def test_serve_says_at_once_which_of_its_files_is_spoilt(tmp_path: Path, spoilt: str, content: str, said: str) -> None:
    """The gateway was restarted over a wrong token file for three minutes, and then nobody said why."""
    directory = tmp_path / "data"
    store = open_store(directory, (ProvinceCode("fujian"),))
    store.release()
    store.logs.rmdir()
    (directory / spoilt).write_text(content)
    refused = CliRunner().invoke(
        app, ["serve", "--data-dir", str(directory), "--grpc", "127.0.0.1:0", "--console", "127.0.0.1:0"]
    )
    assert (refused.exit_code, said in refused.output) == (2, True), refused.output


def test_the_version_is_said_without_a_command() -> None:
    """Would break if whoever reports a fault could not say of which version."""
    said = CliRunner().invoke(app, ["--version"])
    assert (said.exit_code, said.output.split()[0]) == (0, "sharedops")
