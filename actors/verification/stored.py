"""The record table of a journal against what its frames give.

The table is a cache of the frames, and a dangerous one: a record that is missing or stale lets a repeated request be carried out
again. So while the frames are replayed, the table that they must have led to is built up, as one hash a key, and compared at the end. Three
rules of the writer decide what must be there (see `CommitLoop`):

* everything put by frames up to the watermark is in the table, nothing of later frames is;
* of several values of a key the last one counts;
* a record that was taken back (a task came home: its tombstone goes) is only taken out of the writer's memory. If it had reached the table
  before, it stays there, unread; so such a key may be there with any value it ever had, or be missing.

Bytes that differ are not yet a fault: an older version may have encoded the same record in another way. Then both are decoded and compared.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import repeat

import msgspec

from actors.core import records
from actors.journal import RecordBatch

#: One problem is enough to know; hundreds of thousands help nobody.
PROBLEMS_PER_JOURNAL_MAX = 20


class ExpectedRecords:
    """The record table that the frames up to the watermark must have led to."""

    def __init__(self, canonical: Callable[[str, bytes], bytes]) -> None:
        self._canonical = canonical
        self._last: dict[str, int] = {}
        #: Key -> hashes of all values before it was taken back.
        self._taken_back: dict[str, list[int]] = {}

    def put(self, fresh: Mapping[str, bytes]) -> None:
        """These were put by a frame."""
        self._last.update(zip(fresh, map(hash, fresh.values()), strict=True))

    def take_back(self, key: str) -> None:
        """This one was taken back."""
        before = self._last.pop(key, None)
        if before is not None:
            self._taken_back.setdefault(key, []).append(before)

    def compare(self, stored: Iterable[RecordBatch]) -> tuple[int, list[str]]:
        """How many records were compared, and what is wrong with them. Forgets what was expected."""
        problems: list[str] = []
        expected, count = self._last, 0
        for keys, values in stored:
            count += len(keys)
            known = list(map(expected.pop, keys, repeat(None)))
            # Almost always all are right: nothing is then looked at one by one.
            if known != list(map(hash, values)):
                problems += self._differences(keys, values, known)
        problems += [f"record {key} is missing" for key in expected]
        self._last, self._taken_back = {}, {}
        return count, problems[:PROBLEMS_PER_JOURNAL_MAX]

    def _differences(self, keys: Sequence[str], values: Sequence[bytes], expected: Sequence[int | None]) -> list[str]:
        problems: list[str] = []
        for key, value, known in zip(keys, values, expected, strict=True):
            if known == hash(value) or self._is_left_over(key, value, known) or self._is_same(key, value, known):
                continue
            what = "is in the table, but no frame put it there" if known is None else "is not what the frames give"
            problems.append(f"record {key} {what}")
        return problems

    def _is_left_over(self, key: str, value: bytes, known: int | None) -> bool:
        return known is None and hash(value) in self._taken_back.get(key, ())

    def _is_same(self, key: str, value: bytes, known: int | None) -> bool:
        """Whether it is the same record in an older encoding."""
        if known is None:
            return False
        try:
            return hash(self._canonical(key, value)) == known
        except msgspec.DecodeError:
            return False


def canonical_record(key: str, value: bytes) -> bytes:
    """A province's record in today's encoding.

    Raises:
        msgspec.DecodeError: it is none.
    """
    kind = key.partition(":")[0]
    decode = _PLAIN.get(kind)
    if decode is not None:
        return records.encode(decode(value))
    stored = records.decode_answer(value) if kind == "r" else records.decode_external(value)
    answer = records.encode(records.decode_reply(stored.answer))
    return records.encode(msgspec.structs.replace(stored, answer=answer))


#: Kinds of records that hold no encoded reply, and what reads them.
_PLAIN: Mapping[str, Callable[[bytes], object]] = {
    "t": records.decode_task,
    "m": records.decode_move_answer,
    "c": records.decode_recall_answer,
    "q": records.decode_review,
}
