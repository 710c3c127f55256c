"""A port of our own: nobody else listens there, and those of us who share it do.

With SO_REUSEPORT the kernel would let any program of the same user listen on the port, too, and take part of its connections. So whoever is
the first on a port makes sure that nobody listens there.

`sharedops serve` holds the ports of its gateways for as long as it lives, gRPC's and those of the consoles: a gateway that died finds its own
again, though the kernel may give any free port to whoever connects somewhere meanwhile.
"""

import socket


def listener(host: str, port: int, backlog: int | None = None, *, is_held: bool = False) -> socket.socket:
    """A socket that listens there, alone: whoever binds without SO_REUSEPORT is refused by the kernel beside anybody.

    Args:
        host: without brackets.
        is_held: the port is held for us (`HeldPort`).

    Raises:
        OSError: somebody does already, or the host is not this machine's.
    """
    return socket.create_server((host, port), family=_family(host), backlog=backlog, reuse_port=is_held)


def require_unused(host: str, port: int) -> None:
    """Make sure that nobody listens there.

    Raises:
        OSError: see `listener`.
    """
    listener(host, port).close()


class HeldPort:
    """A port that is ours to share out: those who listen with SO_REUSEPORT find it free, everybody else does not.

    The socket is bound and never listens, so the kernel gives it no connection.

    Args:
        address: ``host:port``; port 0: the kernel chooses.

    Raises:
        OSError: somebody listens there already, or the host is not this machine's.
    """

    def __init__(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        plain = host.strip("[]")
        self._socket = socket.socket(_family(plain), socket.SOCK_STREAM)
        # Without SO_REUSEADDR, or whoever sets it, as nearly every server does, might have the port while nobody listens. Connections of an
        # earlier life do not stand in the way: they were accepted by sockets with SO_REUSEPORT, like this one.
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        try:
            require_unused(plain, int(port))
            self._socket.bind((plain, int(port)))
        except OSError as error:
            self._socket.close()
            raise OSError(error.errno, error.strerror, address) from error
        #: ``host:port``, as it was given, with the port that the kernel chose.
        self.address = f"{host}:{self._socket.getsockname()[1]}"

    def release(self) -> None:
        """Leave it to others."""
        self._socket.close()


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
