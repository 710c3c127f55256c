"""Ways to spoil a data directory. Each spoils one thing, chosen at random, and says in words what it did."""

import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import apsw

from actors.journal.page_checksums import checksum_vfs

#: Spoils the directory; (where the old copies lie, chance) -> what was done.
Spoil = Callable[[Path, Path, Random], str]


def journals(data: Path) -> list[Path]:
    """The database files, in order of name."""
    return sorted((data / "journals").glob("*.sqlite"))


def _flip(path: Path, chance: Random) -> str:
    body = bytearray(path.read_bytes())
    place, bit = chance.randrange(len(body)), chance.randrange(8)
    body[place] ^= 1 << bit
    path.write_bytes(body)
    return f"bit {bit} of byte {place} of {path.name}"


def flip_in_database(data: Path, old: Path, chance: Random) -> str:
    """One bit anywhere in one database file."""
    del old
    return _flip(chance.choice(journals(data)), chance)


def flip_in_wal(data: Path, old: Path, chance: Random) -> str:
    """One bit anywhere in a WAL that was not carried over into its database."""
    del old
    return _flip(chance.choice(sorted((data / "journals").glob("*-wal"))), chance)


def _cut(path: Path, chance: Random) -> str:
    length = chance.randrange(path.stat().st_size)
    with path.open("r+b") as file:
        file.truncate(length)
    return f"{path.name} cut off at {length}"


def truncate_database(data: Path, old: Path, chance: Random) -> str:
    """One database file cut off anywhere."""
    del old
    return _cut(chance.choice(journals(data)), chance)


def truncate_wal(data: Path, old: Path, chance: Random) -> str:
    """One WAL cut off anywhere."""
    del old
    return _cut(chance.choice(sorted((data / "journals").glob("*-wal"))), chance)


def put_old_copy_back(data: Path, old: Path, chance: Random) -> str:
    """One journal replaced by an older copy of itself, sound in itself."""
    path = chance.choice(journals(data))
    path.with_name(path.name + "-wal").unlink()
    shutil.copy(old / path.name, path)
    return f"old copy of {path.name}"


def _open(path: Path) -> apsw.Connection:
    return apsw.Connection(str(path), vfs=checksum_vfs())


def delete_frame(data: Path, old: Path, chance: Random) -> str:
    """The row of one frame deleted with SQL, so that every page is right."""
    del old
    path = chance.choice(journals(data))
    with closing(_open(path)) as connection:
        count: Any = connection.execute("SELECT max(sequence) FROM frames").get
        sequence = chance.randint(1, count)
        connection.execute("DELETE FROM frames WHERE sequence = ?", (sequence,))
    return f"frame {sequence} of {path.name} deleted"


def swap_frames(data: Path, old: Path, chance: Random) -> str:
    """Two frames that change places, each sound in itself."""
    del old
    path = chance.choice(journals(data))
    with closing(_open(path)) as connection:
        count: Any = connection.execute("SELECT max(sequence) FROM frames").get
        one, other = chance.sample(range(1, count + 1), 2)
        for before, after in ((one, -1), (other, one), (-1, other)):
            connection.execute("UPDATE frames SET sequence = ? WHERE sequence = ?", (after, before))
    return f"frames {one} and {other} of {path.name} swapped"


def cut_off_frames(data: Path, old: Path, chance: Random) -> str:
    """The last frames deleted and the head mended, so that chain and head agree."""
    del old
    path = chance.choice(journals(data))
    with closing(_open(path)) as connection:
        count: Any = connection.execute("SELECT max(sequence) FROM frames").get
        last = count - chance.randint(1, 3)
        connection.execute("DELETE FROM frames WHERE sequence > ?", (last,))
        connection.execute(
            "UPDATE meta SET head_sequence = ?1, head_hash = (SELECT hash FROM frames WHERE sequence = ?1), "
            "records_sequence = min(records_sequence, ?1), payload_bytes = (SELECT sum(length(payload)) FROM frames)",
            (last,),
        )
    return f"{path.name} ends at frame {last} and says so"


def delete_file(data: Path, old: Path, chance: Random) -> str:
    """One whole file gone: a journal, a WAL, the witness of headquarters, the identity of the store."""
    del old
    path = chance.choice(sorted(file for file in data.rglob("*") if file.is_file()))
    path.unlink()
    return f"{path.name} deleted"


#: Name -> how; the order of the report.
KINDS: dict[str, Spoil] = {
    "flip_database": flip_in_database,
    "flip_wal": flip_in_wal,
    "truncate_database": truncate_database,
    "truncate_wal": truncate_wal,
    "old_copy": put_old_copy_back,
    "delete_frame": delete_frame,
    "swap_frames": swap_frames,
    "cut_off_frames": cut_off_frames,
    "delete_file": delete_file,
}
