"""One program in several processes that iterate their sets in different orders."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def printed_under_hash_seeds(program: str) -> set[str]:
    """What a program prints, by what `PYTHONHASHSEED` may be: one text, if nothing depends on the order of sets.

    Raises:
        subprocess.CalledProcessError: it failed.
        subprocess.TimeoutExpired: it took a minute.
    """
    return {
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        ).stdout
        for seed in ("0", "1", "4242")
    }
