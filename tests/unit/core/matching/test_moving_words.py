"""Why a task went to another province, in words."""

import pytest

from actors.core.matching.wording.moving import duration_words, move_reason_words
from actors.core.matching.wording.templates import Language
from actors.core.move_reasons import Cause, read, written
from actors.core.sharing.flows import FlowMemory
from actors.core.sharing.plan import plan_flows
from actors.core.sharing.summary import WAIT_UNBOUNDED_MS
from tests.unit.core.journeys import summary_of
from tests.unit.core.sharing.country import busy, picture

#: Every cause with values as they may be.
VALUES: dict[Cause, dict[str, object]] = {
    Cause.ADVISED: {"wait_ms": 601_000, "release_ms": 30_000, "host": "jiangxi", "free": 5, "experience": 77},
    Cause.CLOSED: {"opens_in_ms": 54_000_000, "host": "xinjiang", "free": 5, "experience": 77},
    Cause.BETTER: {"host": "jiangxi", "points": 910, "own_points": 640, "free": 5},
    Cause.UNADVISED: {"silent_for_ms": 4_200, "wait_ms": 601_000, "release_ms": 30_000, "host": "jiangxi"},
    Cause.EVACUATING: {},
    Cause.RECALLED: {"home": "fujian"},
    Cause.SILENT: {"silent": 9, "signed_in": 10, "site": "fujian-1", "silent_for_ms": 3_200},
}


@pytest.mark.parametrize("cause", Cause)
def test_what_is_written_is_read_back(cause: Cause) -> None:
    """Explanations would fall back to raw English as soon as somebody edits a sentence."""
    assert read(written(cause, **VALUES[cause])) == (cause, {name: str(value) for name, value in VALUES[cause].items()})


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("cause", Cause)
def test_causes_are_told_in_both_languages_without_milliseconds(cause: Cause, language: Language) -> None:
    """Half of the readers would get a sentence that they cannot read, and the other half numbers that nobody uses."""
    told = move_reason_words(written(cause, **VALUES[cause]), language)
    assert " ms" not in told and "{" not in told
    assert (told.isascii()) == (language is Language.EN)


def test_the_words_say_the_numbers() -> None:
    """A reason without its figures convinces nobody."""
    advised = written(Cause.ADVISED, **VALUES[Cause.ADVISED])
    assert (
        move_reason_words(advised, Language.ZH)
        == "预计等候 10 分钟，超过当时的停止共享线 30 秒；jiangxi 有 5 个空位，同类经验 77 件"
    )
    assert move_reason_words(advised, Language.EN).endswith(
        "; jiangxi has places free (5), and its people have done 77 of the kind"
    ), '"experience of the kind (0 tasks)" was said of those who had none'
    assert move_reason_words(written(Cause.SILENT, **VALUES[Cause.SILENT]), Language.EN) == (
        "9 of 10 desks of fujian-1 were silent for 3.2 s"
    )


@pytest.mark.parametrize("cause", [Cause.ADVISED, Cause.UNADVISED])
def test_the_words_say_which_threshold_was_exceeded(cause: Cause) -> None:
    """The policy says 15 and 5 minutes: "exceeds 4.9 min" was neither of them."""
    told = move_reason_words(written(cause, **VALUES[cause]), Language.EN)
    assert "exceeds the release threshold of that moment (30 s)" in told


def test_what_the_coordinator_advises_can_be_read() -> None:
    """The sentence that is really written must be the one that is read."""
    flows, _ = plan_flows(picture(busy("fujian"), summary_of("jiangxi")), FlowMemory())
    found = read(flows[0].reason)
    assert found is not None and found[0] is Cause.ADVISED


@pytest.mark.parametrize("reason", ["full", "drill: power cut", "expected wait soon"])
def test_what_people_wrote_stays(reason: str) -> None:
    """Words would be put into somebody's mouth."""
    assert move_reason_words(reason, Language.ZH) == reason
    assert move_reason_words("", Language.ZH) == "-"


@pytest.mark.parametrize(
    ("time_ms", "told"),
    [(300, "0.3 s"), (119_000, "119 s"), (120_000, "2 min"), (7_200_000, "2 h"), (WAIT_UNBOUNDED_MS, "no known end")],
)
def test_times_are_told_as_people_say_them(time_ms: int, told: str) -> None:
    """Ten days would be shown for a wait that nobody can end."""
    assert duration_words(time_ms, Language.EN) == told
