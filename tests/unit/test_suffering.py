"""What a process does to itself for a drill, done by a process of its own."""

import subprocess
import sys

CODE = "from actors.suffering import {0}; {0}({1}); print('went on', flush=True)"


def suffer(name: str, arguments: str) -> tuple[int, bool]:
    """Let a child do it; how it ended, and whether it went on afterwards."""
    code = CODE.format(name, arguments)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, "went on" in done.stdout


def test_a_process_that_ends_does_nothing_more() -> None:
    """Whatever it would still write would not be what a sudden death leaves."""
    assert suffer("end_now", "'drill-1'") == (-9, False)


def test_a_process_that_stands_still_goes_on_by_itself() -> None:
    """Nobody wakes it: a drill that was forgotten must not leave a province stopped for ever."""
    assert suffer("stand_still", "50, 'drill-1'") == (0, True)
