"""What can go wrong in a journal, one type per thing a caller must do differently.

Every error carries its data as attributes and takes it as positional arguments, so that `pickle`, and Ray
with it, gives back the same type on the other side.

| error         | written? | the object afterwards       | what the caller does                   |
|---------------|----------|-----------------------------|----------------------------------------|
| StoreFull     | no       | usable                      | answers "unavailable", tries again     |
| StoreBusy     | no       | usable                      | tries again; kills the lock's holder   |
| Fenced        | no       | dead for good               | exits: a successor owns the province   |
| StoreFailed   | unknown  | dead for good               | forgets its memory and opens again     |
| Corrupt       | no       | dead if found while writing | stops and calls a human                |
| StoreMismatch | no       | never came to be            | stops: wrong file, wrong configuration |
"""

from typing import ClassVar


class JournalError(Exception):
    """The root of every error a journal raises on purpose.

    Attributes:
        code: A stable upper-case word for tables and logs.
        province: The province whose journal it is.
    """

    code: ClassVar[str] = "JOURNAL"

    def __init__(self, province: str, *details: object) -> None:
        super().__init__(province, *details)
        self.province = province


class Fenced(JournalError):
    """A successor has opened the journal: this incarnation must not write again.

    Attributes:
        epoch: The epoch this incarnation took.
        stored_epoch: The higher epoch found in the store.
    """

    code: ClassVar[str] = "FENCED"

    def __init__(self, province: str, epoch: int, stored_epoch: int) -> None:
        super().__init__(province, epoch, stored_epoch)
        self.epoch = epoch
        self.stored_epoch = stored_epoch

    def __str__(self) -> str:
        return f"journal {self.province}: epoch {self.epoch} is fenced off by epoch {self.stored_epoch}"


class StoreMismatch(JournalError):
    """The file is a journal of another store or province, or no journal of ours at all.

    Attributes:
        store_id: The store id asked for.
        found_store_id: The store id in the file; empty when the file is no journal.
        found_province: The province in the file; empty when the file is no journal.
    """

    code: ClassVar[str] = "STORE_MISMATCH"

    def __init__(self, province: str, store_id: str, found_store_id: str, found_province: str) -> None:
        super().__init__(province, store_id, found_store_id, found_province)
        self.store_id = store_id
        self.found_store_id = found_store_id
        self.found_province = found_province

    def __str__(self) -> str:
        if not self.found_province:
            return f"journal {self.province}: the file is no journal of this version, but of another one or of something else"
        found = f"{self.found_store_id}/{self.found_province}"
        return f"journal {self.province}: expected {self.store_id}/{self.province}, the file holds {found}"


class Corrupt(JournalError):
    """What is stored is not what was written.

    Attributes:
        sequence: The frame at which it was found; None where no frame is to blame (a record, the file
        itself).
        detail: What was wrong, without payload bytes.
    """

    code: ClassVar[str] = "CORRUPT"

    def __init__(self, province: str, sequence: int | None, detail: str) -> None:
        super().__init__(province, sequence, detail)
        self.sequence = sequence
        self.detail = detail

    def __str__(self) -> str:
        where = "" if self.sequence is None else f" at frame {self.sequence}"
        return f"journal {self.province} is corrupt{where}: {self.detail}"


class StoreFull(JournalError):
    """The disk is full or read-only: nothing was written, and the same call may be tried again.

    Attributes:
        detail: What the store said.
    """

    code: ClassVar[str] = "STORE_FULL"

    def __init__(self, province: str, detail: str) -> None:
        super().__init__(province, detail)
        self.detail = detail

    def __str__(self) -> str:
        return f"journal {self.province} cannot be written: {self.detail}"


class StoreBusy(JournalError):
    """Another process held the write lock for longer than the limit; nothing was written.

    Attributes:
        waited_ms: The limit that ran out, in milliseconds.
    """

    code: ClassVar[str] = "STORE_BUSY"

    def __init__(self, province: str, waited_ms: int) -> None:
        super().__init__(province, waited_ms)
        self.waited_ms = waited_ms

    def __str__(self) -> str:
        return f"journal {self.province} was locked by another process for {self.waited_ms} ms"


class StoreFailed(JournalError):
    """The store failed in a way that leaves the outcome open (a failed fsync), or was closed.

    After a failed fsync nobody can say what is on disk. The only safe way on is a new incarnation, which
    reads back what is there and makes it durable before it acts.

    Attributes:
        detail: What the store said.
    """

    code: ClassVar[str] = "STORE_FAILED"

    def __init__(self, province: str, detail: str) -> None:
        super().__init__(province, detail)
        self.detail = detail

    def __str__(self) -> str:
        return f"journal {self.province} failed: {self.detail}"
