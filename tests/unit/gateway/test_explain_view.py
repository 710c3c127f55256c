"""An explanation on terminals of different width."""

import io

import pytest
from rich.console import Console

from actors.core.matching.wording import Language
from gateway.command.explain_view import show
from gateway.v1 import dispatch_pb2


def drawn(width: int) -> str:
    """What a terminal shows of two candidates, of whom the first was chosen."""
    parts = [("pair_kind_done_count", 700, 10), ("operator_tenure_months", 350, 10)]
    candidates = [
        dispatch_pb2.Candidate(
            operator=f"provinces/fujian/operators/{operator}",
            display_name=f"{operator.title()} with a long name",
            score=sum(points * weight // share for _, points, weight in parts),
            contributions=[
                dispatch_pb2.Contribution(
                    parameter=name, points=points // share, weight=weight, contribution=points * weight // share
                )
                for name, points, weight in parts
            ],
        )
        for operator, share in (("chen", 1), ("wu", 2))
    ]
    explanation = dispatch_pb2.TaskExplanation(name="provinces/fujian/tasks/fujian-1")
    explanation.decision.candidates.extend(candidates)
    screen = io.StringIO()
    show(Console(file=screen, width=width, color_system=None), explanation, Language.EN, "")
    return screen.getvalue()


def test_a_wide_terminal_shows_bars_in_proportion_to_the_points() -> None:
    """A bar of another length than its number would mislead the eye."""
    lengths = [line.count("█") for line in drawn(140).splitlines() if "█" in line]
    assert lengths == [16, 8]


def test_a_narrow_terminal_leaves_out_the_bars_and_cuts_off_no_number() -> None:
    """Cut off by the edge, all bars were equally long, and names were cut to make room for them."""
    screen = drawn(80)
    assert "█" not in screen and "…" not in screen
    assert all(number in screen for number in ("+7,000", "+3,500", "+1,750", "10,500", "5,250"))


@pytest.mark.parametrize(("language", "prior"), [(Language.ZH, "先验"), (Language.EN, "prior")], ids=str)
def test_a_fact_a_prior_and_a_sample_look_different(language: Language, prior: str) -> None:
    """The sample was blank for a fact and for somebody without history: a guess read like a certainty."""
    values = [
        dispatch_pb2.Contribution(parameter="fact", value_micro=1_000_000, unit="ratio", points=4),
        dispatch_pb2.Contribution(parameter="guess", value_micro=1_000_000, unit="ratio", points=3, prior_only=True),
        dispatch_pb2.Contribution(parameter="seen", value_micro=1_000_000, unit="ratio", points=2, sample_milli=24_000),
        dispatch_pb2.Contribution(parameter="lately", value_micro=1_000_000, unit="ratio", points=1, sample_milli=400),
    ]
    for part in values:
        part.weight, part.contribution = 1, part.points
    explanation = dispatch_pb2.TaskExplanation(name="provinces/fujian/tasks/fujian-1")
    explanation.decision.candidates.add(operator="provinces/fujian/operators/chen", score=10, contributions=values)
    screen = io.StringIO()
    show(Console(file=screen, width=80, color_system=None), explanation, language, "")
    rows = [line.split("│") for line in screen.getvalue().splitlines() if "100.0 %" in line]
    assert [row[3].strip() for row in rows] == ["—", prior, "24", "0.4"]
    assert f"{prior}:" in screen.getvalue().replace("：", ":")
