"""The cluster process without Ray: what it does when something of its own fails."""

import asyncio
from pathlib import Path

import pytest

from actors import cluster, protocol
from actors.cluster import Supervisor, WorkerForks, supervise
from actors.cluster_options import REFUSALS, ClusterOptions
from actors.core.ids import ProvinceCode
from actors.standing_aside import refusing
from actors.store import open_store
from actors.transport import DIRECTORY_SOCKET, DirectoryClient

PATIENCE_S = 20.0


class Ray:
    """Stands for it."""

    was_shut_down = False

    class exceptions:  # noqa: N801 - Ray's name
        """Its errors."""

        RayError = RuntimeError

    def shutdown(self) -> None:
        """Everything ends."""
        self.was_shut_down = True


class Handle:
    """Stands for an actor that is being made."""

    @property
    def ready(self) -> "Handle":
        """The question."""
        return self

    async def remote(self) -> None:
        """Not answered yet."""
        await asyncio.Event().wait()


async def test_a_bug_that_ends_the_watching_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process ended with code 0 and no word of why, again and again."""
    store = open_store(tmp_path / "data", (ProvinceCode("fujian"),))
    run_dir, ray = tmp_path / "run", Ray()
    run_dir.mkdir()

    async def keep(_: WorkerForks) -> None:
        raise LookupError("a bug")

    monkeypatch.setattr(cluster, "start_ray", lambda *_: ray)
    monkeypatch.setattr(cluster, "start_actors", lambda *_: [Handle(), Handle()])
    monkeypatch.setattr(cluster, "adopt_orphans", lambda: None)
    monkeypatch.setattr(cluster, "_stop_on_signals", lambda *_: None)
    monkeypatch.setattr(WorkerForks, "keep_for_ever", keep)
    with pytest.raises(LookupError, match="a bug"):
        async with asyncio.timeout(PATIENCE_S):
            await supervise(ClusterOptions(data_dir=str(store.directory), run_dir=str(run_dir)))
    assert ray.was_shut_down
    store.release()


async def test_who_stands_aside_is_told_to_gateways_also_where_it_cannot_be_written_down(tmp_path: Path) -> None:
    """The error closed the connection of whoever stood aside, who came back, again and again; nobody could tell what was wrong with it."""
    supervisor = Supervisor(["province/fujian"], tmp_path)
    await supervisor.directory.listen(tmp_path)
    (tmp_path / REFUSALS).with_suffix(".new").mkdir()
    changes: list[tuple[str, bool]] = []
    watcher = DirectoryClient(
        tmp_path / DIRECTORY_SOCKET,
        "gateway/1",
        register=None,
        on_change=lambda entry, present: changes.append((entry.name, present)),
    )
    watcher.start()
    await watcher.ready(PATIENCE_S)
    aside = refusing(tmp_path, "province/fujian", "a reason")
    aside.start()
    await aside.ready(PATIENCE_S)
    await watcher.close()
    assert changes == [(protocol.refusal_name("province/fujian"), True)]
    await aside.close()
    await supervisor.close()
