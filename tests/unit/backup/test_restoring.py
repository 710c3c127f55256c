import json
import os
import re
import shutil
import socket
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from actors.backup import BackupFailed, make_backup, read_manifest, restore_backup
from actors.backup.draft import Draft
from actors.backup.manifest import FORMAT, encode_manifest
from actors.backup.new_life import LIVES_SKIPPED_MAX, TASK_NUMBERS_SKIPPED
from actors.cluster_options import OPTIONS_FILE, RUN_DIR_PREFIX, ClusterOptions
from actors.journal import Head, Photograph, SqliteJournal, StoreFull, StoreMismatch, open_readonly, open_sqlite
from actors.lives import EPOCHS_SKIPPED, life_of
from actors.store import HQ, StoreError, open_store, read_store
from actors.transport import DIRECTORY_SOCKET
from actors.verification import workers
from actors.verification.directory import verify_directory
from gateway.command import app
from tests.unit.backup.world import PROVINCES, World


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The data directory of a country that has worked and was stopped."""
    directory = tmp_path / "data"
    store = open_store(directory, PROVINCES)
    world = World(store, seed=5)
    world.populate()
    world.steps(300)
    world.close()
    store.note_complete()
    store.release()
    (directory / "tokens.toml").write_text('[[token]]\nsha256 = "00"\n', encoding="utf-8")
    (directory / "tokens.toml").chmod(0o600)
    return directory


@pytest.fixture
def folder(data: Path, tmp_path: Path) -> Path:
    """A backup of it."""
    make_backup(data, tmp_path / "backup")
    return tmp_path / "backup"


# --- a stopped system ---


def test_a_stopped_system_is_copied_whole(data: Path, folder: Path) -> None:
    """The nightly backup of a machine that is down for maintenance."""
    manifest = read_manifest(folder)
    assert not manifest.was_running
    assert manifest.counts is not None
    report = verify_directory(data)
    assert manifest.counts.tasks_created == report.tasks_created > 0
    assert manifest.counts.tasks_in_transit == report.tasks_in_transit
    assert verify_directory(folder).ok
    assert sorted(path.name for path in folder.iterdir()) == ["backup.json", "journals", "store.json", "tokens.toml"]
    assert (folder / "tokens.toml").stat().st_mode & 0o777 == 0o600
    assert not list(folder.parent.glob("*.partial"))


def test_a_backup_is_never_served(folder: Path) -> None:
    """It would be altered, and no longer be what its manifest says."""
    with pytest.raises(StoreError, match="is a backup"):
        open_store(folder, PROVINCES)


def test_a_backup_of_a_backup_is_refused(folder: Path, tmp_path: Path) -> None:
    """It would claim to be of the instant at which it was copied, and what branches were told in between would not be asked for again."""
    before = sorted(folder.rglob("*"))
    with pytest.raises(StoreError, match="is a backup itself"):
        make_backup(folder, tmp_path / "second")
    assert sorted(folder.rglob("*")) == before
    assert not (tmp_path / "second").exists()


def test_a_system_that_starts_or_ends_for_ever_is_given_up(data: Path, tmp_path: Path) -> None:
    """The lock is held and nobody says where the system runs: a copy without its consent would be torn."""
    store = open_store(data, PROVINCES)
    with pytest.raises(BackupFailed, match="is in use by process"):
        make_backup(data, tmp_path / "backup", wait_s=0.0)
    store.release()
    assert not (tmp_path / "backup").exists()


def test_plain_development_tokens_are_never_copied(data: Path, tmp_path: Path) -> None:
    """Whoever can read the backup would be everybody; their digests alone would open a restored system to the world."""
    (data / "dev-tokens.json").write_text("{}", encoding="utf-8")
    make_backup(data, tmp_path / "backup")
    assert not list((tmp_path / "backup").glob("*token*"))


def test_a_damaged_system_gives_no_backup(data: Path, tmp_path: Path) -> None:
    """A backup that cannot be trusted must not take the place of an older one that can."""
    path = data / "journals" / "hubei.sqlite"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(BackupFailed):
        make_backup(data, tmp_path / "backup")
    assert not list(tmp_path.glob("backup*"))


def test_a_missing_journal_gives_no_backup(data: Path, tmp_path: Path) -> None:
    """Half a country looks like a whole one in a list of folders."""
    (data / "journals" / "hubei.sqlite").unlink()
    with pytest.raises(BackupFailed, match="hubei"):
        make_backup(data, tmp_path / "backup")


def test_a_backup_that_is_killed_leaves_nothing_that_looks_like_one(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next restore would take it for the newest backup."""

    def dies(photograph: Photograph, path: Path) -> None:
        del photograph
        path.write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(Photograph, "copy_to", dies)
    monkeypatch.setattr(shutil, "rmtree", lambda *_arguments, **_options: None)
    with pytest.raises(KeyboardInterrupt):
        make_backup(data, tmp_path / "backup")
    monkeypatch.undo()
    assert not (tmp_path / "backup").exists()
    with pytest.raises(BackupFailed, match="unfinished"):
        restore_backup(tmp_path / "backup.partial", tmp_path / "restored")
    # What it left behind is in nobody's way.
    make_backup(data, tmp_path / "backup")
    assert not (tmp_path / "backup.partial").exists()


def test_a_folder_that_only_bears_the_name_of_a_draft_is_left_alone(data: Path, tmp_path: Path) -> None:
    """It was removed with all that a person had put there."""
    theirs = tmp_path / "backup.partial" / "letters"
    theirs.mkdir(parents=True)
    with pytest.raises(BackupFailed, match="not a draft of ours"):
        make_backup(data, tmp_path / "backup")
    assert theirs.exists()
    assert not (tmp_path / "backup").exists()


def test_a_backup_that_cannot_be_made_leaves_no_folders(tmp_path: Path) -> None:
    """A slip in the data directory's name left a new folder a night, and whoever looked for backups found one."""
    (tmp_path / "there").mkdir()
    with pytest.raises(StoreError, match="holds no store"):
        make_backup(tmp_path / "none", tmp_path / "there" / "2026" / "01" / "05")
    assert [path.name for path in tmp_path.rglob("*")] == ["there"]


def test_a_backup_goes_where_a_symbolic_link_leads(data: Path, tmp_path: Path) -> None:
    """Everything was copied and checked, and then could not be put in place of the link."""
    (tmp_path / "disk").mkdir()
    (tmp_path / "backup").symlink_to(tmp_path / "disk")
    make_backup(data, tmp_path / "backup")
    assert verify_directory(tmp_path / "disk").ok


def test_a_backup_whose_verifying_process_dies_is_none(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is known of the copy then: as a backup it would be one that nobody has checked."""
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    monkeypatch.setattr(workers, "PROCESSES_FROM_BYTES", 0)
    # Any program that ends without an answer.
    monkeypatch.setattr(sys, "executable", shutil.which("false"))
    with pytest.raises(BackupFailed, match="could not be verified: a verifying process ended with code"):
        make_backup(data, tmp_path / "backups" / "backup")
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_two_backups_do_not_write_into_one_folder(tmp_path: Path) -> None:
    """Each would publish files of the other."""
    with Draft(tmp_path / "backup"), pytest.raises(BackupFailed, match="another process"), Draft(tmp_path / "backup"):
        pass


# --- restoring ---


def test_a_target_that_leads_back_to_itself_is_told_in_a_line(folder: Path, tmp_path: Path) -> None:
    """Two symbolic links onto each other ended the command in a traceback."""
    loop = tmp_path / "loop"
    loop.symlink_to(tmp_path / "pool")
    (tmp_path / "pool").symlink_to(loop)
    refused = CliRunner().invoke(app, ["restore", str(folder), str(loop), "--json"])
    assert isinstance(refused.exception, SystemExit)
    assert (refused.exit_code, str(loop) in json.loads(refused.stdout)["problem"]) == (1, True)


def test_a_restored_system_goes_on_where_the_backup_stood(folder: Path, tmp_path: Path) -> None:
    """The day the disk is lost."""
    outcome = restore_backup(folder, tmp_path / "restored")
    assert verify_directory(tmp_path / "restored").ok
    store = open_store(tmp_path / "restored", PROVINCES)
    assert store.store_id == outcome.manifest.store_id
    world = World(store, seed=6)
    for place in world.places.values():
        stood = outcome.manifest.journals[place.code]
        stored = place.commits.journal.hash_of(stood.sequence)
        assert stored is not None and stored.hex() == stood.head_hash
        # An epoch that no incarnation of the old system ever had.
        assert place.commits.journal.epoch > stood.epoch + EPOCHS_SKIPPED
    world.come_to_rest()
    world.close()
    store.release()
    assert verify_directory(tmp_path / "restored").problems == []
    assert (tmp_path / "restored" / "tokens.toml").stat().st_mode & 0o777 == 0o600
    assert not (tmp_path / "restored" / "backup.json").exists()


def test_a_backup_that_is_restored_again_begins_another_life(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who followed the first of two such systems went on at the second without a word, among events that it had never had."""
    lots = iter((3, LIVES_SKIPPED_MAX - 1))
    monkeypatch.setattr("secrets.randbelow", lambda _: next(lots))
    begun: list[list[tuple[int, int]]] = []
    for name in ("first", "second"):
        restore_backup(folder, tmp_path / name)
        store = open_store(tmp_path / name, PROVINCES)
        world = World(store, seed=6)
        loops = [place.commits for place in world.places.values()]
        begun.append(
            [(life_of(one.journal.epoch), one.province.state.task_number // TASK_NUMBERS_SKIPPED) for one in loops]
        )
        world.close()
        store.release()
    assert begun == [[(4, 4)] * len(PROVINCES), [(LIVES_SKIPPED_MAX, LIVES_SKIPPED_MAX)] * len(PROVINCES)]


def test_no_task_number_of_the_lost_life_is_given_again(folder: Path, tmp_path: Path) -> None:
    """A branch that was told a number after the backup would be shown a stranger's task under it."""
    restore_backup(folder, tmp_path / "restored")
    store = open_store(tmp_path / "restored", PROVINCES)
    world = World(store, seed=6)
    known = {place.code: place.commits.province.state for place in world.places.values()}
    skipped = {state.task_number - state.created_count for state in known.values()}
    assert len(skipped) == 1 and skipped.pop() in range(
        TASK_NUMBERS_SKIPPED, TASK_NUMBERS_SKIPPED * LIVES_SKIPPED_MAX + 1, TASK_NUMBERS_SKIPPED
    )
    world.steps(200)
    new = [task for task in world.acknowledged if int(task.rpartition("-")[2]) <= TASK_NUMBERS_SKIPPED]
    assert world.acknowledged
    assert new == []
    world.come_to_rest()
    world.close()
    store.release()
    assert verify_directory(tmp_path / "restored").problems == []


def test_a_disk_that_fills_up_at_the_end_of_a_restore_restores_nothing(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The directory appeared, and one province would have given numbers of the lost life to other tasks."""
    append = SqliteJournal.append

    def full(journal: SqliteJournal, payload: bytes, *, at_ms: int, records: Mapping[str, bytes] | None = None) -> Head:
        if journal.province == "hubei":
            raise StoreFull("hubei", "database or disk is full")
        return append(journal, payload, at_ms=at_ms, records=records)

    monkeypatch.setattr(SqliteJournal, "append", full)
    with pytest.raises(BackupFailed, match="hubei"):
        restore_backup(folder, tmp_path / "restored")
    assert not list(tmp_path.glob("restored*"))


def test_the_old_system_and_the_restored_one_write_into_files_of_their_own(data: Path, tmp_path: Path) -> None:
    """A zombie of the old directory must not reach the new one, whatever its epoch."""
    store = read_store(data)
    zombie = open_sqlite(store.journal_path("hubei"), store_id=store.store_id, province="hubei", reserve_bytes=0)
    make_backup(data, tmp_path / "backup")
    restore_backup(tmp_path / "backup", tmp_path / "restored")
    restored = read_store(tmp_path / "restored")
    new = open_sqlite(restored.journal_path("hubei"), store_id=store.store_id, province="hubei", reserve_bytes=0)
    stood = new.head
    zombie.append(b"\x90", at_ms=1)
    assert new.head == stood
    new.append(b"\x90", at_ms=1)
    assert new.head.epoch > zombie.head.epoch
    zombie.close()
    new.close()


def test_a_journal_of_another_store_is_not_taken_for_the_restored_one(folder: Path, tmp_path: Path) -> None:
    """The store id survives a restore; a foreign journal must not open."""
    restore_backup(folder, tmp_path / "restored")
    path = read_store(tmp_path / "restored").journal_path("hubei")
    with pytest.raises(StoreMismatch):
        open_sqlite(path, store_id="another", province="hubei", reserve_bytes=0)


def test_nothing_is_restored_over_something(folder: Path, tmp_path: Path) -> None:
    """The wrong argument would cost the system that is there."""
    target = tmp_path / "restored"
    target.mkdir()
    (target / "precious").write_text("here", encoding="utf-8")
    with pytest.raises(BackupFailed, match="not empty"):
        restore_backup(folder, target)
    assert [path.name for path in target.iterdir()] == ["precious"]
    (target / "precious").unlink()
    restore_backup(folder, target)
    assert (target / "store.json").exists()


def test_nothing_is_restored_under_a_living_system(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its directory was moved away, its actors still live: restarted, they would open the restored journals."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    run_dir = tmp_path / f"{RUN_DIR_PREFIX}1"
    run_dir.mkdir()
    options = ClusterOptions(data_dir=str(tmp_path / "restored"), run_dir=str(run_dir))
    (run_dir / OPTIONS_FILE).write_bytes(msgspec.json.encode(options))
    with socket.socket(socket.AF_UNIX) as supervisor:
        supervisor.bind(str(run_dir / DIRECTORY_SOCKET))
        supervisor.listen()
        with pytest.raises(BackupFailed, match="still running"):
            restore_backup(folder, tmp_path / "restored")
    restore_backup(folder, tmp_path / "restored")


def flip(path: Path) -> None:
    """One bit in the middle of a file."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def resealed(folder: Path, **changes: object) -> None:
    """A manifest that says something else, in good order."""
    manifest = msgspec.structs.replace(read_manifest(folder), **changes)
    (folder / "backup.json").write_bytes(encode_manifest(manifest))


def of_the_future(folder: Path) -> None:
    """Made by a version whose manifest this one cannot even read."""
    (folder / "backup.json").write_text(json.dumps({"format": FORMAT + 1, "journals": "elsewhere"}), encoding="utf-8")


def outside(folder: Path) -> None:
    """A manifest that names a file outside its folder."""
    entry = read_manifest(folder).files[0]
    resealed(folder, files=(*read_manifest(folder).files, msgspec.structs.replace(entry, path="../../passwd")))


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda folder: flip(folder / "backup.json"), "damaged|newer|names what"),
        (lambda folder: flip(folder / "tokens.toml"), "tokens.toml is not the file"),
        (lambda folder: (folder / "tokens.toml").unlink(), "tokens.toml is missing"),
        (lambda folder: (folder / "store.json").write_text(f"{(folder / 'store.json').read_text()} "), "store.json"),
        (of_the_future, "newer version"),
    ],
)
def test_a_backup_that_cannot_be_restored_does_not_verify(
    folder: Path, harm: Callable[[Path], object], said: str
) -> None:
    """Whoever checked their newest backup every day learned on the day of the restore that there was none."""
    whole = [CliRunner().invoke(app, ["verify", str(folder), "--json"]) for _ in range(2)]
    assert [(one.exit_code, json.loads(one.stdout)["problems"]) for one in whole] == [(0, []), (0, [])]
    harm(folder)
    damaged = CliRunner().invoke(app, ["verify", str(folder), "--json"])
    [problem] = json.loads(damaged.stdout)["problems"]
    assert damaged.exit_code == 1
    assert re.search(said, problem)


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda folder: flip(folder / "journals" / "hubei.sqlite"), "SHA-256"),
        (lambda folder: flip(folder / "store.json"), "SHA-256"),
        (lambda folder: flip(folder / "backup.json"), "damaged|SHA-256|newer"),
        (lambda folder: (folder / "journals" / "hubei.sqlite").unlink(), "missing"),
        (lambda folder: (folder / "tokens.toml").unlink(), "missing"),
        (lambda folder: (folder / "backup.json").unlink(), "no backup"),
        (lambda folder: (folder / "journals" / "hq.sqlite").write_bytes(b""), "SHA-256"),
        (lambda folder: resealed(folder, files=read_manifest(folder).files[1:]), "incomplete"),
        (lambda folder: resealed(folder, provinces=PROVINCES[:2]), "another store"),
        (lambda folder: resealed(folder, store_id="another"), "another store"),
        (of_the_future, "newer version"),
        (outside, "no backup holds"),
    ],
)
def test_a_damaged_incomplete_or_newer_backup_is_refused(
    folder: Path, tmp_path: Path, harm: Callable[[Path], object], said: str
) -> None:
    """Half a restore would be served, and the other half missed weeks later."""
    harm(folder)
    with pytest.raises(BackupFailed, match=said):
        restore_backup(folder, tmp_path / "restored")
    assert not list(tmp_path.glob("restored*"))


def test_journals_that_were_swapped_are_found(folder: Path, tmp_path: Path) -> None:
    """Whoever mends a manifest by hand may mix up two provinces."""
    journals = folder / "journals"
    hubei, yunnan = (journals / "hubei.sqlite").read_bytes(), (journals / "yunnan.sqlite").read_bytes()
    (journals / "hubei.sqlite").write_bytes(yunnan)
    (journals / "yunnan.sqlite").write_bytes(hubei)
    files = {entry.path: entry for entry in read_manifest(folder).files}
    one, other = files["journals/hubei.sqlite"], files["journals/yunnan.sqlite"]
    files[one.path] = msgspec.structs.replace(other, path=one.path)
    files[other.path] = msgspec.structs.replace(one, path=other.path)
    resealed(folder, files=tuple(files.values()))
    with pytest.raises(BackupFailed, match="does not stand where the manifest says"):
        restore_backup(folder, tmp_path / "restored")


def test_the_head_of_headquarters_lies_beside_its_journal(folder: Path, tmp_path: Path) -> None:
    """The live witness may be ahead of the photograph: restored with it, headquarters would refuse to start."""
    restore_backup(folder, tmp_path / "restored")
    assert (tmp_path / "restored" / "journals" / "hq.head").exists()
    view = open_readonly(tmp_path / "restored" / "journals" / f"{HQ}.sqlite")
    assert view.head.sequence == read_manifest(folder).journals[HQ].sequence
    view.close()
