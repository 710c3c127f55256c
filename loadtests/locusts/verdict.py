"""The verdict: a pure function of what was measured, what was found and what was wanted.

Exit code 1 when anything failed or was contradicted, or nothing was proven; 3 when all held and an objective was missed; otherwise 0.
"""

from dataclasses import dataclass, field

from loadtests.locusts.findings import EVENTS_MAX, Findings
from loadtests.locusts.objectives import Objectives

HELD, FAILED, MISSED = 0, 1, 3
#: Failures listed, by name and reason.
LISTED_MAX = 12


@dataclass(slots=True, kw_only=True)
class Figures:
    """What the run measured."""

    calls: int = 0
    #: (calls, what failed and why), most first.
    failures: list[tuple[int, str]] = field(default_factory=list)
    #: Refusals that said when to come back.
    refused: int = 0
    #: Answers to desks that had been silent, and to offers that were gone.
    fenced: int = 0
    #: Times that a branch system waited for its answers instead of sending more.
    held_back: int = 0
    #: Objective -> measured; None: nothing was.
    measured: dict[str, float | None] = field(default_factory=dict)
    #: Why the run itself went wrong, in words.
    troubles: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Verdict:
    """How the run ended."""

    exit_code: int
    lines: list[str]


def judge(figures: Figures, findings: Findings | None, objectives: Objectives) -> Verdict:
    """Judge a run.

    Args:
        findings: None: the run ended before anything was read back.
    """
    failed = [*figures.troubles]
    failed += [f"{count} x {what}" for count, what in figures.failures[:LISTED_MAX]]
    if findings is None:
        failed.append("nothing was read back, so nothing is proven")
        lines = _calls(figures)
        objectives = objectives if figures.calls else Objectives()
    else:
        failed += _contradictions(findings)
        lines = [*_calls(figures), *_read_back(findings)]
    missed, told = _objectives(figures, findings, objectives)
    lines += told
    if failed:
        return Verdict(FAILED, [*lines, "FAILED:", *(f"  {problem}" for problem in failed)])
    if missed:
        return Verdict(
            MISSED, [*lines, "MISSED: nothing was lost or doubled, but not everything was as fast as wanted"]
        )
    return Verdict(HELD, [*lines, "HELD: everything acknowledged is there and was decided once"])


def _calls(figures: Figures) -> list[str]:
    failures = sum(count for count, _ in figures.failures)
    no_failures = (
        f"{figures.refused:,} refused for now and sent again",
        f"{figures.fenced:,} fenced",
        f"{figures.held_back:,} held back",
    )
    return [f"calls        {figures.calls:,}, of which {failures:,} failed", f"no failures  {', '.join(no_failures)}"]


def _read_back(findings: Findings) -> list[str]:
    share = "all of them" if findings.examined == findings.created else "a share by the hash of their names"
    seen = "" if findings.is_complete else " (the bound is reached; there are more)"
    return [
        f"acknowledged {findings.created:,} tasks created, {findings.told_decided:,} decisions",
        f"read back    {findings.examined:,} tasks ({share}), {findings.decided:,} decided",
        f"events       {findings.created_seen:,} tasks created, {findings.decided_seen:,} decided{seen}",
        f"contradicted {findings.contradictions:,}",
    ]


def _contradictions(findings: Findings) -> list[str]:
    problems: list[str] = []
    if findings.contradictions:
        problems.append(f"{findings.contradictions} contradictions between what was acknowledged and what is there")
        problems += [f"  {problem}" for problem in findings.listed]
    if not findings.examined:
        problems.append("no task was acknowledged, so nothing is proven")
    if findings.undecided:
        problems.append(f"{findings.undecided} acknowledged tasks were not decided when time was up")
    if not findings.is_complete:
        problems.append(
            f"there are more than {EVENTS_MAX:,} events, so not all were read: that each task was decided once is not proven"
        )
    elif findings.created_seen < findings.created:
        problems.append(f"{findings.created} tasks were acknowledged, the events name {findings.created_seen}")
    if findings.is_complete and findings.decided_seen < findings.created_seen:
        problems.append(f"of {findings.created_seen} tasks that the events name {findings.decided_seen} are decided")
    return problems


def _objectives(figures: Figures, findings: Findings | None, objectives: Objectives) -> tuple[bool, list[str]]:
    """Whether one was missed, and a line for each."""
    measured = dict(figures.measured)
    if findings is not None and findings.examined:
        measured["on_time_permille"] = 1000 * findings.on_time / findings.examined
    missed, lines = False, list[str]()
    for name in ("create_p99_ms", "action_p99_ms", "start_p99_ms", "ops_p99_ms", "on_time_permille"):
        wanted, value = getattr(objectives, name), measured.get(name)
        if wanted is None:
            continue
        at_least = name == "on_time_permille"
        is_held = value is not None and (value >= wanted if at_least else value <= wanted)
        missed |= not is_held
        shown = "not measured" if value is None else f"{value:,.0f}"
        word = "held" if is_held else "MISSED"
        lines.append(f"objective    {name}: {shown}, wanted {'>=' if at_least else '<='} {wanted:,.0f}: {word}")
    return missed, lines
