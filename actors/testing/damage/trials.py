"""Damage, again and again, each time to a fresh copy: what was found, what was harmless, what was served wrong.

A trial is `found` when `sharedops verify` reports a problem, or the directory or a journal refuses to be opened or read. It is `harmless`
when nothing is reported and everything that can be read is byte for byte what it was: the bit lay in a place that nobody reads. Anything
else is `missed`. `served_wrong` counts apart: trials in which some journal told a client something else than the truth, whatever else was
noticed.
"""

import shutil
import tempfile
from pathlib import Path
from random import Random

import msgspec
from structlog.testing import capture_logs

from actors.store import StoreError
from actors.testing.damage.country import OLD, make_country
from actors.testing.damage.kinds import KINDS
from actors.testing.damage.truth import Truth, judge, learn
from actors.verification.directory import verify_directory


class Count(msgspec.Struct, kw_only=True):
    """What became of the trials of one kind."""

    trials: int = 0
    found: int = 0
    #: Of those found: noticed by opening and reading alone, without `verify`.
    found_when_served: int = 0
    harmless: int = 0
    missed: int = 0
    served_wrong: int = 0


class Outcome(msgspec.Struct, kw_only=True):
    """All trials."""

    seed: int
    kinds: dict[str, Count]
    total: Count
    #: What was done in the trials that went wrong.
    failures: list[str]

    @property
    def ok(self) -> bool:
        """Whether nothing was missed and nothing wrong was served."""
        return not self.total.missed and not self.total.served_wrong


def run_trials(wanted: dict[str, int], seed: int) -> Outcome:
    """Damage a country so often.

    Args:
        wanted: kind -> trials.
    """
    outcome = Outcome(seed=seed, kinds={}, total=Count(), failures=[])
    with tempfile.TemporaryDirectory(prefix="sharedops-damage-") as place, capture_logs():
        sound = make_country(Path(place))
        truth = learn(Path(shutil.copytree(sound, Path(place) / "sound")))
        for kind, trials in wanted.items():
            count = outcome.kinds[kind] = Count()
            for number in range(trials):
                _try_one(kind, Random(f"{seed} {kind} {number}"), sound, truth, count, outcome.failures)
    for field in Count.__struct_fields__:
        setattr(outcome.total, field, sum(getattr(count, field) for count in outcome.kinds.values()))
    return outcome


def _try_one(kind: str, chance: Random, sound: Path, truth: Truth, count: Count, failures: list[str]) -> None:
    damaged = Path(shutil.copytree(sound, sound.parent / "damaged"))
    try:
        done = KINDS[kind](damaged, sound.parent / OLD, chance)
        is_reported = _is_reported(damaged)
        verdict = judge(damaged, truth)
    finally:
        shutil.rmtree(damaged)
    count.trials += 1
    count.found_when_served += bool(verdict.refused)
    if verdict.wrong:
        count.served_wrong += 1
        failures.append(f"{done}: served wrong: {', '.join(verdict.wrong)}")
    if is_reported or verdict.refused:
        count.found += 1
    elif not verdict.wrong:
        count.harmless += 1
    else:
        count.missed += 1


def _is_reported(directory: Path) -> bool:
    """Whether `sharedops verify` would say anything."""
    try:
        return not verify_directory(directory, processes=1).ok
    except StoreError:
        return True
