"""A seeded roster: who works where, what they may do and what they have done so far.

Every branch has at least ten people: a lead, a senior and further staff for each line, so that every kind has two people or more who may do
it in every branch. What they have done is drawn: each branch has had more of some kinds than of others (a lognormal strength per branch
and kind), and people differ within it. So for every kind some branches stand out, and another seed makes others stand out; a
branch's people do not depend on which other branches take part. A roster several times as large has branches of several times the people, as
real ones are: chance weighs less in a line of thirty than of six.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from gateway.v1 import operator_pb2
from loadtests.careers import UNKNOWN_CAREER, Career, draw_career
from loadtests.catalogue import LINES_OUT, Branch, Kind, Line

PEOPLE_MIN = 10
#: One more person for so many millions of population.
MILLIONS_PER_PERSON = 12
#: From this many people on a branch uses a second site, if it has one.
SECOND_SITE_PEOPLE = 14
#: Share of the people per line: as the work is shared (tasks x handle time of the reference scenario).
LINE_SHARES: dict[Line, float] = {Line.CLAIMS: 0.52, Line.UNDERWRITING: 0.26, Line.SERVICING: 0.22}
#: Spread of a branch's strength in a kind: one standard deviation is a factor of e.
STRENGTH_SIGMA = 1.0
PERSON_SIGMA = 0.35


@dataclass(frozen=True, slots=True)
class Grade:
    """What a grade of seniority means."""

    word: str
    authority: int
    skill_level: int
    #: Median number of tasks of one kind done so far.
    experience: int
    capacity: int = 1


LEAD = Grade("lead", authority=6, skill_level=5, experience=120, capacity=2)
SENIOR = Grade("senior", authority=4, skill_level=4, experience=90)
EXPERT = Grade("expert", authority=3, skill_level=3, experience=60)
CLERK = Grade("clerk", authority=2, skill_level=2, experience=30)
#: The third of a line, the fourth, and so on, over and over.
FURTHER = (EXPERT, CLERK, EXPERT, SENIOR)
#: Kinds of other lines up to this authority are learned on the side.
SIDE_AUTHORITY = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One operator of the roster."""

    province: str
    operator_id: str
    site: str
    name: str
    team: str
    line: Line
    capacity: int
    #: Kind -> (tasks done, QA pass ratio in permille).
    experience: dict[str, tuple[int, int]] = field(default_factory=dict)
    authority: dict[Line, int] = field(default_factory=dict)
    skills: dict[str, int] = field(default_factory=dict)
    career: Career = UNKNOWN_CAREER
    #: Whether tasks are given to them without an offer.
    auto_accept: bool = False

    @property
    def operator(self) -> str:
        """Operator name."""
        return f"provinces/{self.province}/operators/{self.operator_id}"

    def to_wire(self, now_ms: int) -> operator_pb2.Operator:
        """The roster entry as the contract has it, sent at `now_ms`: shifts lie around that moment."""
        entry = operator_pb2.Operator(
            name=self.operator,
            site=self.site,
            display_name=self.name,
            team=self.team,
            kinds=[
                operator_pb2.KindExperience(kind=kind, experience_count=done, quality_permille=quality)
                for kind, (done, quality) in self.experience.items()
            ],
            authorities=[
                operator_pb2.LineAuthority(line=LINES_OUT[line], level=level) for line, level in self.authority.items()
            ],
            skills=[operator_pb2.SkillLevel(skill=skill, level=level) for skill, level in self.skills.items()],
            clearance=4,
            capacity=self.capacity,
            share_opt_in=True,
            auto_accept=self.auto_accept,
        )
        self.career.write(entry, now_ms)
        return entry


def people_count(branch: Branch) -> int:
    """How many people a branch has."""
    return PEOPLE_MIN + int(branch.weight // MILLIONS_PER_PERSON)


def make_roster(seed: int, branches: Sequence[Branch], kinds: Sequence[Kind], times: int = 1) -> list[Person]:
    """Everybody, branch by branch. The order of the kinds does not matter.

    Args:
        times: how many times the people of the usual roster each branch has.
    """
    by_id = sorted(kinds, key=lambda kind: kind.kind)
    return [person for branch in branches for person in _people(seed, branch, by_id, times * people_count(branch))]


def even_roster(seed: int, branches: Sequence[Branch], kinds: Sequence[Kind], people: int) -> list[Person]:
    """So many people in all, spread evenly over the branches whatever their size; the first ones have one more."""
    by_id = sorted(kinds, key=lambda kind: kind.kind)
    each, more = divmod(people, len(branches))
    return [
        person
        for number, branch in enumerate(branches)
        for person in _people(seed, branch, by_id, each + (number < more))
    ]


def _people(seed: int, branch: Branch, kinds: Sequence[Kind], count: int) -> Iterator[Person]:
    rng, files = random.Random(f"roster/{seed}/{branch.province}"), random.Random(f"careers/{seed}/{branch.province}")
    strength = {kind.kind: rng.lognormvariate(0.0, STRENGTH_SIGMA) for kind in kinds}
    sites = branch.sites if count >= SECOND_SITE_PEOPLE else branch.sites[:1]
    for number, (line, grade) in enumerate(_posts(count), start=1):
        experience = _experience(rng, line, grade, kinds, strength)
        yield Person(
            province=branch.province,
            operator_id=f"{branch.province}-op-{number}",
            site=sites[number % len(sites)] if sites else "",
            name=f"{branch.name_zh or branch.province}{number:02d}",
            team=f"{line}-{grade.word}",
            line=line,
            capacity=grade.capacity,
            experience=experience,
            authority={line: grade.authority} | {other: SIDE_AUTHORITY for other in Line if other is not line},
            skills=dict.fromkeys(_skills_of(line, kinds), grade.skill_level),
            career=draw_career(files, branch.province, number, line, grade.authority, kinds, list(experience)),
        )


def _posts(count: int) -> list[tuple[Line, Grade]]:
    """Line and grade of each of `count` people; every line has a lead and a senior."""
    posts: list[tuple[Line, Grade]] = []
    for line, share in LINE_SHARES.items():
        people = max(2, round(count * share))
        grades = [LEAD, SENIOR, *(FURTHER[index % len(FURTHER)] for index in range(people - 2))]
        posts += [(line, grade) for grade in grades]
    while len(posts) < count:
        posts.append((Line.CLAIMS, EXPERT))
    return posts[:count]


def _skills_of(line: Line, kinds: Sequence[Kind]) -> list[str]:
    """The skills that a line's kinds ask for, in their order."""
    return [skill for kind in kinds if kind.line is line for skill, _ in kind.skills]


def _experience(
    rng: random.Random, line: Line, grade: Grade, kinds: Sequence[Kind], strength: dict[str, float]
) -> dict[str, tuple[int, int]]:
    """Kinds that a person may do, with what they have done of each; every draw is made for every kind, so that they stay in step."""
    experience: dict[str, tuple[int, int]] = {}
    for kind in kinds:
        personal = rng.lognormvariate(0.0, PERSON_SIGMA)
        quality = min(999, max(900, round(rng.gauss(974, 9))))
        learns_on_the_side = rng.random() < 0.5
        level = dict.fromkeys((skill for skill, _ in kind.skills), grade.skill_level if kind.line is line else 0)
        able = all(level[skill] >= needed for skill, needed in kind.skills)
        if kind.line is line and kind.authority <= grade.authority and able:
            experience[kind.kind] = (max(1, round(grade.experience * strength[kind.kind] * personal)), quality)
        elif kind.line is not line and kind.authority <= SIDE_AUTHORITY and able and learns_on_the_side:
            experience[kind.kind] = (max(1, round(10 * personal)), quality)
    return experience


def branch_experience(people: Sequence[Person], kind: str, best: int = 3) -> list[tuple[str, int, int]]:
    """Who knows a kind best: (province, mean tasks done by its `best` most experienced people, number of people), best first."""
    done: dict[str, list[int]] = {}
    for person in people:
        if kind in person.experience:
            done.setdefault(person.province, []).append(person.experience[kind][0])
    ranked = []
    for province, counts in done.items():
        top = sorted(counts, reverse=True)[:best]
        ranked.append((province, sum(top) // len(top), len(counts)))
    return sorted(ranked, key=lambda entry: (-entry[1], entry[0]))
