"""Why work leaves a province by itself: recorded as one English sentence, and read back as numbers to be told in any language.

The journal holds a sentence, since people read events as they are (`ListEvents`, `verify`). Explanations want the numbers in it, so both go
by one table: what a pattern writes, the same pattern reads. Refused: a field for each number in `MoveStarted`; most reasons have none, and
those that people give (a drill, an operator of the centre) have no numbers at all.
"""

import re
from collections.abc import Mapping
from enum import StrEnum


class Cause(StrEnum):
    """What makes tasks leave."""

    #: The coordinator advised it: the wait here is long, and somebody there is free.
    ADVISED = "advised"
    #: The coordinator advised it: the branch is closed, and somebody elsewhere is still at work.
    CLOSED = "closed"
    #: The coordinator advised it: the policy is BEST_MATCH, and the work is in better hands there.
    BETTER = "better"
    #: The coordinator was silent, and the province helped itself.
    UNADVISED = "unadvised"
    #: The province's policy lets everything leave.
    EVACUATING = "evacuating"
    #: The desks of the last site that was heard fell silent.
    SILENT = "silent"
    #: The home has its people back and wants the work that nobody has begun.
    RECALLED = "recalled"


_WRITTEN: dict[Cause, str] = {
    Cause.ADVISED: "expected wait {wait_ms} ms exceeds {release_ms} ms; {host} has {free} free, experience {experience}",
    Cause.CLOSED: "closed for another {opens_in_ms} ms; {host} is open, has {free} free, experience {experience}",
    Cause.BETTER: "policy: best match; {host} is worth {points} points, staying {own_points}; {free} free there",
    Cause.UNADVISED: "no advice for {silent_for_ms} ms; expected wait {wait_ms} ms exceeds {release_ms} ms; {host} is the less loaded of two",
    Cause.EVACUATING: "policy: evacuate",
    Cause.RECALLED: "recalled by {home}",
    Cause.SILENT: "{silent} of {signed_in} desks of {site} silent for {silent_for_ms} ms",
}
_FIELD = re.compile(r"\\\{(\w+)\\\}")
_READ = {cause: re.compile(_FIELD.sub(r"(?P<\1>[^ ]+)", re.escape(text))) for cause, text in _WRITTEN.items()}


def written(cause: Cause, **values: object) -> str:
    """The sentence for the journal."""
    return _WRITTEN[cause].format_map(values)


def read(reason: str) -> tuple[Cause, Mapping[str, str]] | None:
    """The cause and its values as they were written; None: somebody gave this reason in their own words."""
    for cause, pattern in _READ.items():
        found = pattern.fullmatch(reason)
        if found:
            return cause, found.groupdict()
    return None
