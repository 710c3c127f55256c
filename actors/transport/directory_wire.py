"""What directory and processes say to each other, inside CALL and PUSH bodies (MessagePack).

| message      | sent as                      | meaning |
|--------------|------------------------------|---------|
| `Entry`      | CALL by a process            | register me; answered by an empty reply or `REFUSED_*` |
| `Table`      | PUSH, once, on connecting    | everyone who is present |
| `Changed`    | PUSH to everyone             | one entry came, changed or went |
| `Superseded` | PUSH to the loser            | another incarnation holds your name now: exit |
"""

from collections.abc import Callable
from typing import Final

import msgspec

#: Refusal: the name belongs to a newer epoch, present or gone.
REFUSED_SUPERSEDED: Final = "superseded"
#: Refusal: the directory holds its bound of names.
REFUSED_FULL: Final = "directory_full"
#: Refusal: the body is not an `Entry`.
REFUSED_MALFORMED: Final = "malformed"


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One incarnation of one process."""

    #: E.g. ``province/fujian``.
    name: str
    #: Where its endpoint listens, e.g. ``unix:/run/sharedops/province.fujian.7``; empty if it has none.
    address: str
    #: Rises with every restart of this name.
    epoch: int
    #: Process id on its host, for SIGKILL.
    pid: int
    #: Whatever else its readers want to know, small.
    detail: dict[str, str] = {}


class Table(msgspec.Struct, frozen=True, tag="table"):
    """Everyone who is present."""

    #: Differs between two lives of the directory; after a restart its table is empty and fills again.
    directory_id: int
    #: In order of first registration.
    entries: list[Entry]


class Changed(msgspec.Struct, frozen=True, tag="changed"):
    """One entry came, changed (same name again) or went."""

    entry: Entry
    #: False: its connection closed.
    present: bool


class Superseded(msgspec.Struct, frozen=True, tag="superseded"):
    """The receiver lost its name."""

    name: str
    #: Epoch of the present holder.
    epoch: int


Message = Table | Changed | Superseded

#: Told (entry, True) when it came or changed, (entry, False) when it went.
OnChange = Callable[[Entry, bool], None]

ENCODER: Final = msgspec.msgpack.Encoder()
ENTRY_DECODER: Final = msgspec.msgpack.Decoder(Entry)
MESSAGE_DECODER: Final = msgspec.msgpack.Decoder(Message)
