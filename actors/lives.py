"""The lives of a store: its first, and a later one with every restore of a backup (`actors.backup.new_life`).

What the lost life wrote after the backup is gone, and the restored journal gives the same sequences to other frames. A restore raises every
epoch, and each frame bears its own; so whoever has seen a frame can tell whether it is still the one that the journal has.
"""

from typing import Final

#: Epochs that a restore skips for each life: more than any system restarts its actors between two restores.
EPOCHS_SKIPPED: Final = 1_000_000


def life_of(epoch: int) -> int:
    """In which life a frame of this epoch was written; 0: the first."""
    return epoch // EPOCHS_SKIPPED
