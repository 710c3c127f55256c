"""Whether a journal is as long as it was said to be: what a province checks before it serves.

A hash chain proves that nothing in a journal was altered. It cannot prove that its end is still there: an old copy put back, or a WAL whose
damaged end SQLite dropped without a word, is a sound journal, only too short. So the coordinator anchors every province's head in the hq
journal about once a second (`hq_journal`), and a province asks there how far it had come.

The check reads before anybody takes an epoch: opening for writing would alter the very file that a human must now look at.

* If the journal holds the anchored frame: it may serve. What came after the last anchor, at most about a second of frames, is proven by the
  chain alone.
* If it does not: `Corrupt`, naming the frame.
* If the hq journal itself cannot be read: the province serves unchecked, and says so in its log. Otherwise damage to one file would stop
  all provinces that restart; and nothing starts as a whole while the hq journal is damaged, because the coordinator does not. A full disk
  is no damage: it is waited for.
* If there is no anchor, and the journal's file is gone though every journal was made once: `Corrupt` likewise. A province is begun anew only
  with the whole country.

The hq journal has nobody to be anchored with. Its own head lies in a small file beside it (`head_file`).
"""

from pathlib import Path

import msgspec
import structlog

from actors.core.headquarters import AnchoredHead, anchor_key, decode_anchor
from actors.journal import Corrupt, Head, Journal, JournalError, StoreFull, check_anchor, open_readonly, open_sqlite
from actors.opening import is_write_protected

_log = structlog.get_logger(__name__)


def read_anchor(hq_path: Path, province: str) -> AnchoredHead | None:
    """The anchored head of a province; None when there is none, or no hq journal yet.

    Raises:
        JournalError: the hq journal cannot be read.
    """
    if not hq_path.exists():
        return None
    view = open_readonly(hq_path)
    try:
        stored = view.recall([anchor_key(province)]).get(anchor_key(province))
        return decode_anchor(stored) if stored is not None else None
    except msgspec.DecodeError as error:
        raise Corrupt(view.province, None, f"the anchor of {province} cannot be read: {error}") from error
    finally:
        view.close()


def require_anchored(path: str, province: str, hq_path: str) -> None:
    """Make sure that a journal which was anchored still holds the anchored frame.

    Raises:
        Corrupt: it is gone, shorter, or has another frame there.
        StoreFull: no room to look; may be tried again.
        JournalError: it cannot be opened.
    """
    try:
        anchor = read_anchor(Path(hq_path), province) if hq_path else None
    except JournalError as error:
        if isinstance(error, StoreFull) and not is_write_protected(Path(hq_path)):
            raise
        _log.error("journal not checked against its anchor", province=province, error=str(error))
        return
    if anchor is not None:
        require_head(Path(path), province, Head(anchor.sequence, anchor.epoch, anchor.hash))


def open_anchored(path: str, *, store_id: str, province: str, hq_path: str, create: bool = True) -> Journal:
    """Open a province's journal for writing, if it still holds what was anchored.

    Args:
        create: make an empty journal when there is none; False: it was made once, so that none is a loss.

    Raises:
        JournalError: as for `require_anchored` and `open_sqlite`.
    """
    require_anchored(path, province, hq_path)
    if not create and not Path(path).exists():
        raise Corrupt(province, None, "it was made once, and its file is gone")
    return open_sqlite(path, store_id=store_id, province=province, create=create)


def require_head(path: Path, province: str, head: Head) -> None:
    """Make sure that a journal holds a frame that was published.

    Raises:
        Corrupt: it does not, or there is no journal.
        JournalError: it cannot be opened.
    """
    if not path.exists():
        raise Corrupt(province, head.sequence, "published, but the journal's file is gone")
    view = open_readonly(path)
    try:
        check_anchor(view, head)
    finally:
        view.close()
