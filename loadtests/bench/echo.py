"""A bare echo: what gRPC itself costs on this machine, with nothing of ours behind it.

The yardstick of an overload: what taking a call in and answering it costs a server in Python, as it is usually made. A machine whose echo
cannot keep up with a load proves little about the gateway. It is one server, where the gateway has several that share the turns of the loop
(`gateway.accepting`); so a call of the gateway may cost as little as one here, and this is no lower bound.

Run as a process of its own (`python -m loadtests.bench.echo`): it prints its address and ends on SIGTERM.
"""

import asyncio
import os
import signal

# Before gRPC is imported, as the gateway does it.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")

import grpc
import grpc.aio

#: As the gateway has them: without them gRPC itself would cancel what waits, and the yardstick would be shorter than what it measures.
OPTIONS = (
    ("grpc.so_reuseport", 0),
    ("grpc.server.max_pending_requests", 10_000),
    ("grpc.server.max_pending_requests_hard_limit", 10_000),
)


class _Echo(grpc.GenericRpcHandler):
    """Answers every method with the bytes that it was sent."""

    def __init__(self) -> None:
        self._handler = grpc.unary_unary_rpc_method_handler(_answer)

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler:
        """The same for every method."""
        del handler_call_details
        return self._handler


async def _answer(message: bytes, context: "grpc.aio.ServicerContext[bytes, bytes]") -> bytes:
    del context
    return message


async def serve() -> None:
    """Serve on a port of the kernel's choice until SIGTERM."""
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    server = grpc.aio.server(options=OPTIONS)
    server.add_generic_rpc_handlers((_Echo(),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(f"127.0.0.1:{port}", flush=True)
    await stopped.wait()
    await server.stop(None)


if __name__ == "__main__":
    asyncio.run(serve())
