"""Why there is no backup, or nothing was restored."""


class BackupFailed(Exception):
    """There is no backup, or it was not restored; `str` says why, for a person. Nothing half-made is left under the name asked for."""
