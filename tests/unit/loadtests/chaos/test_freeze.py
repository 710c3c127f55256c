import pytest

from gateway.v1 import event_pb2
from loadtests.chaos.findings import Findings
from loadtests.chaos.freeze import Epochs, Trial, report, slowest

GOOD = Trial(seen_s=1.5, served_s=3.5, gone_s=0.0)


def epochs_of(*epochs: int) -> Epochs:
    """What was seen of a journal whose events have these epochs."""
    seen = Epochs()
    for position, epoch in enumerate(epochs, start=1):
        seen.take(event_pb2.Event(position=position, epoch=epoch))
    return seen


@pytest.mark.parametrize(("epochs", "fallen"), [((1, 1, 2, 2, 5), []), ((1, 2, 1, 2, 1), [3, 5])])
def test_an_event_of_an_old_incarnation_after_a_new_one_is_found(epochs: tuple[int, ...], fallen: list[int]) -> None:
    """It is the one thing a zombie must never do."""
    assert epochs_of(*epochs).fallen == fallen


def test_the_slowest_of_all_is_nothing_when_one_was_never_seen() -> None:
    """The trial that failed altogether would otherwise be left out of the maximum."""
    assert slowest([1.0, 3.0, 2.0]) == 3.0
    assert slowest([1.0, None]) is None
    assert slowest([]) is None


@pytest.mark.parametrize(
    ("trial", "survived", "epochs", "missed"),
    [
        (GOOD, True, (1, 2), []),
        (Trial(seen_s=3.1, served_s=3.5, gone_s=0.0), True, (1, 2), ["freeze_seen_max_seconds"]),
        (Trial(seen_s=1.5, served_s=None, gone_s=0.0), True, (1, 2), ["freeze_served_max_seconds"]),
        (Trial(seen_s=1.5, served_s=3.5, gone_s=1.1), True, (1, 2), ["zombie_gone_max_seconds"]),
        (GOOD, False, (1, 2), ["short_stops_survived"]),
        (GOOD, True, (2, 1), ["zombie_frames"]),
        (GOOD, True, (1, 1), ["epochs_seen"]),
    ],
)
def test_each_target_can_be_missed(trial: Trial, survived: bool, epochs: tuple[int, ...], missed: list[str]) -> None:
    """A check that nothing can fail proves nothing."""
    findings = Findings("freeze")
    report(findings, [trial], [survived], epochs_of(*epochs))
    assert findings.as_json()["missed"] == missed
