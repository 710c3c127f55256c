"""Why there is no backup, or nothing was restored."""


class BackupFailed(Exception):
    """There is no backup, or it was not restored; `str` says why, for a person. Nothing half-made is left under the name asked for."""


class NoBackup(BackupFailed):
    """The folder that was named is none, or holds no backup: the name is wrong, not the backup."""
