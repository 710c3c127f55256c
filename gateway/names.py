"""Resource names of the contract and the identifiers of the domain, each built from the other.

| name | domain |
|---|---|
| ``provinces/{p}`` | province code |
| ``provinces/{p}/tasks/{t}`` | task id; `t` is ``<home>-<number>``, so `p` must be its home |
| ``provinces/{p}/operators/{o}`` | operator id, unique in the country: see below |
| ``provinces/{p}/sharingPolicy`` | province code |
| ``provinces/{p}/calendar`` | province code |
| ``provinces/{p}/tasks/{t}/decisions/{token}`` | task id and the token that the decision gave |
| ``taskKinds/{k}`` | kind id |
| ``matchingModels/national`` | the matching model, of which there is one |
| ``drills/{d}`` | drill id |

Operator ids are unique within a province on the wire and unique in the country in the domain. An `o` that begins with its province
(``fujian-op-7`` of fujian) is unique already and is the domain id as it is. Any other (a personnel number, say ``10086``) becomes
``fujian-~10086``; ``~`` cannot occur in a name, so the two forms never meet. Province codes therefore hold no dash.
"""

import re

from actors.core.ids import KindId, OperatorId, ProvinceCode, TaskId

#: What an id on the wire may look like.
ID_PATTERN = r"[A-Za-z0-9._-]{1,64}"
PROVINCE_PATTERN = r"[a-z0-9]{1,32}"
#: Numbers begin at 1 and have no leading zeros, so that a task has one name only.
_NUMBER_PATTERN = r"[1-9][0-9]{0,17}"

_PROVINCE = re.compile(rf"provinces/({PROVINCE_PATTERN})")
_POLICY = re.compile(rf"provinces/({PROVINCE_PATTERN})/sharingPolicy")
_CALENDAR = re.compile(rf"provinces/({PROVINCE_PATTERN})/calendar")
_TASK = re.compile(rf"provinces/({PROVINCE_PATTERN})/tasks/(\1-{_NUMBER_PATTERN})")
_OPERATOR = re.compile(rf"provinces/({PROVINCE_PATTERN})/operators/({ID_PATTERN})")
_DECISION = re.compile(rf"(provinces/({PROVINCE_PATTERN})/tasks/\2-{_NUMBER_PATTERN})/decisions/({_NUMBER_PATTERN})")
_DRILL = re.compile(rf"drills/({ID_PATTERN})")
_KIND = re.compile(rf"taskKinds/({ID_PATTERN})")

#: Parent that stands for all provinces in lists.
ALL_PROVINCES = "provinces/-"
#: The one matching model.
MODEL = "matchingModels/national"

#: What `operator_id` puts before an id that does not name its province.
_MARKED = re.compile(r"\b[a-z0-9]{1,32}-~")


class BadName(ValueError):
    """A resource name that is not of the form wanted; the validators refuse such names before anybody parses them."""


def is_province_name(text: str) -> bool:
    """Whether `text` reads ``provinces/{p}``."""
    return _PROVINCE.fullmatch(text) is not None


def is_policy_name(text: str) -> bool:
    """Whether `text` reads ``provinces/{p}/sharingPolicy``."""
    return _POLICY.fullmatch(text) is not None


def is_calendar_name(text: str) -> bool:
    """Whether `text` reads ``provinces/{p}/calendar``."""
    return _CALENDAR.fullmatch(text) is not None


def is_task_name(text: str) -> bool:
    """Whether `text` reads ``provinces/{home}/tasks/{home}-{number}``."""
    return _TASK.fullmatch(text) is not None


def is_operator_name(text: str) -> bool:
    """Whether `text` reads ``provinces/{p}/operators/{o}``."""
    return _OPERATOR.fullmatch(text) is not None


def is_decision_name(text: str) -> bool:
    """Whether `text` reads ``provinces/{home}/tasks/{home}-{number}/decisions/{token}``."""
    return _DECISION.fullmatch(text) is not None


def is_model_name(text: str) -> bool:
    """Whether `text` names the matching model."""
    return text == MODEL


def is_kind_name(text: str) -> bool:
    """Whether `text` reads ``taskKinds/{k}``."""
    return _KIND.fullmatch(text) is not None


def is_drill_name(text: str) -> bool:
    """Whether `text` reads ``drills/{d}``."""
    return _DRILL.fullmatch(text) is not None


def drill_name(drill: str) -> str:
    """``drills/{d}``."""
    return f"drills/{drill}"


def parse_drill(name: str) -> str:
    """The drill id in ``drills/{d}``.

    Raises:
        BadName: `name` has another form.
    """
    return _match(_DRILL, name)[1]


def province_name(province: str) -> str:
    """``provinces/{p}``."""
    return f"provinces/{province}"


def parse_province(name: str) -> ProvinceCode:
    """The code in ``provinces/{p}``.

    Raises:
        BadName: `name` has another form.
    """
    return ProvinceCode(_match(_PROVINCE, name)[1])


def policy_name(province: str) -> str:
    """``provinces/{p}/sharingPolicy``."""
    return f"provinces/{province}/sharingPolicy"


def parse_policy(name: str) -> ProvinceCode:
    """The province in ``provinces/{p}/sharingPolicy``.

    Raises:
        BadName: `name` has another form.
    """
    return ProvinceCode(_match(_POLICY, name)[1])


def calendar_name(province: str) -> str:
    """``provinces/{p}/calendar``."""
    return f"provinces/{province}/calendar"


def parse_calendar(name: str) -> ProvinceCode:
    """The province in ``provinces/{p}/calendar``.

    Raises:
        BadName: `name` has another form.
    """
    return ProvinceCode(_match(_CALENDAR, name)[1])


def task_name(task_id: str) -> str:
    """``provinces/{home}/tasks/{t}``."""
    return f"provinces/{task_id.rpartition('-')[0]}/tasks/{task_id}"


def parse_task(name: str) -> TaskId:
    """The task id in ``provinces/{home}/tasks/{t}``.

    Raises:
        BadName: `name` has another form, or names a province that is not the task's home.
    """
    return TaskId(_match(_TASK, name)[2])


def offer_name(task_id: str, token: int) -> str:
    """``provinces/{home}/tasks/{t}/offers/{token}``."""
    return f"{task_name(task_id)}/offers/{token}"


def assignment_name(task_id: str, token: int) -> str:
    """``provinces/{home}/tasks/{t}/assignments/{token}``."""
    return f"{task_name(task_id)}/assignments/{token}"


def decision_name(task_id: str, token: int) -> str:
    """``provinces/{home}/tasks/{t}/decisions/{token}``."""
    return f"{task_name(task_id)}/decisions/{token}"


def parse_decision(name: str) -> tuple[TaskId, int]:
    """The task id and the token in ``provinces/{home}/tasks/{t}/decisions/{token}``.

    Raises:
        BadName: `name` has another form, or names a province that is not the task's home.
    """
    found = _match(_DECISION, name)
    return parse_task(found[1]), int(found[3])


def operator_id(province: str, local_id: str) -> OperatorId:
    """The domain id of the operator whom `province` calls `local_id`."""
    return OperatorId(local_id if local_id.startswith(f"{province}-") else f"{province}-~{local_id}")


def operator_province(operator: str) -> ProvinceCode:
    """The province of a domain operator id."""
    return ProvinceCode(operator.partition("-")[0])


def operator_local_id(operator: str) -> str:
    """The last part of an operator's name."""
    _, marked, local_id = operator.partition("-~")
    return local_id if marked else operator


def for_people(text: str) -> str:
    """A message of the core with operators named as their province names them."""
    return _MARKED.sub("", text)


def operator_name(operator: str) -> str:
    """``provinces/{p}/operators/{o}`` of a domain id; empty for nobody."""
    if not operator:
        return ""
    return f"provinces/{operator_province(operator)}/operators/{operator_local_id(operator)}"


def parse_operator(name: str) -> tuple[ProvinceCode, OperatorId]:
    """The province and the domain id in ``provinces/{p}/operators/{o}``.

    Raises:
        BadName: `name` has another form.
    """
    found = _match(_OPERATOR, name)
    return ProvinceCode(found[1]), operator_id(found[1], found[2])


def kind_name(kind: str) -> str:
    """``taskKinds/{k}``."""
    return f"taskKinds/{kind}"


def parse_kind(name: str) -> KindId:
    """The id in ``taskKinds/{k}``.

    Raises:
        BadName: `name` has another form.
    """
    return KindId(_match(_KIND, name)[1])


def _match(pattern: re.Pattern[str], name: str) -> re.Match[str]:
    found = pattern.fullmatch(name)
    if found is None:
        raise BadName(name)
    return found
