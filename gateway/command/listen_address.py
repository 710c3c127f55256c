"""Where `serve` listens: checked before anything is made or started, so that a slip costs a line, not half a minute."""

import contextlib
import ipaddress
import re
from collections.abc import Sequence
from typing import NamedTuple

from gateway.held_port import listener

#: The last port that there is.
PORT_MAX = 65_535
_PORT = re.compile(r"[0-9]{1,5}")


class AddressUnusable(Exception):
    """An address that cannot be listened on; `str` says why and what helps."""


class ListenAddress(NamedTuple):
    """Host and port to listen on; port 0: any."""

    host: str
    port: int

    def __str__(self) -> str:
        """As it is written on the command line."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_listen_address(option: str, text: str) -> ListenAddress:
    """Read HOST:PORT.

    Raises:
        AddressUnusable: it has another form.
    """
    host, colon, port = text.rpartition(":")
    if not colon or not host or not _PORT.fullmatch(port) or int(port) > PORT_MAX:
        raise AddressUnusable(f"{option}: expected HOST:PORT, got {text!r}")
    return ListenAddress(host.strip("[]"), int(port))


def require_loopback(addresses: Sequence[tuple[str, ListenAddress]]) -> None:
    """Development tokens are for this machine only.

    Args:
        addresses: each with the option that says it.

    Raises:
        AddressUnusable: an address can be reached from outside.
    """
    for option, address in addresses:
        if not _is_loopback(address.host):
            raise AddressUnusable(
                f"{option} {address} can be reached from outside, but the identities are development tokens "
                "(a new directory gets them by itself); write a tokens.toml of your own and remove dev-tokens.json, "
                "see docs/identities.md"
            )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def require_free(addresses: Sequence[tuple[str, ListenAddress]]) -> None:
    """Make sure that nobody else listens there now.

    Args:
        addresses: each with the option that says it.

    Raises:
        AddressUnusable: somebody does, or two of ours would, or the host is not this machine's.
    """
    fixed = [address for _, address in addresses if address.port]
    # All are held until the last is looked at: the same place may have two names.
    with contextlib.ExitStack() as held:
        for option, address in addresses:
            if fixed.count(address) > 1:
                raise AddressUnusable(
                    f"{address} is asked for twice; choose another with {option} HOST:PORT (port 0: any)"
                )
            try:
                held.enter_context(listener(address.host, address.port))
            except OSError as error:
                raise AddressUnusable(
                    f"{address} cannot be listened on ({_why(error)}); choose another with {option} HOST:PORT (port 0: any)"
                ) from None


def _why(error: OSError) -> str:
    """The cause alone, without the address that Python adds. Of a host that is not known there is no number that `os.strerror` would know."""
    return str(error.strerror).partition(" (while")[0]
