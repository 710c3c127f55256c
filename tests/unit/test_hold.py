from actors.core.country import TimeLimits
from actors.hold import HOLD_MS_MAX, REST_MS_MIN, CommitHold


def test_a_hold_ends_when_it_is_released_and_says_how_long_it_was() -> None:
    """Otherwise the backup could not say what it cost."""
    hold = CommitHold()
    assert hold.begin("b1", 300, 1_000) == ""
    assert hold.is_on(1_100)
    assert hold.end("b1", 1_120) == 120
    assert not hold.is_on(1_120)


def test_a_hold_ends_by_itself_and_its_release_says_so() -> None:
    """A dead backup would hold a province for ever; a late one would believe photographs of a province that went on."""
    hold = CommitHold()
    hold.begin("b1", 300, 1_000)
    assert hold.is_on(1_299)
    assert not hold.is_on(1_300)
    assert hold.end("b1", 1_300) is None


def test_a_late_release_counts_if_nothing_could_be_committed_before_it() -> None:
    """On a starved machine every release is late: no backup would ever be made, though nobody had moved."""
    hold = CommitHold()
    hold.begin("b1", 300, 1_000)
    assert hold.end("b1", 1_900) == 300
    assert hold.begin("b2", 300, 1_900) == "resting"
    assert hold.begin("b2", 300, 1_300 + REST_MS_MIN) == ""


def test_nobody_holds_longer_than_the_bound_whatever_they_ask() -> None:
    """An enemy would ask for an hour, or again and again under the same name."""
    hold = CommitHold()
    hold.begin("b1", 3_600_000, 0)
    assert [hold.begin("b1", 500, at_ms) for at_ms in range(0, HOLD_MS_MAX, 50)] == ["held"] * 10
    assert not hold.is_on(HOLD_MS_MAX)
    held_ms = sum(_ask_greedily(hold, at_ms) for at_ms in range(HOLD_MS_MAX, 60_000))
    assert held_ms <= 60_000 * HOLD_MS_MAX // (HOLD_MS_MAX + REST_MS_MIN) + 1


def _ask_greedily(hold: CommitHold, at_ms: int) -> bool:
    hold.begin(f"b{at_ms}", 10**9, at_ms)
    return hold.is_on(at_ms)


def test_a_province_rests_after_a_hold_however_it_ended() -> None:
    """Two backups in turn would leave it no time to write."""
    hold = CommitHold()
    hold.begin("b1", 500, 0)
    hold.end("b1", 100)
    assert hold.begin("b2", 500, 100 + REST_MS_MIN - 1) == "resting"
    assert hold.begin("b2", 500, 100 + REST_MS_MIN) == ""


def test_only_its_holder_ends_a_hold() -> None:
    """A second backup would break the first one's hold unseen."""
    hold = CommitHold()
    hold.begin("b1", 500, 0)
    assert hold.begin("b2", 500, 10) == "held"
    assert hold.end("b2", 20) is None
    assert hold.end("b1", 30) == 30
    assert hold.end("b1", 40) is None


def test_nonsense_is_refused() -> None:
    """A hold without a name could be released by anybody; one of no length would be broken at once."""
    hold = CommitHold()
    assert [hold.begin("", 100, 0), hold.begin("b1", 0, 0), hold.begin("b1", -5, 0)] == ["malformed"] * 3
    assert not hold.is_on(0)


def test_the_end_of_a_hold_is_seen_once() -> None:
    """The standstill is taken off the desks' silence once, not with every commit."""
    hold = CommitHold()
    hold.begin("b1", 100, 0)
    assert not hold.take_ended()
    assert not hold.is_on(100)
    assert [hold.take_ended(), hold.take_ended()] == [True, False]


def test_a_hold_is_shorter_than_what_counts_as_a_stall() -> None:
    """Otherwise gateways and provinces would take a held province for one that stands still."""
    assert TimeLimits().observer_stall_ms > HOLD_MS_MAX
    assert TimeLimits().gateway_silence_ms > HOLD_MS_MAX
