"""Why this person, why not that one, and what would have changed it, in sentences.

A sentence claims only what the numbers prove. That somebody with as many points "would have been chosen" is not among it: tasks and
people are solved together, so it depends on the others. That they would have had at least as many points is a sum. Nor is it said what
somebody would have had without what removed them: to sign in or to have room changes points, too. Said is what they had as things stood.
"""

from collections.abc import Callable, Sequence

from actors.core.ids import OperatorId
from actors.core.matching.assignment.result import Method
from actors.core.matching.explained import Candidate, Contribution, HowChosen, RoutingRecord, RoutingReplay
from actors.core.matching.wording.templates import (
    Language,
    filter_words,
    identity_words,
    joined,
    parameter_words,
    part_words,
    removed_words,
    say,
)

#: How somebody is named.
Named = Callable[[str], str]
#: Parts named for and against the one who was chosen.
PARTS_FOR_MAX = 4
PARTS_AGAINST_MAX = 2
#: Parts named where two people differ.
DIFFERENCES_MAX = 4


class ChoiceWords:
    """Sentences about one routing decision.

    Args:
        record: as the journal has it.
        replay: made again; None: it cannot be, or a person chose.
        named: how somebody is named.
        when: when it was, as people read it.
    """

    def __init__(
        self, record: RoutingRecord, replay: RoutingReplay | None, language: Language, *, named: Named, when: str
    ) -> None:
        self._record, self._replay, self._language = record, replay, language
        self._named, self._when = named, when
        self._candidates = {candidate.operator: candidate for candidate in replay.candidates} if replay else {}
        self._winner = self._candidates.get(record.operator)
        #: A task was chosen for the person, not the person for the task.
        self._is_fetched = record.how is HowChosen.FETCHED

    def _say(self, key: str, **values: object) -> str:
        return say(key, self._language, **values)

    def why(self) -> list[str]:
        """Why this person."""
        record = self._record
        name = self._named(record.operator)
        if record.how is HowChosen.REASSIGNED:
            who = identity_words(record.who, self._language)
            return [self._say("choice.reassigned", who=who, operator=name, reason=record.reason or "-")]
        lines: list[str] = []
        if self._is_fetched:
            lines.append(self._say("choice.fetched", operator=name, when=self._when))
        lines.append(self._chosen())
        if self._winner is not None:
            lines += self._parts(self._winner)
        if record.round:
            lines.append(self._round())
        if record.removed:
            lines.append(self._say("choice.removed", removed=removed_words(record.removed, self._language)))
        if self._replay is None:
            lines.append(self._say("choice.recorded_only"))
        elif not self._replay.reproduced:
            lines.append(self._differs(self._replay))
        return lines

    def _differs(self, replay: RoutingReplay) -> str:
        """The replay came to something else: a matter of course by other rules, an alarm by the same."""
        decided = self._record.rules_version
        if decided == replay.rules_version:
            return self._say("choice.differs")
        return self._say("choice.other_rules", decided=decided, now=replay.rules_version)

    def _chosen(self) -> str:
        record = self._record
        shares = record.shares
        return self._say(
            # Of whoever asked for work nobody else was looked at.
            "choice.suits" if self._is_fetched else "choice.matched",
            operator=self._named(record.operator),
            score=f"{record.score:,}",
            considered=record.considered,
            shares=f"{shares.efficiency}/{shares.quality}/{shares.effectiveness}",
        )

    def _parts(self, winner: Candidate) -> list[str]:
        ranked = sorted(winner.contributions, key=lambda part: (-part.contribution, part.parameter))
        good = [part for part in ranked[:PARTS_FOR_MAX] if part.contribution > 0]
        bad = [part for part in ranked[::-1][:PARTS_AGAINST_MAX] if part.contribution < 0]
        lines = [self._say("choice.parts", parts=self._listed(good))] if good else []
        if bad:
            lines.append(self._say("choice.against", operator=self._named(winner.operator), parts=self._listed(bad)))
        return lines

    def _listed(self, parts: Sequence[Contribution]) -> str:
        return joined((part_words(part, self._language) for part in parts), self._language)

    def _round(self) -> str:
        record = self._record
        proof = self._say("choice.certified") if record.certified else self._say("choice.gap", gap=f"{record.gap:,}")
        key = "choice.in_turn" if record.method == Method.GREEDY else "choice.round"
        return self._say(key, tasks=record.tasks, people=record.people, certified=proof)

    # --- somebody else ---

    def runner_up(self) -> str:
        """The next best person who could have had the task; empty: nobody, or nobody was weighed against whoever asked for work."""
        if self._is_fetched:
            return ""
        others = [
            candidate
            for candidate in self._candidates.values()
            if candidate.operator != self._record.operator and not candidate.removed_by
        ]
        return max(others, key=lambda candidate: candidate.score).operator if others else ""

    def why_not(self, operator: str) -> str:
        """Why not this person."""
        name, other, winner = self._named(operator), self._candidates.get(OperatorId(operator)), self._winner
        if operator == self._record.operator:
            return self._say("other.chosen", operator=name)
        if self._replay is None:
            return self._say("other.untold", operator=name)
        if other is None or winner is None:
            return self._say("other.unknown", operator=name)
        if other.removed_by:
            return self._say("other.removed", operator=name, filter=removal_words(other, self._language))
        if self._is_fetched:
            asked = self._named(winner.operator)
            return self._say("other.not_asked", operator=name, score=f"{other.score:,}", winner=asked)
        gap = winner.score - other.score
        if gap > 0:
            parts = self._behind(winner, other)
            return self._say("other.behind", operator=name, gap=f"{gap:,}", score=f"{other.score:,}", parts=parts)
        if other.assigned_task:
            return self._say("other.elsewhere", operator=name, score=f"{other.score:,}", task=other.assigned_task)
        if other.price > winner.price:
            return self._say("other.dear", operator=name, score=f"{other.score:,}", price=f"{other.price:,}")
        return self._say("other.equal", operator=name, score=f"{other.score:,}")

    def _behind(self, winner: Candidate, other: Candidate) -> str:
        differences = differing(winner, other)[:DIFFERENCES_MAX]
        return joined(
            (f"{parameter_words(name, self._language)} {-points:+,}" for name, points in differences), self._language
        )

    def change(self, operator: str) -> str:
        """What would have spoken for this person; empty: nothing that the numbers prove."""
        name, other, winner = self._named(operator), self._candidates.get(OperatorId(operator)), self._winner
        if other is None or winner is None or operator == self._record.operator or self._is_fetched:
            return ""
        if other.removed_by:
            than = "ahead" if other.score > winner.score else "level" if other.score == winner.score else "behind"
            ahead = self._say(f"change.{than}", score=f"{winner.score:,}")
            words = removal_words(other, self._language)
            return self._say("change.filter", operator=name, filter=words, score=f"{other.score:,}", ahead=ahead)
        gap = winner.score - other.score
        if gap <= 0:
            if not gap or not other.assigned_task:
                return ""
            return self._say("change.elsewhere", operator=name, task=other.assigned_task, gap=f"{-gap:,}")
        parts = joined(
            (f"{parameter_words(part, self._language)} ({points:+,})" for part, points in enough(winner, other)),
            self._language,
        )
        return self._say(
            "change.parts", operator=name, winner=self._named(winner.operator), parts=parts, gap=f"{gap:,}"
        )


def removal_words(candidate: Candidate, language: Language) -> str:
    """Everything that removes somebody."""
    found = (candidate.removed_by, *candidate.also_removed_by)
    return joined((filter_words(name, language) for name in found), language)


def differing(winner: Candidate, other: Candidate) -> list[tuple[str, int]]:
    """(parameter, points that the winner had more of), the largest first; only where the winner had more."""
    theirs = {part.parameter: part.contribution for part in other.contributions}
    differences = [(part.parameter, part.contribution - theirs.get(part.parameter, 0)) for part in winner.contributions]
    return sorted(
        ((name, points) for name, points in differences if points > 0), key=lambda entry: (-entry[1], entry[0])
    )


def enough(winner: Candidate, other: Candidate) -> list[tuple[str, int]]:
    """The fewest parameters in which the other would have had to equal the winner to have at least as many points.

    Taking the largest differences first gives the fewest: any set of so many has no larger sum.
    """
    gap, taken = winner.score - other.score, list[tuple[str, int]]()
    for name, points in differing(winner, other):
        if gap <= 0:
            break
        taken.append((name, points))
        gap -= points
    return taken
