"""Where an endpoint lives: ``unix:/path`` on one host, ``tcp:host:port`` between hosts.

A Unix socket's name carries its owner's epoch, so that a successor never binds over its predecessor's socket
and nobody reaches a zombie by accident. The kernel takes paths of at most 107 bytes; longer ones are refused
here with a message that says what to shorten, instead of deep inside ``bind``.
"""

import asyncio
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from actors.transport.errors import AddressInvalid

#: Longest path a Unix socket can have on Linux (``sun_path`` is 108 bytes with its closing NUL).
SOCKET_PATH_BYTES_MAX: Final = 107
#: Connections the kernel queues before the endpoint accepts them.
ACCEPT_BACKLOG_MAX: Final = 128

_SOCKET_NAME = re.compile(r"[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*")
_PORT_MAX = 65_535

ProtocolFactory = Callable[[], asyncio.BaseProtocol]


@dataclass(frozen=True, slots=True)
class UnixAddress:
    """A socket file on this host."""

    #: Absolute path, at most `SOCKET_PATH_BYTES_MAX` bytes.
    path: str

    def __str__(self) -> str:
        return f"unix:{self.path}"


@dataclass(frozen=True, slots=True)
class TcpAddress:
    """A TCP port."""

    #: Host name or IP address, without brackets.
    host: str
    #: 0 when listening means "any free port".
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"tcp:{host}:{self.port}"


Address = UnixAddress | TcpAddress


def socket_address(run_dir: Path | str, name: str, epoch: int) -> str:
    """Return the address of one incarnation's socket, e.g. ``unix:/run/sharedops/province.fujian.7``.

    Args:
        run_dir: Absolute directory of the run; it should be readable by its owner only.
        name: Parts of letters, digits, ``_`` and ``-`` joined by ``/``; two names never share a socket.
        epoch: The incarnation, at least 0.

    Raises:
        AddressInvalid: The name has other characters, or the path is longer than the kernel allows.
    """
    if _SOCKET_NAME.fullmatch(name) is None or epoch < 0:
        raise AddressInvalid(f"{name} epoch {epoch}", "a socket name is letters, digits, _ and - joined by /")
    address = f"unix:{Path(run_dir) / name.replace('/', '.')}.{epoch}"
    return str(parse_address(address))


def parse_address(text: str) -> Address:
    """Read an address.

    Raises:
        AddressInvalid: It is neither ``unix:/path`` nor ``tcp:host:port``, or its path is too long.
    """
    scheme, _, rest = text.partition(":")
    if scheme == "unix":
        return _parse_unix(text, rest)
    if scheme == "tcp":
        return _parse_tcp(text, rest)
    raise AddressInvalid(text, "an address is unix:/path or tcp:host:port")


def _parse_unix(text: str, path: str) -> UnixAddress:
    length = len(os.fsencode(path))
    if not path.startswith("/") or "\0" in path:
        raise AddressInvalid(text, "a socket path is absolute")
    if length > SOCKET_PATH_BYTES_MAX:
        raise AddressInvalid(
            text,
            f"the path has {length} bytes, a socket takes {SOCKET_PATH_BYTES_MAX}: shorten the directory",
        )
    return UnixAddress(path)


def _parse_tcp(text: str, rest: str) -> TcpAddress:
    host, _, port = rest.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    if not host or not (port.isascii() and port.isdigit()) or int(port) > _PORT_MAX:
        raise AddressInvalid(text, "a TCP address is tcp:host:port")
    return TcpAddress(host, int(port))


async def start_server(factory: ProtocolFactory, address: Address) -> asyncio.Server:
    """Listen on the address; a dead predecessor's socket file is replaced, and only its owner may connect.

    Raises:
        OSError: The address cannot be bound.
    """
    loop = asyncio.get_running_loop()
    if isinstance(address, TcpAddress):
        return await loop.create_server(factory, address.host, address.port, backlog=ACCEPT_BACKLOG_MAX)
    server = await loop.create_unix_server(factory, address.path, backlog=ACCEPT_BACKLOG_MAX, start_serving=False)
    _keep_private(address)
    await server.start_serving()
    return server


def _keep_private(address: UnixAddress) -> None:
    Path(address.path).chmod(0o600)


async def open_connection(protocol: asyncio.BaseProtocol, address: Address) -> None:
    """Connect once and give the transport to the protocol.

    Raises:
        OSError: Nobody listens there.
    """
    loop = asyncio.get_running_loop()
    if isinstance(address, TcpAddress):
        _ = await loop.create_connection(lambda: protocol, address.host, address.port)
    else:
        _ = await loop.create_unix_connection(lambda: protocol, address.path)
