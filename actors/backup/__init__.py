"""Backups of a whole country, running or stopped, and their restoration.

What a backup is. All journals as they stood at one and the same instant, together with the identity of the store and the identities of its
users, in the layout of a data directory, and a manifest that says what belongs to it and the SHA-256 of each file.

Why one instant. A task on its way lies in two journals. Photographs of different instants would show it leaving here and not arriving
there (lost), or arriving there and not leaving here (twice). So every province holds its commits (`actors.hold`), at most half a second;
while all of them hold, the backup opens a read transaction on every journal (`actors.journal.Photograph`); then it releases them. If each
province says on release that its hold was unbroken, there was no commit anywhere between the first and the last photograph: together they
show one instant of all disks.

Why that is enough. Nothing leaves a province before the frame that caused it is on its disk. So what the disks hold at one instant is what
they hold when everything is killed at that instant, and the backup is right exactly if recovery after a kill of everything is:

| on its way at the instant        | in the journals                       | after the restore                                        |
|----------------------------------|---------------------------------------|----------------------------------------------------------|
| MoveStarted, not yet sent        | MOVING at the source                  | the source's outbox sends it on opening                  |
| sent, not yet accepted           | the same: the message itself is gone  | the source sends it again                                |
| MoveAccepted, answer on its way  | MOVING at the source, owned at the host (generation + 1) | sent again; the host answers from its record |
| MoveRefused, answer on its way   | MOVING at the source, refusal at the host | sent again; the recorded refusal takes it back       |
| MoveHandedOver                   | tombstone at the source, owned at the host | nothing to do                                       |
| NoteHost, NoteOutcome            | a notice at the sender                | told again until acknowledged; the home answers the same |
| an answer to a client            | its frame, if it was given            | the same request id gets the same answer                 |

No row has its effect without its cause: an effect is committed at the earliest when the message came, and the message left after its cause
was on disk, hence before the instant. The headquarters need no hold: what provinces know of them (the kinds) and what they know of the
provinces (heads, states) was written before the instant as well, and while the provinces hold, nothing is learned from anybody.

Refused: photographs of different instants, each journal cut back afterwards to what is consistent (no hold at all, but records and
snapshots beside the frames cannot be cut back); SQLite's own write locks (see `actors.hold`).

`cut` the instant · `live` the conversation with running provinces · `making` · `manifest` · `draft` a folder that appears only when it is
whole · `restoring` · `new_life` what a restored store does not give away again · `errors`.
"""

from actors.backup.errors import BackupFailed, NoBackup
from actors.backup.making import BackupOutcome, make_backup
from actors.backup.manifest import MANIFEST_FILE, Manifest, problems_of, read_manifest
from actors.backup.restoring import RestoreOutcome, restore_backup

__all__ = [
    "MANIFEST_FILE",
    "BackupFailed",
    "BackupOutcome",
    "Manifest",
    "NoBackup",
    "RestoreOutcome",
    "make_backup",
    "problems_of",
    "read_manifest",
    "restore_backup",
]
