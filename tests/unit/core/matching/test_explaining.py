"""Candidates of a task, part by part, and the sentences made of them."""

from typing import Any

import pytest

from actors.core import commands as c
from actors.core.ids import OperatorId, ProvinceCode, TaskId
from actors.core.matching.explained import (
    Candidate,
    Contribution,
    HowChosen,
    MatchPreview,
    RoutingRecord,
    RoutingReplay,
)
from actors.core.matching.explaining import Explainer
from actors.core.matching.parameters import CATALOGUE, Role, Scope
from actors.core.matching.record import Shares
from actors.core.matching.scoring import Scorer
from actors.core.matching.shipped import shipped_model
from actors.core.matching.wording import Language
from actors.core.matching.wording.choice import ChoiceWords, differing, enough
from actors.core.matching.wording.parameter_names import ENGLISH
from actors.core.matching.wording.templates import (
    SENTENCE_LENGTH_MAX,
    TEMPLATES,
    UNITS,
    filter_words,
    parameter_words,
    part_words,
    say,
    value_words,
)
from actors.core.operators import KindExperience, PresenceState
from tests.unit.core.harness import MEDICAL, Branch, person
from tests.unit.core.matching.rounds_at_random import RandomProvince


@pytest.mark.parametrize("seed", range(2))
def test_the_parts_of_every_candidate_add_up_to_the_score(seed: int) -> None:
    """An explanation whose sum is not the score explains another decision."""
    province = RandomProvince(seed, people=10, tasks=4, past=60)
    scorer = Scorer(province.state, shipped_model())
    people = list(province.state.operators.values())
    for task in province.state.tasks.values():
        problem = scorer.problem([task], people, province.now_ms)
        explainer = Explainer(scorer, problem, 0)
        candidates = explainer.candidates(count_max=100)
        assert len(candidates) == len(people)
        for candidate in candidates:
            assert sum(part.contribution for part in candidate.contributions) == candidate.score
        kept = [candidate.score for candidate in candidates if not candidate.removed_by]
        assert kept == sorted(kept, reverse=True)
        removed = [candidate.removed_by for candidate in candidates[len(kept) :]]
        assert all(removed) and sum(explainer.removed().values()) == len(removed)


def test_whoever_is_named_comes_in_the_order_of_naming() -> None:
    """The winner is named first: somebody who is asked about and would have scored more must not be taken for them."""
    province = RandomProvince(3, people=10, tasks=1, past=60)
    scorer = Scorer(province.state, shipped_model())
    people = list(province.state.operators.values())
    explainer = Explainer(scorer, scorer.problem(list(province.state.tasks.values()), people, province.now_ms), 0)
    ranked = [candidate.operator for candidate in explainer.candidates(10)]
    best, worst = ranked[0], ranked[-1]
    assert [one.operator for one in explainer.candidates(10, [worst, best])] == [worst, best, *ranked[1:-1]]


def test_a_preview_says_who_is_better_and_who_is_no_candidate() -> None:
    """Whom to call in, and whom to leave in peace, before anything is done."""
    made = Branch()
    made.do(c.AdoptMatchingModel(who="system:country", model=shipped_model()))
    made.arrive(person("novice"), person("expert", kinds={MEDICAL: KindExperience(done_count=400)}))
    made.arrive(person("resting"), presence=PresenceState.BREAK)
    made.arrive(person("stranger", kinds={}), person("silent"))
    made.do(c.UpsertOperators(who="ops", entries=(person("at-home"), person("at-home-too", kinds={}))))
    held = {made.create(): None for _ in range(3)}
    waiting = next(iter(set(made.state.queue.members) - set(held)), None) or made.create()
    asked = c.PreviewMatch(task_id=waiting, candidates_max=10, operator=OperatorId("at-home"))
    shown = made.did(asked, MatchPreview)
    by_name = {candidate.operator: candidate for candidate in shown.candidates}
    assert shown.candidates[0].operator == "at-home"
    reasons = {name: by_name[OperatorId(name)].removed_by for name in ("at-home", "resting", "stranger")}
    assert reasons == {"at-home": "off_duty", "resting": "on_break", "stranger": "kind"}
    assert {name: one.also_removed_by for name, one in by_name.items() if one.also_removed_by} == {}
    again = made.did(
        c.PreviewMatch(task_id=waiting, candidates_max=10, operator=OperatorId("at-home-too")), MatchPreview
    )
    assert (again.candidates[0].removed_by, again.candidates[0].also_removed_by) == ("off_duty", ("kind",))
    assert by_name[OperatorId("expert")].score > by_name[OperatorId("novice")].score
    assert sum(shown.removed.values()) == sum(bool(candidate.removed_by) for candidate in shown.candidates)
    assert sum(part.contribution for part in shown.urgency_contributions) == shown.urgency
    assert sum((shown.shares.efficiency, shown.shares.quality, shown.shares.effectiveness)) == 100
    only = made.did(c.PreviewMatch(task_id=waiting, candidates_max=1), MatchPreview)
    assert len(only.candidates) == 1 and only.removed.get("off_duty") is None


# --- sentences ---


def part(parameter: str, contribution: int, **fields: Any) -> Contribution:
    """One part of a score."""
    known: dict[str, Any] = {"value": 3.0, "unit": "count", "evidence": 12.0, "points": contribution, "weight": 1}
    return Contribution(parameter=parameter, contribution=contribution, **known | fields)


def candidate(name: str, *parts: int, **fields: Any) -> Candidate:
    """Somebody with these contributions of three parameters."""
    named = [part(parameter, points) for parameter, points in zip(_THREE, parts, strict=True)]
    return Candidate(operator=OperatorId(name), score=sum(parts), contributions=tuple(named), **fields)


_THREE = ("pair_kind_done_count", "operator_qa_pass_ratio", "pair_kind_handle_minutes")
WINNER = candidate("wang", 300, 200, -50)
BEHIND = candidate("li", 100, 220, -60)


def record(**fields: Any) -> RoutingRecord:
    """A decision for Wang."""
    known: dict[str, Any] = {
        "task_id": TaskId("fujian-1"),
        "token": 1,
        "province": ProvinceCode("fujian"),
        "at_ms": 1,
        "operator": OperatorId("wang"),
        "score": 450,
        "round": 7,
        "certified": True,
        "considered": 3,
        "removed": {"kind": 2},
        "rules_version": 2,
    }
    return RoutingRecord(**known | fields)


def choice(*others: Candidate, language: Language = Language.EN, **fields: Any) -> ChoiceWords:
    """Words about a decision for Wang before these others."""
    replay = RoutingReplay(
        token=1,
        candidates=(WINNER, *others),
        removed={},
        urgency=0,
        urgency_contributions=(),
        shares=Shares(),
        rules_version=2,
        reproduced=fields.pop("reproduced", True),
    )
    return ChoiceWords(record(**fields), replay, language, named=lambda name: name, when="noon")


def test_why_names_the_largest_parts_with_their_samples() -> None:
    """What is said must be what tipped the scale."""
    lines = choice(BEHIND).why()
    assert "450 points" in lines[0]
    assert lines[1] == "Mainly for: tasks of the kind done 3 (n = 12) +300; QA pass ratio 3 (n = 12) +200."
    assert lines[2] == "Against wang: handle time of the kind 3 (n = 12) -50."
    assert "proven optimal" in lines[3] and "does not do this kind (2)" in lines[4]
    assert "another result" in choice(BEHIND, reproduced=False).why()[-1]


def test_a_round_that_was_too_large_to_be_solved_says_so() -> None:
    """Else a decision made in turn would read like one that was weighed against all others."""
    words = choice(BEHIND, method="greedy", certified=False, gap=1_200, tasks=900, people=4_000).why()
    assert "too large to be solved exactly (900 × 4000)" in words[3]
    assert "at most 1,200 points from the best" in words[3]
    assert "weighed together" in choice(BEHIND, method="dense").why()[3]


@pytest.mark.parametrize("language", Language)
def test_a_decision_by_other_rules_is_no_alarm(language: Language) -> None:
    """After an upgrade every older decision would look like a forged journal."""
    words = choice(BEHIND, language=language, reproduced=False, rules_version=1).why()
    alarm = choice(BEHIND, language=language, reproduced=False).why()[-1]
    assert alarm not in words
    assert "1" in words[-1] and "2" in words[-1]
    assert choice(BEHIND, language=language, rules_version=1).why() == choice(BEHIND, language=language).why()


def test_why_not_gives_the_filter_the_gap_or_the_other_task() -> None:
    """Three different reasons, of which only one is about being worse."""
    removed = candidate("zhao", 900, 0, 0, removed_by="authority")
    busy = candidate("qian", 500, 0, 0, assigned_task="fujian-2")
    dear = candidate("sun", 450, 0, 0, price=80)
    words = choice(BEHIND, removed, busy, dear)
    assert words.why_not("zhao") == "Why not zhao: not enough authority."
    assert words.why_not("li") == (
        "Why not li: 190 points fewer (260), behind in tasks of the kind done -200; handle time of the kind -10."
    )
    assert "the same round gave them fujian-2" in words.why_not("qian")
    assert "price 80 points" in words.why_not("sun")
    assert "not on the roster" in words.why_not("nobody")
    assert "is the one" in words.why_not("wang")
    assert words.runner_up() == "qian"


def test_equals_are_said_to_be_equals() -> None:
    """Of two newcomers with the same points one was told that her time was wanted more, at a price of nought."""
    equal, busy = candidate("sun", 450, 0, 0), candidate("qian", 450, 0, 0, assigned_task="fujian-2")
    words = choice(equal, busy)
    assert words.why_not("sun").startswith("Why not sun: 450 points are no fewer")
    assert words.why_not("qian").startswith("Why not qian: no fewer points for this task (450)")
    # Who of equals comes first is nothing that points tell.
    assert words.change("sun") == words.change("qian") == ""
    assert choice(candidate("qian", 500, 0, 0, assigned_task="fujian-2")).change("qian")


def test_nobody_is_weighed_against_whoever_asked_for_work() -> None:
    """Better people were said to be wanted elsewhere, and worse ones to have lost a comparison that nobody made."""
    better, off = candidate("sun", 900, 0, 0), candidate("zhao", 900, 0, 0, removed_by="authority")
    words = choice(BEHIND, better, off, how=HowChosen.FETCHED)
    assert words.runner_up() == ""
    for name in ("sun", "li"):
        assert "wang had asked for work" in words.why_not(name)
        assert words.change(name) == ""
    assert words.why_not("zhao") == "Why not zhao: not enough authority."


def test_what_would_have_changed_it_is_a_sum_that_comes_out() -> None:
    """A claim that one more qualification would have done is an insult when it would not."""
    words = choice(BEHIND, candidate("zhao", 900, 0, 0, removed_by="authority"))
    assert (
        words.change("li")
        == "Had li equalled wang in tasks of the kind done (+200), they would have had at least as many points (they were 190 apart)."
    )
    assert (
        words.change("zhao")
        == "“not enough authority” aside, zhao had 900 points as things stood, more than the one chosen (450)."
    )
    away = choice(candidate("sun", 900, 0, 0, removed_by="off_duty", also_removed_by=("conflict", "capacity")))
    assert away.why_not("sun") == "Why not sun: not signed in; conflict of interest; no room for another task."
    assert away.change("sun").startswith(
        "“not signed in; conflict of interest; no room for another task” aside, sun had"
    )
    level, behind = (choice(candidate("sun", points, 0, 0, removed_by="desk")) for points in (450, 440))
    assert level.change("sun").endswith("as things stood, as many as the one chosen.")
    assert behind.change("sun").endswith("as things stood, still fewer than the one chosen (450).")
    assert words.change("wang") == ""
    taken = enough(WINNER, BEHIND)
    assert BEHIND.score + sum(points for _, points in taken) >= WINNER.score
    assert BEHIND.score + sum(points for _, points in taken[:-1]) < WINNER.score
    assert differing(WINNER, BEHIND) == [("pair_kind_done_count", 200), ("pair_kind_handle_minutes", 10)]


def test_decisions_by_people_and_old_ones_say_so() -> None:
    """A team lead's choice explained by points would be an invention."""
    reassigned = record(how=HowChosen.REASSIGNED, who="team_lead:zhou", reason="knows the customer", round=0)
    words = ChoiceWords(reassigned, None, Language.EN, named=str, when="noon")
    assert words.why() == ["It was reassigned to wang by team lead zhou: knows the customer."]
    assert ChoiceWords(reassigned, None, Language.ZH, named=str, when="noon").why() == [
        "班组长 zhou 把此件转派给 wang：knows the customer。"
    ]
    # Whoever is asked about may well have been on the roster.
    assert words.why_not("li") == "Nothing tells how many points li would have had."
    old = ChoiceWords(record(round=0), None, Language.ZH, named=str, when="noon")
    assert "只能给出当时记下的结果" in old.why()[-1]
    assert old.runner_up() == "" and old.change("li") == ""
    fetched = choice(BEHIND, how=HowChosen.FETCHED).why()
    assert fetched[0].startswith("wang asked for work at noon")
    assert fetched[1].startswith("Given to wang, it has 450 points")


@pytest.mark.parametrize("key", TEMPLATES)
def test_both_languages_say_the_same_things(key: str) -> None:
    """A figure that one language leaves out is a figure that half of the readers do not get."""

    class Noting(dict[str, str]):
        def __missing__(self, name: str) -> str:
            self[name] = name
            return name

    used = [Noting(), Noting()]
    for place, template in enumerate(TEMPLATES[key]):
        assert template.format_map(used[place])
    assert set(used[0]) == set(used[1])


@pytest.mark.parametrize("language", Language)
def test_parameters_and_values_have_words(language: Language) -> None:
    """A unit shown as its code, or a missing value shown as nought, misleads."""
    for name, parameter in CATALOGUE.items():
        assert parameter_words(name, language)
        assert value_words(1.0, parameter.unit, language)
        assert value_words(None, parameter.unit, language) in ("未知", "unknown")
    assert value_words(0.973, "ratio", language) == "97.3 %"
    assert value_words(1e12, "min", language) == "> 1,000,000,000"
    assert filter_words("off_duty", language) and parameter_words("ageing", language)


@pytest.mark.parametrize("language", Language)
def test_every_unit_has_words_and_one_is_one(language: Language) -> None:
    """A Chinese reader was shown "pp/week", an English one "1 levels"."""
    assert {parameter.unit for parameter in CATALOGUE.values()} - {"enum", "ratio", "0/1"} <= set(UNITS)
    assert value_words(1.0, "level", Language.EN) == "1 level" and value_words(2.0, "level", Language.EN) == "2 levels"
    assert value_words(1.0, "s", language).endswith(("s", "秒"))


def test_every_part_of_a_fit_has_an_english_name() -> None:
    """Catalogue names are for those who change the model, not for those who ask why."""
    fit = (Role.SCORE, Role.COST)
    scopes = (Scope.OPERATOR, Scope.PAIR, Scope.TIME)
    parts = [name for name, one in CATALOGUE.items() if one.role in fit and one.scope in scopes]
    assert set(parts) == set(ENGLISH)
    assert len(set(ENGLISH.values())) == len(ENGLISH)


@pytest.mark.parametrize("language", Language)
def test_a_ratio_beyond_belief_is_bounded_instead_of_written_out(language: Language) -> None:
    """In a country that plays a day in a minute an efficiency of 25,940 % was shown as if somebody worked like that."""
    assert value_words(259.4, "ratio", language) == value_words(1.5e301, "ratio", language) == "> 1,000 %"
    assert value_words(-259.4, "ratio", language) == "< -1,000 %"
    assert value_words(10.0, "ratio", language) == "1000.0 %"


@pytest.mark.parametrize(
    ("evidence", "chinese", "english"),
    [
        (None, "106.0 % +5", "106.0 % +5"),
        (0.0, "106.0 %（先验，尚无样本） +5", "106.0 % (a prior, no sample yet) +5"),
        (0.0004, "106.0 %（先验，尚无样本） +5", "106.0 % (a prior, no sample yet) +5"),
        (0.04, "106.0 %（样本 < 0.1） +5", "106.0 % (n < 0.1) +5"),
        (0.4, "106.0 %（样本 0.4） +5", "106.0 % (n = 0.4) +5"),
        (24.3, "106.0 %（样本 24） +5", "106.0 % (n = 24) +5"),
    ],
)
def test_a_prior_a_fact_and_a_measurement_read_differently(evidence: float | None, chinese: str, english: str) -> None:
    """What is expected of everybody would pass for what somebody has shown."""
    shown = part("operator_standard_efficiency", 5, value=1.06, unit="ratio", evidence=evidence)
    assert part_words(shown, Language.ZH).endswith(chinese)
    assert part_words(shown, Language.EN).endswith(english)


def test_what_nobody_can_tell_is_no_prior() -> None:
    """An unknown value rests on nothing at all."""
    shown = part("operator_standard_efficiency", 0, value=None, unit="ratio", evidence=0.0)
    assert not shown.is_prior_only
    assert part_words(shown, Language.EN) == "efficiency by the standard unknown +0"


def test_no_sentence_is_longer_than_its_bound() -> None:
    """A client with a fixed field would cut it in the middle of a number."""
    long = say("choice.parts", Language.EN, parts="x" * 2_000)
    assert len(long) == SENTENCE_LENGTH_MAX and long.endswith("…")
