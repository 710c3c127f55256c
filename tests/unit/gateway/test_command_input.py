"""What people type at commands that question a system: a slip is told in a line, with the code for a slip; words are shown as they are."""

import errno
import io
import json
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from actors.core.matching.wording import Language
from gateway.command import app, asking
from gateway.command.asking import CannotAsk, token_or_development
from gateway.command.drill_view import show_drills, show_report
from gateway.command.explain_view import show
from gateway.command.policy_fields import instant_ms, time_of
from gateway.command.policy_view import show_proposal, show_revisions
from gateway.v1 import dispatch_pb2, drill_pb2, province_pb2
from gateway.validation.checks import TIME_MAX_MS
from loadtests.wire import DevelopmentTokens

#: Nobody listens there; a command that asks all the same ends with 1.
NOWHERE = ("--address", "127.0.0.1:1")
#: Ports that nobody else has.
FREE = ("--grpc", "127.0.0.1:0", "--console", "127.0.0.1:0")


@pytest.mark.parametrize("token", ["令牌", "secret\n", "two words", "a\tb"])
def test_a_token_that_no_header_holds_is_a_slip(token: str) -> None:
    """The asyncio client of gRPC raises an error of its own for it, which ended `drill` with a traceback."""
    with pytest.raises(CannotAsk) as caught:
        token_or_development(token, Path("none"))
    assert token not in str(caught.value)
    assert CliRunner().invoke(app, ["drill", "show", "drill-1", *NOWHERE, "--token", token]).exit_code == 2


def test_another_users_tokens_are_not_said_to_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The duty officer's own account looked for a directory that was the right one."""

    def refuse(_path: Path) -> DevelopmentTokens:
        raise PermissionError(errno.EACCES, "Permission denied", "data/dev-tokens.json")

    monkeypatch.setattr(asking, "read_development_tokens", refuse)
    with pytest.raises(CannotAsk, match="in data are another user's"):
        token_or_development("", Path("data"))


def test_a_replay_that_cannot_be_played_is_one_json_object_too() -> None:
    """A script that reads the last line would find none."""
    refused = CliRunner().invoke(app, ["replay", "none.csv", "--virtual", "--json"])
    answer = json.loads(refused.stdout.splitlines()[-1])
    assert (refused.exit_code, answer["ok"], answer["problem"]) == (2, False, "none.csv: No such file or directory")


@pytest.mark.parametrize("command", [["show", "drill-1"], ["run", "snow", "--province", "fujian"]])
def test_a_page_that_cannot_be_written_is_told_before_anything_is_asked(command: list[str], tmp_path: Path) -> None:
    """The report of a drill that took minutes was lost to a misspelt folder."""
    folder, file = tmp_path / "none", tmp_path / "file"
    file.touch()
    for page, told in (
        (tmp_path, "no page can be written there"),
        (folder / "page.html", f"there is no folder {folder}"),
        (file / "page.html", f"there is no folder {file}"),
        (tmp_path / ("x" * 400), "--html"),
    ):
        asked = ["drill", *command, "--html", str(page), *NOWHERE, "--token", "t", "--json"]
        refused = CliRunner().invoke(app, asked)
        answer = json.loads(refused.stdout)
        assert (refused.exit_code, answer["passed"]) == (2, False)
        assert told in answer["problem"]


@pytest.mark.parametrize(
    "words",
    [
        ["policy", "show", "{}"],
        ["policy", "set", "fujian", "share_in_quota=3", "--yes", "--reason", "{}"],
        ["calendar", "fujian,{}"],
        ["drill", "run", "snow", "--province", "{}", "--yes"],
        ["drill", "abort", "drill-1", "--reason={}"],
        ["explain", "{}"],
    ],
)
def test_what_is_no_text_is_a_slip(words: list[str]) -> None:
    """A word from a terminal of another encoding ended the command with a traceback."""
    typed = [word.format("snow \udcd1") for word in words]
    refused = CliRunner().invoke(app, [*typed, *NOWHERE, "--token", "t"])
    assert isinstance(refused.exception, SystemExit)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "is not text in UTF-8" in refused.stderr


@pytest.mark.parametrize(
    ("error", "code", "problem"), [(KeyboardInterrupt, 130, "interrupted 已中断"), (EOFError, 1, "no answer")]
)
@pytest.mark.parametrize(("command", "verdict"), [("backup", "ok"), ("serve", "ready"), ("drill", "passed")])
@pytest.mark.parametrize("is_json", [True, False])
def test_a_command_that_is_cut_short_is_one_json_object_too(
    error: type[BaseException],
    code: int,
    problem: str,
    command: str,
    verdict: str,
    is_json: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A script that reads the last line of a backup that somebody stopped found none."""

    def cut_short(*_: object, **_options: object) -> None:
        raise error

    # The package has the functions of the same names in its modules' places.
    monkeypatch.setattr(import_module("gateway.command.backup"), "make_backup", cut_short)
    monkeypatch.setattr(import_module("gateway.command.serve"), "_addresses", cut_short)
    monkeypatch.setattr(import_module("gateway.command.drill"), "token_or_development", cut_short)
    words = {"backup": ["backup", "data", "folder"], "serve": ["serve"], "drill": ["drill", "show", "drill-1"]}[command]
    done = CliRunner().invoke(app, [*words, *(["--json"] if is_json else [])])
    assert done.exit_code == code
    if is_json:
        said = json.loads(done.stdout)
        assert (said[verdict], problem in said["problem"]) == (False, True)
    else:
        assert done.stdout == ""


@pytest.mark.parametrize("count", ["²", "9" * 5_000, "0", "37", "-1"])
@pytest.mark.parametrize(
    "words", [["demo"], ["drill", "run", "snow", "--province", "fujian", "--self-contained", "--dry-run"]]
)
def test_a_number_of_provinces_that_there_cannot_be_is_a_slip(words: list[str], count: str) -> None:
    """What looks like a digit and is none, and more digits than Python reads, ended in a traceback."""
    refused = CliRunner().invoke(app, [*words, "--provinces", count])
    assert isinstance(refused.exception, SystemExit)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "sharedops " + words[0] in refused.stderr


@pytest.mark.parametrize("port", ["9" * 5_000, "65536", "²", "٣", ""])
def test_a_port_that_there_cannot_be_is_a_slip(port: str, tmp_path: Path) -> None:
    """More digits than Python reads ended in a traceback."""
    refused = CliRunner().invoke(app, ["serve", "--data-dir", str(tmp_path / "data"), "--grpc", f"127.0.0.1:{port}"])
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "expected HOST:PORT" in refused.stderr
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["serve", *FREE, "--data-dir", "{loop}"], 2),
        (["serve", *FREE, "--data-dir", "{loop}/data"], 2),
        (["serve", *FREE, "--data-dir", "data", "--fault-dir", "{loop}"], 2),
        (["backup", "{loop}", "backup"], 2),
        (["backup", "data", "{loop}"], 1),
        (["restore", "{loop}", "data"], 2),
        (["restore", "{loop}/backup", "data"], 2),
        (["demo", "--data-dir", "{loop}"], 2),
        (["verify", "{loop}"], 2),
    ],
)
def test_a_path_that_leads_back_to_itself_is_told_in_a_line(
    words: list[str], code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two symbolic links onto each other ended the command in a traceback, and with a code that says something else."""
    monkeypatch.chdir(tmp_path)
    loop = tmp_path / "loop"
    loop.symlink_to(tmp_path / "pool")
    (tmp_path / "pool").symlink_to(loop)
    refused = CliRunner().invoke(app, [word.format(loop=loop) for word in words])
    assert isinstance(refused.exception, SystemExit)
    assert refused.exit_code == code
    assert len(refused.stderr.splitlines()) == 1
    assert str(loop) in refused.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["loop", "pool"]


@pytest.mark.parametrize("command", ["rollback", "approve"])
def test_a_number_that_the_wire_cannot_carry_is_a_slip(command: str) -> None:
    """It ended in a traceback of gRPC's."""
    asked = ["policy", command, "fujian", str(2**63), *NOWHERE, "--token", "t", "--json"]
    refused = CliRunner().invoke(app, asked)
    assert isinstance(refused.exception, SystemExit)
    assert refused.exit_code == 2
    # The largest that it can is asked for.
    assert CliRunner().invoke(app, [*asked[:3], str(2**63 - 1), *asked[4:]]).exit_code == 1


@pytest.mark.parametrize("threshold", ["inf", "nan", "-1", "1e300"])
def test_a_threshold_that_no_policy_has_is_a_slip(threshold: str) -> None:
    """An endless one ended in a traceback, and one above a week tells of a policy that nobody can set."""
    refused = CliRunner().invoke(app, ["capacity", "--threshold-minutes", threshold, "--days", "1", "--seeds", "1"])
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "--threshold-minutes" in refused.stderr


def test_a_time_is_local_unless_it_says_its_offset() -> None:
    """An evacuation typed in UTC would begin eight hours early."""
    assert instant_ms("2026-12-01 05:00") == instant_ms("2026-11-30T21:00:00Z") == 1_796_072_400_000


def test_the_last_instant_of_the_contract_can_be_shown() -> None:
    """`policy show` ended with a traceback for a policy that somebody had let end then."""
    assert time_of(TIME_MAX_MS) == "9999-12-31 23:59:59"
    assert time_of(1_796_072_400_000) == "2026-12-01 05:00:00"


#: Marks of a terminal's markup: one that ends nothing, and one that would be swallowed.
ODD = "storm [/east] [ops]"
DRILL = drill_pb2.Drill(kind=drill_pb2.DRILL_KIND_SNOW, state=drill_pb2.DRILL_STATE_ABORTED, reason=ODD)
PROPOSAL = province_pb2.SharingPolicyProposal(reason=ODD)
REVISION = province_pb2.SharingPolicyRevision(reason=ODD)
CANDIDATE = dispatch_pb2.Candidate(operator="provinces/fujian/operators/7", display_name=ODD)
EXPLANATION = dispatch_pb2.TaskExplanation(decision={"candidates": [CANDIDATE, CANDIDATE]})


@pytest.mark.parametrize(
    "shown",
    [
        lambda console: show_drills(console, [DRILL]),
        lambda console: show_report(console, DRILL),
        lambda console: show_proposal(console, PROPOSAL, Language.EN),
        lambda console: show_revisions(console, [REVISION], Language.EN),
        lambda console: show(console, EXPLANATION, Language.EN, ""),
    ],
)
def test_what_people_wrote_is_shown_as_they_wrote_it(shown: Callable[[Console], None]) -> None:
    """One reason with a bracket ended the list of all revisions with a traceback, for everybody."""
    console = Console(file=io.StringIO(), width=200)
    shown(console)
    assert isinstance(console.file, io.StringIO)
    assert ODD in console.file.getvalue()
