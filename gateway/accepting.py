"""One port with several servers behind it: in one process, so that several calls are taken in at a turn of the loop, and in several processes.

gRPC's asyncio server takes in one call at a time: it asks for a call, is told of it by another thread, starts its task, and asks again, five
turns of the loop later. Every turn costs the same whether there is much to do in it or little, so of a call that is soon done, a refusal above
all, the turns are a good part of the price. Here several servers listen on the same port, the kernel spreads the connections among them
(SO_REUSEPORT), and their calls share the turns. The gateway under three times its limit took 468 and 557 us of CPU a call with one server and
342 and 405 with four (measured by turns on two cores that others used too).

What one process can do is bounded by Python's one thread, about 2,500 calls a second here. Beyond it `sharedops serve --gateways` starts further
processes on the same port, any of which can serve any client. The outer supervisor holds the port (`held_port`) from before the first gateway
until after the last, so that each of them, whenever it is restarted, finds it free for itself and for nobody else.

Refused: gRPC's low-level interface, which could take in as many calls as one likes, but is private; and a proxy before the gateways, which
would cost every call what a gateway costs.
"""

import asyncio
import errno
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import grpc
import grpc.aio

#: Servers behind the port.
SERVERS = 4


class Servers(grpc.aio.Server):
    """Several servers that look like one.

    Args:
        make: makes one of them, which must listen with ``grpc.so_reuseport``.
        count: how many.
    """

    def __init__(self, make: Callable[[], grpc.aio.Server], count: int = SERVERS) -> None:
        self._servers = [make() for _ in range(count)]

    def __iter__(self) -> Iterator[grpc.aio.Server]:
        """Each of them."""
        return iter(self._servers)

    def add_generic_rpc_handlers(self, generic_rpc_handlers: Iterable[grpc.GenericRpcHandler]) -> None:
        """Serve methods by their names, on all."""
        handlers = tuple(generic_rpc_handlers)
        for server in self._servers:
            server.add_generic_rpc_handlers(handlers)

    def add_registered_method_handlers(self, service_name: str, method_handlers: Mapping[str, Any]) -> None:
        """Serve methods that have a queue of their own, on all."""
        for server in self._servers:
            server.add_registered_method_handlers(service_name, method_handlers)

    def add_insecure_port(self, address: str) -> int:
        """Let all listen on ``host:port``; the port, which the kernel chose if it was 0. Others may listen there as well: see `held_port`.

        Raises:
            OSError: one cannot.
        """
        return self._listen(address, _add_insecure)

    def add_secure_port(self, address: str, server_credentials: grpc.ServerCredentials) -> int:
        """As `add_insecure_port`, with TLS."""
        return self._listen(address, lambda server, where: server.add_secure_port(where, server_credentials))

    def _listen(self, address: str, bind: Callable[[grpc.aio.Server, str], int]) -> int:
        host = address.rpartition(":")[0]
        port = _bound(bind, self._servers[0], address)
        for server in self._servers[1:]:
            _bound(bind, server, f"{host}:{port}")
        return port

    def add_own_ports(self, addresses: Iterable[str]) -> None:
        """Let each listen where it can be asked alone, too (`own_address`).

        Raises:
            OSError: one cannot.
        """
        for server, address in zip(self._servers, addresses, strict=True):
            _bound(_add_insecure, server, address)

    async def start(self) -> None:
        """Take in calls."""
        for server in self._servers:
            await server.start()

    async def stop(self, grace: float | None) -> None:
        """Take in no more calls; returns when those under way have ended, or `grace` seconds have passed."""
        await asyncio.gather(*(server.stop(grace) for server in self._servers))

    async def wait_for_termination(self, timeout: float | None = None) -> bool:  # noqa: ASYNC109 - the name is gRPC's
        """Wait until all are stopped; whether `timeout` seconds passed before."""
        return any(await asyncio.gather(*(server.wait_for_termination(timeout) for server in self._servers)))


def _add_insecure(server: grpc.aio.Server, address: str) -> int:
    return server.add_insecure_port(address)


def _bound(bind: Callable[[grpc.aio.Server, str], int], server: grpc.aio.Server, address: str) -> int:
    """The port on which a server listens now. gRPC tells its log alone why it cannot, and raises what a bug would."""
    try:
        return bind(server, address)
    except RuntimeError as error:
        raise OSError(errno.EADDRNOTAVAIL, "it cannot be listened on", address) from error


def own_address(run_dir: Path, gateway_id: str, server: int = 0) -> str:
    """Where one server of one gateway can be asked, whoever else listens on the port; only the gateway's user may enter the directory."""
    return f"unix:{run_dir / f'{gateway_id}.own{server}'}"
