"""The process that answers one errand: read from standard input, answered on standard output; started by `queue`."""

import os
import sys

import msgspec

from actors.journal import JournalError
from actors.rewind.errand import Errand, rewind

#: Added to the niceness of the process: the working system comes first.
NICENESS = 5
#: Exit code when the journal cannot be read; the reason is on standard error.
UNREADABLE = 3


def main() -> int:
    """Answer one errand."""
    os.nice(NICENESS)
    errand = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Errand)
    try:
        history = rewind(errand)
    except JournalError as error:
        print(error, file=sys.stderr)
        return UNREADABLE
    sys.stdout.buffer.write(msgspec.msgpack.encode(history))
    return 0


if __name__ == "__main__":
    sys.exit(main())
