"""What is different in a restored store from the moment it is made: nothing that the lost life gave away is given again.

Between the backup and the loss the old system went on: it restarted actors, and it told branches the numbers of tasks that are not in the
backup. Were they given again, to other tasks, a branch that asks for "fujian-4711" would be shown a stranger's. So

* every journal's epoch is raised by `EPOCHS_SKIPPED`, more than any system restarts its actors in between, and the positions of events with it;
* every province gives up the next `TASK_NUMBERS_SKIPPED` numbers: one frame in its journal, decided by the core as anything else, that says
  who restored and of when.

So each province is replayed once before the restored directory appears: a backup that cannot be replayed restores nothing.

The same backup may be restored again, after a life that is not in it either and of which nothing here tells. Both are therefore skipped a number of times that
is drawn by lot: two restores of one backup begin the same life once in `LIVES_SKIPPED_MAX` times.

What the old life gave away besides needs no such care: a lease token counts only for whom it was given to, and only while the task is in
that person's hands; a request that is repeated is carried out, since its first answer is lost with what it did.
"""

import secrets
import time
from typing import Final

from actors.commit_loop import CommitLoop
from actors.core import commands as c
from actors.core.clock import Instant
from actors.core.ids import ProvinceCode
from actors.core.refusal import Refused
from actors.core.replies import AnyReply
from actors.journal import StoreFull, open_sqlite, skip_epochs
from actors.lives import EPOCHS_SKIPPED
from actors.store import HQ, Store
from actors.unheard import Unheard

#: More than any province creates in the time that a backup may be old.
TASK_NUMBERS_SKIPPED: Final = 100_000_000
#: A position has room for 131,071 lives: for 262 restores, each of the one before, if all skipped the most.
LIVES_SKIPPED_MAX: Final = 500


def begin_new_life(store: Store, taken_ms: int) -> None:
    """Prepare a store that was just restored; returns when all of it is on disk.

    Args:
        taken_ms: the instant of the backup.

    Raises:
        JournalError: a journal cannot be opened, replayed or written.
    """
    lives = 1 + secrets.randbelow(LIVES_SKIPPED_MAX)
    for name in (HQ, *store.identity.provinces):
        skip_epochs(store.journal_path(name), lives * EPOCHS_SKIPPED)
    for province in store.identity.provinces:
        _skip_numbers(store, province, lives * TASK_NUMBERS_SKIPPED, taken_ms)
    store.note_complete()


def _skip_numbers(store: Store, province: ProvinceCode, count: int, taken_ms: int) -> None:
    path = store.journal_path(province)
    journal = open_sqlite(path, store_id=store.store_id, province=province, create=False, reserve_bytes=0)
    try:
        commits = CommitLoop(province, journal, clock=_now, outputs=Unheard())
        who, replies = f"system:restore-{taken_ms}", list[AnyReply]()
        commits.submit(c.ConfigureProvince(who=who, skip_task_numbers=count), replies.append)
        commits.commit()
    finally:
        journal.close()
    # A full disk is a refusal to a commit loop, which would go on when there is room again; here there is no later.
    if any(isinstance(reply, Refused) for reply in replies):
        raise StoreFull(province, "no room for the frame that gives up the task numbers")


def _now() -> Instant:
    return Instant(wall_ms=time.time_ns() // 1_000_000, monotonic_ms=time.monotonic_ns() // 1_000_000)
