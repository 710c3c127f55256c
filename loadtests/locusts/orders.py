"""What goes over the two pipes between Locust and its client process: orders down, reports up, one JSON object a line."""

import msgspec

from loadtests.locusts.ledger import Acknowledged
from loadtests.locusts.metering import Row
from loadtests.locusts.places import Place, Terms


class Connection(msgspec.Struct, frozen=True, kw_only=True):
    """Where the system is, and who may speak to it."""

    address: str
    #: File with the tokens, as `serve` makes one.
    tokens: str


class Open(msgspec.Struct, frozen=True, tag="open"):
    """A user has come and has this place."""

    place: Place
    terms: Terms
    connection: Connection


class Close(msgspec.Struct, frozen=True, tag="close"):
    """The user of this place leaves: nothing new; what is under way is repeated until it is answered."""

    number: int


class Silence(msgspec.Struct, frozen=True, tag="silence"):
    """The desks of a province fall silent, or are heard again."""

    province: str
    is_silent: bool


class Drain(msgspec.Struct, frozen=True, tag="drain"):
    """All branch systems leave, and operations look nothing more up; answered by `Drained` when nothing of theirs is under way, or it took too long."""


class Account(msgspec.Struct, frozen=True, tag="account"):
    """Give account of what was acknowledged."""


Order = Open | Close | Silence | Drain | Account


class Measured(msgspec.Struct, frozen=True, tag="measured"):
    """Calls that were measured."""

    rows: list[Row]


class Drained(msgspec.Struct, frozen=True, tag="drained"):
    """Calls that are still without an answer; 0: all are answered."""

    unanswered: int


class Accounted(msgspec.Struct, frozen=True, tag="accounted"):
    """The ledger of this process."""

    acknowledged: Acknowledged


class Trouble(msgspec.Struct, frozen=True, tag="trouble"):
    """A client ended by an error, or before all its calls were answered, in words. It counts as a failure."""

    client: str
    problem: str


Report = Measured | Drained | Accounted | Trouble
