import asyncio
from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest

from actors.backup.cut import Cut, take_cut
from actors.backup.errors import BackupFailed
from actors.journal import Corrupt, Head, Photograph, State, StoreFailed
from actors.protocol import CommitsHeld, CommitsReleased

NAMES = ("fujian", "jiangxi")
HELD = CommitsHeld(epoch=3, sequence=7)
RELEASED = CommitsReleased(was_unbroken=True, held_ms=20)


class Journals:
    """Photographs of journals that are nowhere; `log` says what was asked, in order."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.held: list[Mapping[str, CommitsHeld]] = []
        self.released: list[Mapping[str, CommitsReleased]] = []
        self.sequence = 7
        self.is_damaged = False

    def photographs(self) -> list[Photograph]:
        return [_Taken(name, self) for name in ("hq", *NAMES)]

    async def hold(self, holder: str, for_ms: int) -> Mapping[str, CommitsHeld]:
        del holder, for_ms
        self.log.append("hold")
        return self.held.pop(0) if self.held else dict.fromkeys(NAMES, HELD)

    async def release(self, holder: str) -> Mapping[str, CommitsReleased]:
        del holder
        self.log.append("release")
        return self.released.pop(0) if self.released else dict.fromkeys(NAMES, RELEASED)

    async def pause(self, seconds: float) -> None:
        assert seconds > 1
        self.log.append("pause")

    def cut(self, tries_max: int = 3) -> Cut:
        return asyncio.run(take_cut(self, NAMES, self.photographs(), pause=self.pause, tries_max=tries_max))


class _Taken(Photograph):
    def __init__(self, name: str, journals: Journals) -> None:
        self.name = name
        self._journals = journals

    def take(self) -> State:
        self._journals.log.append(self.name)
        if self._journals.is_damaged:
            raise Corrupt(self.name, 7, "planted")
        return State("store", self.name, 3, Head(self._journals.sequence, 3, b"h" * 32), 0, 0, 0, 0)

    def let_go(self) -> None:
        self._journals.log.append(f"-{self.name}")


LET_GO = ["-hq", "-fujian", "-jiangxi"]
TAKEN = ["hold", "hq", "fujian", "jiangxi", "release"]


def test_everything_is_photographed_while_all_hold() -> None:
    """One photograph before the last hold or after the first release, and it shows another instant."""
    journals = Journals()
    cut = journals.cut()
    assert journals.log == TAKEN
    assert (cut.broken_tries, cut.held_longest_ms, list(cut.journals)) == ((), 20, ["hq", *NAMES])


@pytest.mark.parametrize(
    "answer",
    [CommitsHeld(refused="held"), CommitsHeld(refused="resting"), None],
)
def test_nothing_is_photographed_unless_all_hold(answer: CommitsHeld | None) -> None:
    """A province that goes on committing may send a task to one that was photographed before."""
    journals = Journals()
    journals.held = [{"fujian": HELD} | ({"jiangxi": answer} if answer else {})]
    assert len(journals.cut().broken_tries) == 1
    assert journals.log == ["hold", "release", *LET_GO, "pause", *TAKEN]


@pytest.mark.parametrize("answer", [CommitsReleased(was_unbroken=False), None])
def test_a_hold_that_broke_voids_the_photographs(answer: CommitsReleased | None) -> None:
    """It ended by itself, or the province died in it: something may have been committed between two photographs."""
    journals = Journals()
    journals.released = [{"fujian": RELEASED} | ({"jiangxi": answer} if answer else {})]
    assert len(journals.cut().broken_tries) == 1
    assert journals.log == [*TAKEN, *LET_GO, "pause", *TAKEN]


@pytest.mark.parametrize("change", [{"sequence": 8}, {"epoch": 4}])
def test_a_province_is_not_believed_against_its_journal(change: dict[str, int]) -> None:
    """A successor that opened in between, or a bug in the hold, shows itself in the journal."""
    journals = Journals()
    journals.held = [dict.fromkeys(NAMES, msgspec.structs.replace(HELD, **change))]
    assert len(journals.cut().broken_tries) == 1


def test_it_is_not_tried_for_ever() -> None:
    """Each try costs half a second of everybody's commits."""
    journals = Journals()
    journals.held = [{"fujian": HELD, "jiangxi": CommitsHeld(refused="held")}] * 3
    with pytest.raises(BackupFailed, match=r"in 3 tries.*jiangxi does not hold: held"):
        journals.cut()
    assert journals.log.count("hold") == journals.log.count("release") == 3


def test_a_damaged_journal_releases_everybody_at_once() -> None:
    """It will not be sound at the next try, and nobody must be held for it."""
    journals = Journals()
    journals.is_damaged = True
    with pytest.raises(Corrupt):
        journals.cut()
    assert journals.log == ["hold", "hq", "release", *LET_GO]


def test_photographs_are_of_files(tmp_path: Path) -> None:
    """The stand-ins above must not hide that a missing journal is an error."""
    with pytest.raises(StoreFailed, match="cannot open"):
        Photograph(tmp_path / "nowhere.sqlite")
