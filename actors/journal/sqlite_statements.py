"""All the SQL of the SQLite journal, and the settings of its connections.

Tables:
    meta: one row. The fence and the head in one place, so that one UPDATE is both the compare-and-set of
        the epoch and the record of how long the journal must be: rows cut off the end do not go unseen.
    frames: the journal itself, appended to and never changed.
    records: the key-value table; `crc` is the CRC-32 of key and value.
    slices: the parts of snapshots, written before anybody knows whether the snapshot will be finished.
    snapshots: one row per finished snapshot. Slices without such a row are left-overs.
"""

from typing import Final

#: "SHOP", in the file's header: tells our files from other SQLite databases.
APPLICATION_ID: Final = 0x53484F50

#: Version of the tables below.
SCHEMA_VERSION: Final = 1

#: Longest wait for another process's lock, in milliseconds. Only a zombie holds it longer than one commit,
#: and waiting blocks the actor's loop, so it stays below the 15 s of silence after which an actor is
#: killed.
BUSY_TIMEOUT_MS: Final = 5_000

#: Pages of 4 KiB in the WAL after which a commit also checkpoints. The pages of one checkpoint (about 4 MiB)
#: then fit into the reserve, so that it can finish on a full disk. The mean of an append hardly depends on it,
#: the tail does: the commit that checkpoints takes 2 ms with 250 pages, 6 ms with 1,000 (fewer than one in
#: 100), 15 to 20 ms with 4,000, measured with frames of 2 KB and three new records each.
WAL_CHECKPOINT_PAGES: Final = 1_000

#: Bytes of the reserve file, given back to the disk when it is full.
RESERVE_BYTES: Final = 4 * 1024 * 1024

SCHEMA: Final = f"""
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {SCHEMA_VERSION};
CREATE TABLE meta (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    store_id TEXT NOT NULL,
    province TEXT NOT NULL,
    epoch INTEGER NOT NULL,
    head_sequence INTEGER NOT NULL,
    head_hash BLOB NOT NULL,
    records_sequence INTEGER NOT NULL,
    payload_bytes INTEGER NOT NULL
) STRICT;
CREATE TABLE frames (
    sequence INTEGER PRIMARY KEY,
    epoch INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    payload BLOB NOT NULL,
    hash BLOB NOT NULL
) STRICT;
CREATE TABLE records (
    key TEXT PRIMARY KEY,
    value BLOB NOT NULL,
    crc INTEGER NOT NULL
) WITHOUT ROWID, STRICT;
CREATE TABLE slices (
    snapshot INTEGER NOT NULL,
    position INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    hash BLOB NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (snapshot, position)
) STRICT;
CREATE TABLE snapshots (
    snapshot INTEGER PRIMARY KEY,
    sequence INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    hash BLOB NOT NULL,
    payload_bytes INTEGER NOT NULL,
    slice_count INTEGER NOT NULL,
    digest BLOB NOT NULL
) STRICT;
"""

#: Before the schema: the file is made under another name and synced once at its end, so nothing need be
#: synced here.
CREATION_SETTINGS: Final = "PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF"
CREATION_END: Final = "PRAGMA journal_mode = WAL"
#: Writes the first page of a new file and nothing else.
FIRST_PAGE: Final = f"PRAGMA application_id = {APPLICATION_ID}"

#: For every connection. cell_size_check looks for damage whenever a page is read, at no measurable cost;
#: fullfsync makes macOS really flush; 4 MiB of page cache keeps the upper levels of every tree.
SETTINGS: Final = """
PRAGMA synchronous = FULL;
PRAGMA fullfsync = ON;
PRAGMA checkpoint_fullfsync = ON;
PRAGMA cell_size_check = ON;
PRAGMA trusted_schema = OFF;
PRAGMA cache_size = -4096
"""

FILE_IDENTITY: Final = "SELECT application_id, user_version FROM pragma_application_id, pragma_user_version"
JOURNAL_MODE: Final = "PRAGMA journal_mode"
SELECT_SCHEMA: Final = "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name"
SUM_PAYLOAD_BYTES: Final = "SELECT coalesce(sum(length(payload)), 0) FROM frames"
INTEGRITY_CHECK: Final = "PRAGMA integrity_check(1)"

BEGIN_READ: Final = "BEGIN"
BEGIN_WRITE: Final = "BEGIN IMMEDIATE"
COMMIT: Final = "COMMIT"
ROLLBACK: Final = "ROLLBACK"

INSERT_META: Final = "INSERT INTO meta VALUES (1, ?, ?, 0, 0, ?, 0, 0)"
SELECT_STATE: Final = """
SELECT meta.store_id, meta.province, meta.epoch, meta.head_sequence, meta.head_hash, meta.records_sequence,
    meta.payload_bytes, (SELECT max(sequence) FROM frames), frames.epoch, frames.at_ms, frames.hash,
    (SELECT payload_bytes FROM snapshots ORDER BY snapshot DESC LIMIT 1)
FROM meta LEFT JOIN frames ON frames.sequence = meta.head_sequence
"""
SELECT_EPOCH: Final = "SELECT epoch FROM meta WHERE id = 1"
TAKE_EPOCH: Final = "UPDATE meta SET epoch = ?1 + 1 WHERE id = 1 AND epoch = ?1"
SKIP_EPOCHS: Final = "UPDATE meta SET epoch = epoch + ? WHERE id = 1"

#: The fence: changes no row unless epoch and head are still those this writer believes in.
ADVANCE_HEAD: Final = """
UPDATE meta SET head_sequence = ?, head_hash = ?, records_sequence = ?, payload_bytes = ?
WHERE id = 1 AND epoch = ? AND head_sequence = ?
"""
INSERT_FRAME: Final = "INSERT INTO frames VALUES (?, ?, ?, ?, ?)"
SELECT_FRAMES: Final = "SELECT * FROM frames WHERE sequence > ? AND sequence <= ? ORDER BY sequence LIMIT ?"
SELECT_FRAME_LINK: Final = "SELECT epoch, hash FROM frames WHERE sequence = ?"

UPSERT_RECORD: Final = "INSERT OR REPLACE INTO records VALUES (?, ?, ?)"
SELECT_RECORD: Final = "SELECT key, value, crc FROM records WHERE key = ?"

#: However many keys, bound as one array of bytes: an array of texts may hold no zero bytes. One key costs less by itself (2.4 us against 4.9);
#: of eight all together cost 6 us, and cost 11 in a list that was filled up to 64 marks; 64 cost 17.
SELECT_RECORDS: Final = "SELECT key, value, crc FROM records WHERE key IN (SELECT CAST(value AS TEXT) FROM carray(?))"
SCAN_RECORDS: Final = "SELECT key, value, crc FROM records WHERE key >= ? AND key > ? ORDER BY key LIMIT ?"
ALL_RECORDS: Final = "SELECT key, value, crc FROM records ORDER BY key"

NEXT_SNAPSHOT: Final = """
SELECT 1 + max(coalesce((SELECT max(snapshot) FROM snapshots), 0), coalesce((SELECT max(snapshot) FROM
slices), 0))
"""
SELECT_SNAPSHOTS: Final = "SELECT * FROM snapshots ORDER BY snapshot DESC"
SELECT_SNAPSHOT_HASHES: Final = "SELECT hash FROM snapshots WHERE sequence = ?"
INSERT_SNAPSHOT: Final = "INSERT INTO snapshots VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
FORGET_SNAPSHOTS: Final = """
DELETE FROM snapshots WHERE snapshot NOT IN (SELECT snapshot FROM snapshots ORDER BY snapshot DESC LIMIT ?)
"""
SELECT_SLICES: Final = """
SELECT position, sequence, hash, body FROM slices WHERE snapshot = ? ORDER BY position
"""
INSERT_SLICE: Final = "INSERT INTO slices VALUES (?, ?, ?, ?, ?)"

#: Slices of forgotten and unfinished snapshots, except the one being written.
DELETE_LEFT_OVERS: Final = """
DELETE FROM slices WHERE rowid IN (
    SELECT rowid FROM slices WHERE snapshot <> ? AND snapshot NOT IN (SELECT snapshot FROM snapshots) LIMIT ?
)
"""

#: Left-overs deleted with each slice written: more than one, so that they dwindle, and few, so that no
#: commit stalls.
LEFT_OVERS_PER_SLICE: Final = 2
