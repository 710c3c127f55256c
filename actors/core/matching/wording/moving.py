"""Why a task went to another province, in words."""

from actors.core.matching.wording.templates import Language, say
from actors.core.move_reasons import read
from actors.core.sharing.summary import WAIT_UNBOUNDED_MS

#: Below this a time is told in seconds, below the second in minutes, beyond in hours. Milliseconds.
_SECONDS_BELOW, _MINUTES_BELOW = 120_000, 7_200_000


def move_reason_words(reason: str, language: Language) -> str:
    """The reason of a move as it was recorded; what people wrote stays as they wrote it, nothing becomes a dash."""
    found = read(reason)
    if found is None:
        return reason or "-"
    cause, values = found
    told: dict[str, object] = {
        name.removesuffix("_ms"): duration_words(int(value), language) if name.endswith("_ms") else value
        for name, value in values.items()
    }
    return say(f"move.{cause.value}", language, **told)


def duration_words(time_ms: int, language: Language) -> str:
    """A time as people say it, rounded; a wait that never ends is said to be that."""
    chinese = language is Language.ZH
    if time_ms >= WAIT_UNBOUNDED_MS:
        return "不知多久" if chinese else "no known end"
    if time_ms < _SECONDS_BELOW:
        number, unit = time_ms / 1_000, "秒" if chinese else "s"
    elif time_ms < _MINUTES_BELOW:
        number, unit = time_ms / 60_000, "分钟" if chinese else "min"
    else:
        number, unit = time_ms / 3_600_000, "小时" if chinese else "h"
    return f"{number:.1f}".removesuffix(".0") + f" {unit}"
