"""How long a call waits before this process even sees it.

gRPC takes calls off its connections in threads of its own and hands them to our loop one a turn. When the loop cannot keep up, the calls wait
in a queue that cannot be looked at, and nothing in a call says when it came. A loop that is watched for lateness looks well all the while:
it turns quickly, and each turn takes one call. So the gateway calls itself, by the same queue, and sees how long that takes.

Refused: reading the time out of clients' metadata, since it is theirs to choose; and a limit on gRPC's queue, since it answers UNAVAILABLE
without a word on when to come back. Cost: 20 calls a second, 0.3 % of a core.
"""

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import grpc
import grpc.aio

from gateway.admission import Admission


class SharedQueue:
    """A server to which services are added so that their calls wait in the one queue that the probe waits in, too.

    Generated code registers every method with gRPC, which then keeps a queue for each. The probe stands in that of unknown methods, so of a
    queue before a registered one it saw nothing; and for each call gRPC 1.85 waits anew for all queues at once: 69 us of CPU with our fifty-odd
    methods, 28 with seven. Registered are only the operations' picture and health: in an overload they do not stand behind everybody.

    Args:
        server: takes the methods.
    """

    def __init__(self, server: grpc.aio.Server) -> None:
        self._server = server

    def add_generic_rpc_handlers(self, generic_rpc_handlers: Sequence[grpc.GenericRpcHandler]) -> None:
        """Serve the methods, by their names."""
        self._server.add_generic_rpc_handlers(generic_rpc_handlers)

    def add_registered_method_handlers(self, service_name: str, method_handlers: Mapping[str, Any]) -> None:
        """Serve them as they are served already."""


#: Between the answer to one probe and the next, seconds.
PAUSE_S = 0.05
#: A probe that takes longer is counted as taking as long as this, seconds.
PROBE_MAX_S = 5.0


class QueueProbe:
    """Calls a path of the server that nobody else knows; the gate notes when the call arrives.

    Args:
        directory: where the probe's socket lies; only the gateway's user may enter it.
    """

    def __init__(self, admission: Admission, directory: Path, name: str) -> None:
        #: What the gate looks out for. It is no method, so the answer is UNIMPLEMENTED.
        self.path = f"/queue-probe/{secrets.token_hex(16)}"
        self._admission = admission
        self._address = f"unix:{directory / f'{name}.probe'}"
        self._loop = asyncio.get_running_loop()

    def listen(self, server: grpc.aio.Server) -> None:
        """Let the server be reached by the probe; before the server starts."""
        server.add_insecure_port(self._address)

    async def run(self) -> None:
        """Probe until cancelled."""
        async with grpc.aio.insecure_channel(self._address) as channel:
            probe = channel.unary_unary(self.path)
            while True:
                self._admission.probe_sent(self._loop.time())
                try:
                    await probe(b"", timeout=PROBE_MAX_S)
                except grpc.aio.AioRpcError as error:
                    if error.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
                        self._admission.probe_seen(self._loop.time())
                    elif error.code() is not grpc.StatusCode.UNIMPLEMENTED:
                        # Not even a connection: nothing is known, and nobody is refused for what is not known.
                        self._admission.probe_lost()
                await asyncio.sleep(PAUSE_S)
