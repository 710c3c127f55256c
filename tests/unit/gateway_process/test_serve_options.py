"""Options of `serve` on their way to the processes that obey them."""

from importlib import import_module
from pathlib import Path

import pytest
from typer.testing import CliRunner

from actors.store import Store
from gateway.command import app
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
    done = CliRunner().invoke(app, ["serve", *options, "--grpc", "127.0.0.1:0", "--console", "127.0.0.1:0"])
    assert done.exit_code == 0, done.output
    assert [settings.admission_per_second for settings in seen] == [70]
