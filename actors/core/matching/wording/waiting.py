"""What a task waits for, and what would let it go, in sentences."""

from collections.abc import Callable

from actors.core.calendar import time_text
from actors.core.country import ProvinceStatus
from actors.core.matching.explained import Diagnosis, WaitCause
from actors.core.matching.wording.staying import stay_words
from actors.core.matching.wording.templates import Language, filter_words, removed_words, say

#: Why a province hands out no work -> (Chinese, English).
_STATUSES: dict[str, tuple[str, str]] = {
    ProvinceStatus.SUSPENDED: ("已暂停", "suspended"),
    ProvinceStatus.UNREACHABLE: ("失联", "cut off: its desks are silent"),
}


def status_words(status: str, language: Language) -> str:
    """A status in words; one that this program does not know yet is shown as it is."""
    return _STATUSES.get(status, (status, status))[0 if language is Language.ZH else 1]


def wait_sentence(diagnosis: Diagnosis, language: Language) -> str:
    """The binding constraint."""
    return say(
        f"wait.{diagnosis.cause.value}",
        language,
        status=status_words(diagnosis.status, language),
        roster=diagnosis.roster,
        qualified=diagnosis.qualified,
        on_duty=diagnosis.on_duty,
        free=diagnosis.free,
        suitable=diagnosis.suitable,
        tasks_before=diagnosis.tasks_before,
        removed=removed_words(diagnosis.removed, language),
    )


def stay_sentence(diagnosis: Diagnosis, language: Language) -> str:
    """Why no other province takes it; empty: nobody has asked."""
    if diagnosis.leaves_to:
        return say("wait.leaves", language, host=diagnosis.leaves_to)
    return say("wait.stays", language, reason=stay_words(diagnosis.stays, language)) if diagnosis.stays else ""


def wait_changes(diagnosis: Diagnosis, language: Language) -> list[str]:
    """What would let the task go, the most direct first."""
    changes = [_DIRECT[diagnosis.cause](diagnosis, language)] if diagnosis.cause in _DIRECT else []
    if diagnosis.cause is WaitCause.NOBODY_ON_DUTY and diagnosis.opens_ms:
        key = "free.opening" if diagnosis.home_only else "free.until_opening"
        changes.append(say(key, language, time=time_text(diagnosis.opens_ms)))
    if diagnosis.cause is WaitCause.NOBODY_ON_DUTY and not diagnosis.home_only:
        changes.append(say("free.share" if diagnosis.stays else "free.preview", language))
    if diagnosis.cause is WaitCause.NOBODY_QUALIFIED and not diagnosis.home_only:
        changes.append(say("free.share", language))
    if diagnosis.cause is WaitCause.ALL_BUSY and diagnosis.green_gain and diagnosis.tasks_before:
        changes.append(
            say(
                "free.green",
                language,
                gain=f"{diagnosis.green_gain:,}",
                before=diagnosis.tasks_before,
                after=diagnosis.tasks_before_if_green,
            )
        )
    return changes


def _put_right(diagnosis: Diagnosis, language: Language) -> str:
    count = diagnosis.removed.get(diagnosis.filter, 0)
    return say("free.filter", language, filter=filter_words(diagnosis.filter, language), count=count)


def _if_suitable(key: str, diagnosis: Diagnosis, language: Language) -> str:
    """What would let the task go if it happened to one of those whom nothing else keeps; if all are kept, that it would not be enough."""
    if diagnosis.suitable and diagnosis.is_yielding:
        # One place more may still be kept for the branch's own work.
        return say("free.people", language)
    removed = removed_words(diagnosis.removed, language)
    return say(key if diagnosis.suitable else f"{key}_alone", language, suitable=diagnosis.suitable, removed=removed)


_DIRECT: dict[WaitCause, Callable[[Diagnosis, Language], str]] = {
    WaitCause.PROVINCE_CLOSED: lambda _, language: say("free.open_province", language),
    WaitCause.NOBODY_QUALIFIED: _put_right,
    WaitCause.NOBODY_ON_DUTY: lambda found, language: _if_suitable("free.sign_in", found, language),
    WaitCause.ALL_BUSY: lambda found, language: _if_suitable("free.place", found, language),
    WaitCause.DECLINED: lambda _, language: say("free.willing", language),
    WaitCause.FILTERED: _put_right,
    WaitCause.YIELDS: lambda _, language: say("free.people", language),
}
