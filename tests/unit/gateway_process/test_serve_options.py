"""Options of `serve` on their way to the processes that obey them."""

import socket
from importlib import import_module
from pathlib import Path

import pytest
from typer.testing import CliRunner

from actors.store import Store
from gateway.command import app
from gateway.command.gateways import console_addresses, share_of
from gateway.command.listen_address import AddressUnusable, ListenAddress, require_free
from gateway.command.system import SystemSettings


def test_the_admission_limit_reaches_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was lost between the option and the settings: a limit that nobody keeps is found out in the first overload."""
    seen: list[SystemSettings] = []

    async def note(store: Store, settings: SystemSettings, *, as_json: bool) -> None:
        del as_json
        store.release()
        seen.append(settings)

    # The package has the function of the same name in its module's place.
    monkeypatch.setattr(import_module("gateway.command.serve"), "_serve", note)
    options = ["--data-dir", str(tmp_path / "data"), "--provinces", "fujian,jiangxi", "--admission-per-second", "70"]
    addresses = ["--grpc", "127.0.0.1:0", "--console", "127.0.0.1:0", "--gateways", "3"]
    done = CliRunner().invoke(app, ["serve", *options, *addresses])
    assert done.exit_code == 0, done.output
    assert [(settings.gateways, settings.admission_per_second) for settings in seen] == [(3, 70)]


def test_gateways_share_the_limit_and_take_a_console_each() -> None:
    """A limit that each of them had in full would be kept by nobody; a second console on the first one's port would not start."""
    assert console_addresses("127.0.0.1:8051", 3) == ["127.0.0.1:8051", "127.0.0.1:8052", "127.0.0.1:8053"]
    assert console_addresses("[::1]:0", 2) == ["[::1]:0", "[::1]:0"]
    assert [share_of(1_000, count) for count in (1, 2, 3)] == [1_000, 500, 334]
    assert share_of(0, 3) == 0


def test_two_things_of_ours_may_not_want_one_port(tmp_path: Path) -> None:
    """Told after half a minute by a child that ended ten times, nobody would know what to change."""
    addresses = ["--grpc", "127.0.0.1:50998", "--console", "127.0.0.1:50997", "--gateways", "2"]
    done = CliRunner().invoke(app, ["serve", "--data-dir", str(tmp_path / "data"), *addresses])
    assert done.exit_code == 2
    assert "127.0.0.1:50998 is asked for twice" in done.output


def test_a_start_on_a_taken_port_leaves_no_directory(tmp_path: Path) -> None:
    """It left a store of provinces that cannot be changed: the next try, with others, was refused for that."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        addresses = ["--grpc", f"127.0.0.1:{taken.getsockname()[1]}", "--console", "127.0.0.1:0"]
        words = ["serve", "--data-dir", str(tmp_path / "data"), "--provinces", "fujian,jiangxi", *addresses]
        done = CliRunner().invoke(app, words)
    assert done.exit_code == 2
    assert "cannot be listened on" in done.output
    assert list(tmp_path.iterdir()) == []


def test_one_port_under_two_names_is_one_port() -> None:
    """Nobody saw it before the start, and of two things of ours on one port one ends again and again."""
    addresses = [("--grpc", ListenAddress("127.0.0.1", 50998)), ("--console", ListenAddress("localhost", 50998))]
    with pytest.raises(AddressUnusable, match=r"localhost:50998 cannot be listened on \(Address already in use\)"):
        require_free(addresses)
    require_free(addresses[:1])


def test_a_host_that_nobody_knows_is_named_as_such() -> None:
    """An unknown error sent the reader to look for a fault of the machine instead of a slip of the keyboard."""
    with pytest.raises(AddressUnusable, match=r"cannot be listened on \((?!Unknown error)[^(]+\);"):
        require_free([("--grpc", ListenAddress("no-such-host.invalid", 0))])


def test_consoles_beyond_the_last_port_are_refused_in_words(tmp_path: Path) -> None:
    """The command named an address that nobody had written."""
    addresses = ["--grpc", "[::1]:0", "--console", "[::1]:65530", "--gateways", "16"]
    done = CliRunner().invoke(app, ["serve", "--data-dir", str(tmp_path / "data"), *addresses])
    assert done.exit_code == 2
    assert "--console [::1]:65530: there are not 16 ports from there on" in done.output
