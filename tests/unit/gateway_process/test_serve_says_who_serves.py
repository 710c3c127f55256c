"""What `serve` prints and how it ends when a province, or more than that, stands aside; its processes are played."""

import asyncio
import json
import os
import signal
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

import pytest
from typer.testing import CliRunner, Result

from actors.core.ids import ProvinceCode
from actors.store import HQ, Store, open_store, read_store
from gateway.command import app
from gateway.command.system import Ready, SystemFailed
from tests.unit.damaged_journals import AT_SIGHT

CODES = (ProvinceCode("fujian"), ProvinceCode("jiangxi"))
REASON = "journal fujian is corrupt at frame 7: hash; what to do: docs/runbooks/journal-damaged.md"
HQ_REASON = "the coordinator has not come up and says nothing; what to do: docs/runbooks/process-lost.md"


class Played:
    """Stands for the processes: ready with somebody aside, or never; then Ctrl-C."""

    aside: ClassVar[dict[str, str]] = {}
    failure = ""

    def __init__(self, store: Store, settings: object, say: object) -> None:
        del settings, say
        self._store = store

    async def start(self) -> None:
        """Nothing to start."""

    async def wait_ready(self, timeout_s: float) -> Ready:
        """As the test wants it."""
        del timeout_s
        if self.failure:
            raise SystemFailed(self.failure)
        return Ready("127.0.0.1:1", ("http://127.0.0.1:2",), self.aside)

    async def wait_failed(self) -> None:
        """Somebody presses Ctrl-C."""
        os.kill(os.getpid(), signal.SIGINT)

    async def stop(self) -> None:
        """The lock is given back."""
        self._store.release()


@pytest.fixture(autouse=True)
def play(monkeypatch: pytest.MonkeyPatch) -> None:
    """No process is started. The package has the function of the same name in its module's place."""
    monkeypatch.setattr(import_module("gateway.command.serve"), "System", Played)


def serve(directory: Path, *options: str) -> Result:
    """The command, to its end."""
    addresses = ("--grpc", "127.0.0.1:0", "--console", "127.0.0.1:0", "--provinces", ",".join(CODES))
    return CliRunner().invoke(app, ["serve", "--data-dir", str(directory), *addresses, *options])


@pytest.mark.parametrize(("aside", "serving"), [({}, 2), ({"fujian": REASON}, 1), ({HQ: HQ_REASON}, 2)])
def test_the_ready_line_counts_who_serves_and_names_who_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, aside: dict[str, str], serving: int
) -> None:
    """Whoever starts the country by a program would send Fujian's work to nobody. Ctrl-C is a clean end all the same."""
    monkeypatch.setattr(Played, "aside", aside)
    done = serve(tmp_path, "--json")
    line: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert (done.exit_code, line["ready"], line["provinces"], line["standing_aside"]) == (0, True, serving, aside)


def test_people_read_how_many_serve_and_who_does_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Told that all provinces are ready, nobody looks; the customers of Fujian would find it out."""
    monkeypatch.setattr(Played, "aside", {"fujian": REASON})
    done = serve(tmp_path)
    assert done.exit_code == 0
    assert "1 of 2 provinces serve" in done.output
    assert "各省已就绪" not in done.output
    assert "aside    fujian" in done.output


def test_people_read_that_all_provinces_serve_without_the_coordinator(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It counts as no province, and is named all the same."""
    monkeypatch.setattr(Played, "aside", {HQ: HQ_REASON})
    done = serve(tmp_path)
    assert done.exit_code == 0
    assert "2 provinces serve" in done.output
    assert "aside    hq" in done.output


@pytest.mark.parametrize(("aside", "is_complete"), [({}, True), ({"fujian": REASON}, False), ({HQ: HQ_REASON}, False)])
def test_a_first_start_without_somebody_is_not_complete(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, aside: dict[str, str], is_complete: bool
) -> None:
    """Noted as made, a journal that could not be made yet would be taken for lost for ever."""
    monkeypatch.setattr(Played, "aside", aside)
    serve(tmp_path, "--json")
    assert read_store(tmp_path).identity.complete is is_complete


def test_a_country_that_nobody_serves_ends_with_one_and_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A supervisor of services starts again what ended badly, and goes by the code."""
    monkeypatch.setattr(Played, "failure", REASON)
    done = serve(tmp_path, "--json")
    assert (done.exit_code, REASON in done.stderr) == (1, True)
    assert json.loads(done.stdout) == {"ready": False, "problem": REASON}


@pytest.mark.parametrize(("name", "code"), [("fujian", 0), (HQ, 2)])
def test_only_the_headquarters_journal_is_a_reason_not_to_begin(tmp_path: Path, name: str, code: int) -> None:
    """Before anything is started: the code says that nothing was, and the text which file it is."""
    store = open_store(tmp_path, CODES)
    store.release()
    store.journal_path(name).touch()
    AT_SIGHT["not SQLite"](store.journal_path(name))
    done = serve(tmp_path, "--json")
    assert done.exit_code == code
    assert ("journal hq is corrupt" in done.stderr) is (name == HQ)
    assert json.loads(done.stdout)["ready"] is (name != HQ)


@pytest.mark.parametrize("is_json", [True, False])
def test_a_start_that_is_interrupted_says_so_to_programs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_json: bool
) -> None:
    """Who waits for the line got none, and a clean end: was it ready, or not?"""

    async def wait_ready(*_: object) -> Ready:
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(Played, "wait_ready", wait_ready)
    done = serve(tmp_path, *(["--json"] if is_json else []))
    assert done.exit_code == 0
    if is_json:
        assert json.loads(done.stdout) == {"ready": False, "problem": "interrupted 已中断"}
    else:
        assert '"ready"' not in done.stdout


def test_one_line_is_printed_though_it_fails_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second line after that of a system that was ready would be news of a start that nobody asked for."""

    async def wait_failed(*_: object) -> None:
        raise SystemFailed(REASON)

    monkeypatch.setattr(Played, "wait_failed", wait_failed)
    done = serve(tmp_path, "--json")
    assert (done.exit_code, REASON in done.stderr) == (1, True)
    assert [json.loads(line)["ready"] for line in done.stdout.splitlines()] == [True]
