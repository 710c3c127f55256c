"""What `sharedops bench recover` measured, beside what it should be."""

from statistics import median
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

#: A start on a long history may take this much longer than one on an empty store. Seconds.
REPLAY_MAX_S = 10.0


class Outcome(msgspec.Struct, kw_only=True):
    """Filled as the run goes on; None: not measured, which is a failure."""

    provinces: int
    trials: int
    queued: int
    history_tasks: int | None = None
    #: From a kill to the next acknowledged write, one figure a trial. Seconds.
    kills_seconds: list[float] = []
    freeze_seen_seconds: float | None = None
    freeze_served_seconds: float | None = None
    zombie_frames: int | None = None
    zombie_gone_seconds: float | None = None
    restart_all_seconds: float | None = None
    restart_empty_seconds: float | None = None
    lost: int | None = None
    decided_twice: int | None = None
    #: Writes that clients saw acknowledged.
    acknowledged: int | None = None
    problems: list[str] = []
    elapsed_seconds: float = 0.0

    def targets(self) -> list[tuple[str, float | None, str, bool]]:
        """Each figure with its target in words and whether it is reached: (name, measured, target, reached)."""
        kills = sorted(self.kills_seconds)
        empty_s = self.restart_empty_seconds
        restart_max_s = None if empty_s is None else empty_s + REPLAY_MAX_S
        return [
            _at_most("kill_p50_seconds", median(kills) if kills else None, 2),
            _at_most("kill_max_seconds", kills[-1] if kills else None, 4),
            _at_most("freeze_seen_seconds", self.freeze_seen_seconds, 3),
            _at_most("freeze_served_seconds", self.freeze_served_seconds, 7),
            _at_most("zombie_frames", self.zombie_frames, 0),
            _at_most("zombie_gone_seconds", self.zombie_gone_seconds, 1),
            _at_most("restart_all_seconds", self.restart_all_seconds, restart_max_s),
            ("restart_empty_seconds", empty_s, "", empty_s is not None),
            _at_most("lost", self.lost, 0),
            _at_most("decided_twice", self.decided_twice, 0),
        ]

    @property
    def held(self) -> bool:
        """Whether everything was measured, and nothing was lost, done twice or written by a zombie."""
        is_measured = all(measured is not None for _, measured, _, _ in self.targets())
        is_safe = (self.lost, self.decided_twice, self.zombie_frames) == (0, 0, 0)
        return is_measured and is_safe and len(self.kills_seconds) == self.trials and not self.problems

    def as_json(self) -> dict[str, Any]:
        """One flat object."""
        figures = {name: None if measured is None else round(measured, 3) for name, measured, _, _ in self.targets()}
        return {
            "ok": self.held,
            **figures,
            "provinces": self.provinces,
            "trials": self.trials,
            "queued": self.queued,
            "history_tasks": self.history_tasks,
            "acknowledged": self.acknowledged,
            "missed_targets": [name for name, _, _, is_reached in self.targets() if not is_reached],
            "problems": self.problems,
            "elapsed_seconds": self.elapsed_seconds,
        }


def _at_most(name: str, measured: float | None, limit: float | None) -> tuple[str, float | None, str, bool]:
    is_reached = measured is not None and limit is not None and measured <= limit
    return name, measured, "" if limit is None else f"<= {limit:.4g}", is_reached


def show(outcome: Outcome, console: Console) -> None:
    """A table for people."""
    table = Table(title="bench recover 恢复", title_justify="left")
    for column in ("figure", "measured", "target", ""):
        table.add_column(column)
    for name, measured, target, is_reached in outcome.targets():
        said = "not measured" if measured is None else f"{measured:.4g}"
        table.add_row(name, said, target, "ok" if is_reached else "MISSED")
    console.print(table)
    for problem in outcome.problems:
        console.print(f"[red]✗[/red] {problem}", highlight=False)
