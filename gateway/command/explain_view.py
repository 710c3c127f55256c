"""An explanation on a terminal: the sentences, then the winner's points beside another's, then all candidates."""

from collections.abc import Iterable

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from actors.core.matching.wording import Language
from actors.core.matching.wording.templates import filter_words, parameter_words, sample_words, value_words
from gateway.v1 import dispatch_pb2

#: Parameters and candidates that are shown.
PARTS_MAX = 18
CANDIDATES_MAX = 12
#: Characters of the bar that stands for the largest contribution.
BAR_LENGTH = 16
#: Narrower terminals, in columns, get no bars: cut off by the edge they would all be equally long.
BAR_WIDTH_MIN = 100

_WORDS = {
    "why": ("为什么", "Why"),
    "changes": ("怎样才会不同", "What would have changed it"),
    "parameter": ("参数", "parameter"),
    "value": ("数值", "value"),
    "sample": ("样本", "sample"),
    "no_sample": ("—", "—"),
    "prior": ("先验", "prior"),
    "legend": (
        "先验：尚无样本，数值是对无记录人员的预期；—：事实，或不计样本",
        "prior: no sample yet, the value is what is expected of somebody unknown; —: a fact, or no sample is counted",
    ),
    "points": ("分 × 权重", "points × weight"),
    "brings": ("贡献", "brings"),
    "sum": ("合计", "sum"),
    "others": ("其余参数", "other parameters"),
    "candidates": ("候选人", "candidates"),
    "score": ("得分", "score"),
    "free": ("空位", "room"),
    "removed": ("筛除原因 / 同轮派给", "removed by / given"),
}


def show(console: Console, explanation: dispatch_pb2.TaskExplanation, language: Language, asked: str) -> None:
    """Print an explanation.

    Args:
        asked: name of the operator who was asked about; empty: nobody in particular.
    """
    console.print(Text(explanation.name.rpartition("/")[2], style="bold"))
    _sentences(console, _word("why", language), explanation.lines)
    if explanation.changes:
        _sentences(console, _word("changes", language), explanation.changes)
    candidates = explanation.decision.candidates
    if candidates:
        other = _other(candidates, asked)
        console.print(_parts(candidates[0], other, language, bars=console.width >= BAR_WIDTH_MIN))
        console.print(_candidates(candidates, language))


def _word(key: str, language: Language) -> str:
    return _WORDS[key][0 if language is Language.ZH else 1]


def _sentences(console: Console, title: str, sentences: Iterable[str]) -> None:
    console.print(Text(title, style="bold cyan"))
    for sentence in sentences:
        console.print(Text(f" • {sentence}"), soft_wrap=True)


def _other(candidates: Iterable[dispatch_pb2.Candidate], asked: str) -> dispatch_pb2.Candidate | None:
    """Who stands beside the winner: who was asked about, else the best of the others."""
    others = list(candidates)[1:]
    named = [candidate for candidate in others if candidate.operator == asked]
    free = [candidate for candidate in others if not candidate.removed_by]
    return next(iter([*named, *free]), None)


def _who(candidate: dispatch_pb2.Candidate) -> str:
    """What people call the candidate, whatever brackets stand in it."""
    return escape(candidate.display_name) or candidate.operator.rpartition("/")[2]


def _parts(
    winner: dispatch_pb2.Candidate, other: dispatch_pb2.Candidate | None, language: Language, *, bars: bool
) -> Table:
    """Every part of the winner's score, the largest first, with the other's beside it; what is left out is summed up."""
    table = Table(title=f"{_who(winner)} {winner.score:,}", caption=_word("legend", language))
    for key in ("parameter", "value", "sample", "points", "brings"):
        table.add_column(_word(key, language), justify="left" if key == "parameter" else "right")
    if bars:
        table.add_column("")
    theirs = {part.parameter: part for part in other.contributions} if other is not None else {}
    if other is not None:
        table.add_column(_who(other) if bars else other.operator.rpartition("/")[2], justify="right")
    counting = [
        part
        for part in winner.contributions
        if part.contribution or (part.parameter in theirs and theirs[part.parameter].contribution)
    ]
    ranked = sorted(counting, key=lambda part: -abs(part.contribution))
    largest = abs(ranked[0].contribution) if ranked else 0
    for part in ranked[:PARTS_MAX]:
        row = _part(part, language)
        if bars:
            row.append(_bar(part, largest))
        if other is not None:
            row.append(f"{theirs[part.parameter].contribution:+,}" if part.parameter in theirs else "")
        table.add_row(*row)
    rest = sum(part.contribution for part in ranked[PARTS_MAX:])
    shown = {part.parameter for part in ranked[:PARTS_MAX]}
    their_rest = sum(part.contribution for name, part in theirs.items() if name not in shown)
    gap = [""] if bars else []
    tail = gap + ([] if other is None else [f"{their_rest:+,}"])
    table.add_row(_word("others", language), "", "", "", f"{rest:+,}", *tail, style="dim")
    table.add_section()
    total = gap + ([] if other is None else [f"{other.score:,}"])
    table.add_row(_word("sum", language), "", "", "", f"{winner.score:,}", *total, style="bold")
    return table


def _bar(part: dispatch_pb2.Contribution, largest: int) -> Text:
    length = round(BAR_LENGTH * abs(part.contribution) / largest) if largest else 0
    return Text("█" * length, style="green" if part.contribution >= 0 else "red")


def _part(part: dispatch_pb2.Contribution, language: Language) -> list[str | Text]:
    value = None if part.unknown else part.value_micro / 1_000_000
    return [
        parameter_words(part.parameter, language),
        value_words(value, part.unit, language),
        _sample(part, language),
        f"{part.points:,} × {part.weight}",
        f"{part.contribution:+,}",
    ]


def _sample(part: dispatch_pb2.Contribution, language: Language) -> str:
    """What the value rests on; of an unknown value nothing is said."""
    if part.unknown:
        return ""
    if part.sample_milli:
        return sample_words(part.sample_milli / 1_000)
    return _word("prior" if part.prior_only else "no_sample", language)


def _candidates(candidates: Iterable[dispatch_pb2.Candidate], language: Language) -> Table:
    table = Table(title=_word("candidates", language))
    for key in ("candidates", "score", "free", "removed"):
        table.add_column(_word(key, language), justify="right" if key in ("score", "free") else "left")
    for candidate in list(candidates)[:CANDIDATES_MAX]:
        removed = filter_words(candidate.removed_by, language) if candidate.removed_by else ""
        task = candidate.assigned_task.rpartition("/")[2]
        table.add_row(
            _who(candidate),
            f"{candidate.score:,}",
            str(candidate.free_capacity),
            removed or (f"→ {task}" if task else ""),
            style="dim" if removed else "",
        )
    return table
