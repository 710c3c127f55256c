"""What belongs to a backup: `backup.json`, the last file written, so that a folder without it is none.

It carries a digest of itself, so that a flipped bit in it is found like one in any other file.
"""

import errno
import hashlib
import re
from pathlib import Path

import msgspec

from actors.backup.errors import BackupFailed, NoBackup
from actors.store import BACKUP_MANIFEST, HQ

MANIFEST_FILE = BACKUP_MANIFEST
#: Version of the layout. A newer one is refused, an older one would be read.
FORMAT = 1
_CHUNK_BYTES = 1024 * 1024
_MISSING = "{} is missing in the backup"
_ANOTHER = "{} is not the file that was backed up: its SHA-256 is another one"
#: The only files that a backup holds, so that a manifest can name nothing outside its folder.
_PATH = re.compile(r"store\.json|tokens\.toml|journals/[a-z0-9_-]{1,64}\.sqlite|journals/hq\.head")


class FileEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One file of the backup."""

    #: Relative, with `/`.
    path: str
    bytes: int
    #: Hexadecimal.
    sha256: str
    #: Permission bits, kept by the restore.
    mode: int


class JournalEntry(msgspec.Struct, frozen=True, kw_only=True):
    """Where a journal stood."""

    epoch: int
    sequence: int
    #: Hexadecimal.
    head_hash: str


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """What the verification of the backup counted."""

    tasks_created: int
    tasks_decided: int
    #: Ended undecided: returned or cancelled; not among the decided ones.
    tasks_ended: int
    tasks_open: int
    #: Of the open ones: on their way between two provinces.
    tasks_in_transit: int


class _Version(msgspec.Struct, frozen=True):
    format: int


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What `backup.json` holds."""

    format: int = FORMAT
    store_id: str
    provinces: tuple[str, ...]
    #: The instant, Unix ms.
    taken_ms: int
    #: Taken of a running system.
    was_running: bool
    journals: dict[str, JournalEntry]
    files: tuple[FileEntry, ...]
    #: None: the backup was not verified when it was made.
    counts: Counts | None = None
    #: SHA-256 of this manifest with an empty digest, hexadecimal.
    digest: str = ""


def hash_file(path: Path) -> str:
    """SHA-256 of a file, hexadecimal; about a gigabyte a second."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def file_entry(folder: Path, path: Path) -> FileEntry:
    """The entry of a file below `folder`."""
    stat = path.stat()
    return FileEntry(
        path=path.relative_to(folder).as_posix(), bytes=stat.st_size, sha256=hash_file(path), mode=stat.st_mode & 0o777
    )


def encode_manifest(manifest: Manifest) -> bytes:
    """The bytes of `backup.json`, with the digest put in."""
    sealed = msgspec.structs.replace(manifest, digest=_digest(manifest))
    return msgspec.json.format(msgspec.json.encode(sealed)) + b"\n"


def _digest(manifest: Manifest) -> str:
    return hashlib.sha256(msgspec.json.encode(msgspec.structs.replace(manifest, digest=""))).hexdigest()


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a backup, checked in itself; the files it names are not looked at.

    Raises:
        NoBackup: there is none.
        BackupFailed: it is damaged, newer than this version, or names files that no backup has.
    """
    path = folder / MANIFEST_FILE
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        if not folder.is_dir():
            raise NoBackup(f"there is no folder {folder}") from None
        raise NoBackup(f"{folder} is no backup, or an unfinished one: {MANIFEST_FILE} is missing") from None
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise NoBackup(f"there is no folder {folder}: {error.strerror}") from None
        raise
    try:
        version = msgspec.json.decode(content, type=_Version).format
        if version > FORMAT:
            raise BackupFailed(f"{folder} was made by a newer version (format {version}; this one reads {FORMAT})")
        manifest = msgspec.json.decode(content, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BackupFailed(f"{path} is damaged: {error}") from error
    if _digest(manifest) != manifest.digest:
        raise BackupFailed(f"{path} is damaged: its digest is another one")
    _require_whole(folder, manifest)
    return manifest


def _require_whole(folder: Path, manifest: Manifest) -> None:
    """Every journal of the store is listed once, and nothing that does not belong there."""
    listed = [entry.path for entry in manifest.files]
    strange = [path for path in listed if _PATH.fullmatch(path) is None]
    if strange or len(set(listed)) != len(listed):
        raise BackupFailed(f"{folder}: the manifest names what no backup holds: {strange or listed}")
    for name in (*manifest.provinces, HQ):
        if f"journals/{name}.sqlite" not in listed or name not in manifest.journals:
            raise BackupFailed(f"{folder} is incomplete: the journal of {name} is not in it")
    if "store.json" not in listed:
        raise BackupFailed(f"{folder} is incomplete: store.json is not in it")


def problems_of(folder: Path) -> list[str]:
    """What a restore of a backup would find wrong with its manifest and its files; each file is read once.

    Raises:
        OSError: a file that is there cannot be read.
    """
    try:
        manifest = read_manifest(folder)
    except BackupFailed as error:
        return [str(error)]
    problems: list[str] = []
    for entry in manifest.files:
        try:
            is_same = hash_file(folder / entry.path) == entry.sha256
        except FileNotFoundError:
            problems.append(_MISSING.format(entry.path))
        else:
            problems += [] if is_same else [_ANOTHER.format(entry.path)]
    return problems


def copy_checked(source: Path, target: Path, entry: FileEntry) -> None:
    """Copy a file of a backup while checking that it is the one that was written; the caller syncs it.

    Raises:
        BackupFailed: it is missing or another one.
    """
    digest = hashlib.sha256()
    try:
        with source.open("rb") as reading, target.open("xb") as writing:
            while chunk := reading.read(_CHUNK_BYTES):
                digest.update(chunk)
                writing.write(chunk)
    except FileNotFoundError:
        raise BackupFailed(_MISSING.format(entry.path)) from None
    if digest.hexdigest() != entry.sha256:
        raise BackupFailed(_ANOTHER.format(entry.path))
    target.chmod(entry.mode)
