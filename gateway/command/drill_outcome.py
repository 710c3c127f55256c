"""A drill's report as one flat JSON object, the last line of `sharedops drill`. Seconds and ratios here; the wire has integers."""

from typing import Any

from actors.core.drills.figures import FIGURES
from gateway.conversion.drill import KINDS_IN
from gateway.v1 import drill_pb2

#: Figures that are named without their unit: (name in the JSON, what the integer is divided by).
_RENAMED: dict[str, tuple[str, int]] = {
    "eligible_permille": ("eligible_ratio", 1_000),
    "moved_again_permille": ("moved_again_ratio", 1_000),
    # In points: hundredths of the ratio.
    "lender_on_time_drop_permille": ("lender_on_time_drop", 10),
    "lender_wait_p95_ratio_permille": ("lender_wait_p95_ratio", 1_000),
}
#: State -> verdict, where it is neither of the two.
_VERDICTS = {
    "pending": "NOT BEGUN 未开始",
    "running": "RUNNING 进行中",
    "aborted": "ABORTED 已中止",
}


def shown_figure(figure: str) -> tuple[str, int]:
    """Name of a figure for people and programs, and the divisor of its integer."""
    if figure in _RENAMED:
        return _RENAMED[figure]
    if figure.endswith("_ms"):
        return f"{figure.removesuffix('_ms')}_seconds", 1_000
    return figure, 1


def shown_value(figure: str, value: int | None) -> float | int | None:
    """A figure's value in the unit of its shown name."""
    divisor = shown_figure(figure)[1]
    return value if value is None or divisor == 1 else round(value / divisor, 3)


def outcome_of(drill: drill_pb2.Drill) -> dict[str, Any]:
    """Everything of the report; a figure that the drill did not give is null, as is every figure of one without a report."""
    figures = {one.figure: one.value for one in drill.report.figures}
    return {
        "kind": KINDS_IN[drill.kind].value,
        "province": ",".join(drill.provinces),
        **{shown_figure(figure)[0]: shown_value(figure, figures.get(figure)) for figure in FIGURES},
        "passed": drill.state == drill_pb2.DRILL_STATE_SUCCEEDED and drill.report.passed,
        "drill": drill.name,
        "state": drill_pb2.DrillState.Name(drill.state).removeprefix("DRILL_STATE_").lower(),
        "reason": drill.reason,
        "helpers": {helper.province: helper.task_count for helper in drill.report.helpers},
        "missed": [shown_figure(one.objective.figure)[0] for one in drill.report.judgements if not one.met],
        "notes": list(drill.report.notes),
    }


def verdict_of(outcome: dict[str, Any]) -> str:
    """How it stands, in a word. One that was aborted or is not over has failed nothing."""
    return "PASSED 通过" if outcome["passed"] else _VERDICTS.get(outcome["state"], "FAILED 未通过")
