import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from actors.backup.cut import Cut, take_cut
from actors.backup.draft import Draft
from actors.backup.errors import BackupFailed
from actors.backup.making import copy_into, seal
from actors.backup.restoring import restore_backup
from actors.core import codec
from actors.core import events as e
from actors.core.ids import TaskId
from actors.journal import Photograph, open_readonly
from actors.store import Store, lock_store, open_store
from actors.verification.directory import verify_directory
from tests.unit.backup.world import (
    PROVINCES,
    HeldProvinces,
    World,
    one_after_the_other,
    photographs_of,
)

#: As many as the planted bug is found in.
SEEDS = 2
BACKUPS_PER_SEED = 5


def new_world(directory: Path, seed: int) -> World:
    """A country that has been busy for a while."""
    store = open_store(directory, PROVINCES)
    world = World(store, seed)
    world.populate()
    store.note_complete()
    world.steps(400)
    return world


def save(world: World, photographs: Sequence[Photograph], cut: Cut, folder: Path) -> None:
    """Write and verify the backup of a cut while the world goes on."""
    with Draft(folder) as draft:
        world.steps(50)
        files = copy_into(draft.path, world.store, photographs, cut)
        world.steps(50)
        seal(draft.path, world.store, cut, files, verify=True, was_running=True)
        draft.publish()


def noted(store: Store, kind: type[e.TaskCreated] | type[e.TaskCompleted]) -> list[TaskId]:
    """The tasks of all events of a kind, in all journals."""
    tasks: list[TaskId] = []
    for name in PROVINCES:
        view = open_readonly(store.journal_path(name))
        for frame in view.frames():
            tasks += [event.task_id for event in codec.decode_events(frame.payload) if isinstance(event, kind)]
        view.close()
    return tasks


def require_whole(folder: Path, acknowledged: Sequence[TaskId], directory: Path) -> int:
    """Restore, run to rest: everything acknowledged before is decided exactly once. How many tasks were on their way.

    Raises:
        BackupFailed, AssertionError: it is not.
    """
    manifest = restore_backup(folder, directory).manifest
    assert manifest.counts is not None
    store = lock_store(directory)
    world = World(store, seed=1)
    world.come_to_rest()
    world.close()
    store.release()
    created, decided = noted(store, e.TaskCreated), noted(store, e.TaskCompleted)
    assert len(created) == manifest.counts.tasks_created
    assert sorted(decided) == sorted(created), "not decided exactly once"
    assert set(acknowledged) <= set(created)
    assert verify_directory(directory).problems == []
    return manifest.counts.tasks_in_transit


@pytest.mark.parametrize("seed", range(SEEDS))
def test_whatever_moves_a_backup_shows_one_instant(seed: int, tmp_path: Path) -> None:
    """A task that was on its way at that moment would be lost or doubled after a restore."""
    world = new_world(tmp_path / "data", seed)
    provinces = HeldProvinces(world)
    in_transit = tries = 0
    for number in range(BACKUPS_PER_SEED):
        world.steps(world.random.randrange(150))
        acknowledged = list(world.acknowledged)
        photographs = photographs_of(world)
        cut = asyncio.run(take_cut(provinces, PROVINCES, photographs, pause=provinces.pause))
        save(world, photographs, cut, tmp_path / f"backup-{number}")
        in_transit += require_whole(tmp_path / f"backup-{number}", acknowledged, tmp_path / f"restored-{number}")
        tries += 1 + len(cut.broken_tries)
        for photograph in photographs:
            photograph.close()
    world.close()
    # Otherwise nothing was proven.
    assert world.moves > 100
    assert in_transit > 0
    assert (tries > BACKUPS_PER_SEED) == (provinces.broken > 0)
    print(f"seed {seed}: {world.moves} moves, {in_transit} in transit in {BACKUPS_PER_SEED} backups, {tries} tries")


def test_without_the_hold_tasks_are_lost_or_doubled(tmp_path: Path) -> None:
    """The planted bug: if it were not found, the test above could not fail."""
    found: list[str] = []
    for seed in range(SEEDS):
        world = new_world(tmp_path / f"data-{seed}", seed)
        for number in range(BACKUPS_PER_SEED):
            world.steps(world.random.randrange(150))
            acknowledged = list(world.acknowledged)
            photographs = photographs_of(world)
            name = f"{seed}-{number}"
            try:
                save(world, photographs, one_after_the_other(photographs), tmp_path / f"backup-{name}")
                require_whole(tmp_path / f"backup-{name}", acknowledged, tmp_path / f"restored-{name}")
            except (BackupFailed, AssertionError) as error:
                found.append(str(error))
            for photograph in photographs:
                photograph.close()
        world.close()
    print(f"{len(found)} of {2 * BACKUPS_PER_SEED} found: {found[0] if found else ''}")
    assert any("is lost" in problem for problem in found), found
    assert any("newest is" in problem for problem in found), found
