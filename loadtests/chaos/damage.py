"""``python -m loadtests.chaos.damage --flips 40 --truncations 40 --json``: is damage to journals found, and never served?

Load tests see the wire only, and this needs the journals and the rules themselves; so the work is done by `actors.testing.damage`, in a
process of its own.
"""

import subprocess
import sys
from collections.abc import Sequence


def main(arguments: Sequence[str]) -> int:
    """Hand the options on; the exit code of the trials."""
    return subprocess.run([sys.executable, "-m", "actors.testing.damage", *arguments], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
