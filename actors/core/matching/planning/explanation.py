"""Why this person for this task: parts that add up exactly, in words."""

from dataclasses import dataclass

#: parameter -> (Chinese, English, unit)
PARAMETERS: dict[str, tuple[str, str, str]] = {
    "task_age_minutes": ("等待时长", "age of the task", "min"),
    "kind_handle_minutes": ("该类任务平均处理时长", "mean handle time of the kind", "min"),
    "task_size_ratio": (
        "按任务属性估计的大小与同类平均之比",
        "size of the task by its attributes against its kind's mean",
        "×",
    ),
    "operator_speed_ratio": ("本人用时与平均之比", "person's time against the mean", "×"),
    "pair_handle_minutes": ("本人处理该类任务的时长", "person's own time for the kind", "min"),
    "operator_quality_ratio": ("本人质量", "person's quality", ""),
    "operator_newcomer_share": ("新人尝试机会", "chance for somebody little known", ""),
    "operator_ready_minutes": ("预计空闲还需", "expected time until the person is free", "min"),
}
#: reason -> (Chinese, English)
REASONS: dict[str, tuple[str, str]] = {
    "not_in_pool": ("不在该类任务的可办人员之列", "is not in the pool of this kind"),
    "kind_unknown": (
        "该类任务尚未排过, 可办人员未知",
        "cannot be judged: this kind was never planned, so its pool is unknown",
    ),
}


@dataclass(frozen=True)
class Part:
    """One parameter's share of the total."""

    #: A name of `PARAMETERS`.
    parameter: str
    #: What was measured, in the parameter's unit.
    value: float
    #: Whole points for this value.
    points: int
    #: Whole number that multiplies the points.
    weight: int
    #: Observations behind the value, older ones counting less; None for what is a plain fact.
    samples: float | None = None

    @property
    def contribution(self) -> int:
        """Points times weight: what is added to the total."""
        return self.points * self.weight


@dataclass(frozen=True)
class Explanation:
    """A pair's points. To see why not another person: explain the task for that person and compare part by part."""

    task_id: str
    operator_id: str
    #: Sum of the parts' contributions, exactly. The pair of greater total is preferred, all else equal.
    total: int
    parts: tuple[Part, ...]
    #: Why the person cannot do the task: a name of `REASONS`; None if they can.
    excluded_by: str | None = None
    #: Expected handle minutes.
    minutes: float = 0.0
    #: What a minute of the task's delay costs, against one that has just arrived and is not due soon; it is in the points of waiting for the
    #: person, and decides whose turn it is where tasks queue.
    delay_weight: float = 1.0
    #: Whether its patience is over: it goes before all others, and waits for nobody who is busy.
    overdue: bool = False
    #: Minutes for which the task has been left although somebody free could do it; the planner states the bound.
    left_minutes: float = 0.0
    #: Whom the latest call meant the task for that it left: on whose list it stands, busy or free; empty if for nobody.
    meant_for: str = ""
    #: Whether the person was neither free at the latest call nor known to be at work: whatever their points, nothing is left for them.
    absent: bool = False

    @property
    def eligible(self) -> bool:
        """Whether the person may do the task."""
        return self.excluded_by is None

    def lines(self, language: str = "zh") -> list[str]:
        """The explanation in words.

        Args:
            language: "zh" or "en".

        Raises:
            ValueError: another language.
        """
        if language not in ("zh", "en"):
            raise ValueError(f"language must be 'zh' or 'en', not {language!r}")
        word = 0 if language == "zh" else 1
        head = (
            f"任务 {self.task_id} → {self.operator_id}: 合计 {self.total:+d} 分",
            f"task {self.task_id} → {self.operator_id}: {self.total:+d} points in all",
        )
        lines = [head[word]]
        if self.excluded_by is not None:
            lines.append(f"{self.operator_id} {REASONS[self.excluded_by][word]}")
        if self.absent:
            lines.append(
                (
                    f"{self.operator_id} 最近一次排单时不在: 既不空闲, 也无在办任务",
                    f"{self.operator_id} was not there at the latest call: neither free nor known to be at work",
                )[word]
            )
        lines.extend(_line(part, word) for part in self.parts)
        lines.append(
            (
                f"每延误一分钟按 {self.delay_weight:.2f} 分钟计",
                f"a minute of its delay counts as {self.delay_weight:.2f}",
            )[word]
        )
        if self.overdue:
            lines.append(
                ("等待已达上限, 优先于其他任务", "it has waited as long as it may: it goes before others")[word]
            )
        if self.meant_for:
            lines.append((f"最近一次排单留给 {self.meant_for}", f"the latest call left it for {self.meant_for}")[word])
        if self.left_minutes > 0:
            lines.append(
                (
                    f"已有意等待更合适的人 {self.left_minutes:.0f} 分钟",
                    f"left for somebody better for {self.left_minutes:.0f} minutes",
                )[word]
            )
        return lines


def _line(part: Part, word: int) -> str:
    chinese, english, unit = PARAMETERS[part.parameter]
    name, colon = ((chinese, "："), (english, ": "))[word]
    samples = "" if part.samples is None else (f", 样本 {part.samples:.1f}", f", {part.samples:.1f} samples")[word]
    points = (f"{part.points:+d} 分 × {part.weight}", f"{part.points:+d} points × {part.weight}")[word]
    return f"{name}{colon}{part.value:.2f} {unit}".rstrip() + f"{samples} → {points} = {part.contribution:+d}"
