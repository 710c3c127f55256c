"""What Ray runs in place of its own start of a worker: asks `actors.worker_forks` for the process, and is gone.

Run by path, with the worker's program and arguments behind it. Only what starts quickly is imported. Where there is nobody to ask, this process
becomes the worker itself, as slowly as ever.
"""

import json
import os
import socket
import sys

#: In the environment: where `actors.worker_forks` listens.
ADDRESS = "SHAREDOPS_WORKER_FORKS"
#: What Ray tells its own program here, and a worker does not understand. The environment that it names is the empty one.
_FOR_SETUP = ("--language=", "--serialized-runtime-env-context=")
#: It is still importing, perhaps, when the first is asked for; seconds. Ray waits for a worker for a minute.
WAIT_MAX_S = 20.0


def ask(address: str, program: list[str]) -> bool:
    """Have a worker made that has our environment, directory and output; whether there is one."""
    directory = os.getcwd()  # noqa: PTH109 - pathlib takes longer to import than all the rest
    order = json.dumps({"program": program, "environment": dict(os.environ), "directory": directory}).encode()
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.settimeout(WAIT_MAX_S)
            server.connect(address)
            socket.send_fds(server, [len(order).to_bytes(4)], [0, 1, 2])
            server.sendall(order)
            return server.recv(1) == b"+"
    except OSError:
        return False


if __name__ == "__main__":
    worker = [argument for argument in sys.argv[1:] if not argument.startswith(_FOR_SETUP)]
    if not ask(os.environ.get(ADDRESS, ""), worker):
        os.execv(sys.executable, [sys.executable, *worker])  # noqa: S606 - it is what Ray would have run
