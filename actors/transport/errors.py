"""What can go wrong between two processes: one root error, few subclasses.

The one distinction that callers live by is *was it sent?*

| error | sent? | what the caller may do |
|---|---|---|
| `LinkDown`, `LinkFull`, `BodyTooLarge` | definitely not | try elsewhere, or refuse its own caller |
| `LinkLost`, `CallTimedOut` | unknown | retry with the same request id, never with a new one |
| `CallFailed` | yes, and answered | read `reason` |

Every error carries its data as attributes and survives pickling.
"""

from typing import ClassVar


class TransportError(Exception):
    """Root of everything this package raises; `code` names the subclass on wires and in logs."""

    #: Stable lower-case name of the error.
    code: ClassVar[str] = "transport"

    def __str__(self) -> str:
        return f"{self.code}: {', '.join(str(detail) for detail in self.args)}"


class LinkDown(TransportError):
    """The link is not connected; the call was definitely not sent."""

    code: ClassVar[str] = "link_down"

    def __init__(self, link: str) -> None:
        super().__init__(link)
        #: Name of the link.
        self.link: str = link


class LinkLost(TransportError):
    """The connection dropped while the call was in flight; its outcome is unknown."""

    code: ClassVar[str] = "link_lost"

    def __init__(self, link: str, reason: str) -> None:
        super().__init__(link, reason)
        #: Name of the link.
        self.link: str = link
        #: Why the connection dropped, e.g. ``peer_closed`` or ``address_changed``.
        self.reason: str = reason


class LinkFull(TransportError):
    """A bound of the link is reached; the call was definitely not sent."""

    code: ClassVar[str] = "link_full"

    def __init__(self, link: str, bound: str, limit: int) -> None:
        super().__init__(link, bound, limit)
        #: Name of the link.
        self.link: str = link
        #: Which bound: ``calls_in_flight_max`` or ``unsent_bytes_max``.
        self.bound: str = bound
        #: The bound's value.
        self.limit: int = limit


class BodyTooLarge(TransportError):
    """The body does not fit into one frame; the call was definitely not sent."""

    code: ClassVar[str] = "body_too_large"

    def __init__(self, size_bytes: int, limit_bytes: int) -> None:
        super().__init__(size_bytes, limit_bytes)
        #: Length of the refused body.
        self.size_bytes: int = size_bytes
        #: Longest body that is taken.
        self.limit_bytes: int = limit_bytes


class CallTimedOut(TransportError):
    """No answer came in time; the outcome is unknown and a late reply is dropped."""

    code: ClassVar[str] = "call_timed_out"

    def __init__(self, link: str, timeout_s: float) -> None:
        super().__init__(link, timeout_s)
        #: Name of the link.
        self.link: str = link
        #: How long the caller was willing to wait.
        self.timeout_s: float = timeout_s


class CallFailed(TransportError):
    """The far side answered with an error."""

    code: ClassVar[str] = "call_failed"

    def __init__(self, link: str, reason: str) -> None:
        super().__init__(link, reason)
        #: Name of the link.
        self.link: str = link
        #: The code that the far side passed to `Peer.fail`.
        self.reason: str = reason


class AddressInvalid(TransportError):
    """An address or socket name cannot be used."""

    code: ClassVar[str] = "address_invalid"

    def __init__(self, address: str, reason: str) -> None:
        super().__init__(address, reason)
        #: The refused address or name.
        self.address: str = address
        #: What is wrong with it, for a human.
        self.reason: str = reason
