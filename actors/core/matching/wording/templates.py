"""The one table of sentences: everything that explanations say, in both languages side by side.

A template is filled by name; a test fills each in both languages with the same values, so that no language says less. Parameters are called
by their Chinese names and by those of `parameter_names`; one without is read aloud (``task_page_count``: page count).
"""

from collections.abc import Iterable
from enum import StrEnum

from actors.core.matching.explained import Contribution
from actors.core.matching.parameters import CATALOGUE
from actors.core.matching.wording.parameter_names import ENGLISH

#: Larger numbers are not written out.
_WRITTEN_OUT_MAX = 1e9
#: Nor are larger ratios: nobody works at two hundred times the standard, and all digits would pass for a measurement.
_RATIO_WRITTEN_OUT_MAX = 10.0
#: Smaller samples are written with a decimal: decayed, they are seldom whole.
_SAMPLE_DECIMAL_BELOW = 10.0
#: No sentence is longer, characters.
SENTENCE_LENGTH_MAX = 500


class Language(StrEnum):
    """A language of sentences."""

    ZH = "zh"
    EN = "en"


#: key -> (Chinese, English)
TEMPLATES: dict[str, tuple[str, str]] = {
    # --- what a task waits for ---
    "wait.province_closed": (
        "本省现在不派单（{status}），任务在此等候。",
        "The province hands out no work now (it is {status}), so the task waits.",
    ),
    "wait.nobody_qualified": (
        "花名册 {roster} 人中没有人可以办理此件：{removed}。",
        "Nobody on the roster ({roster}) may do it: {removed}.",
    ),
    "wait.nobody_on_duty": (
        "{qualified} 人可以办理此件，但现在没有一人在岗。",
        "Of those who may do it ({qualified}) nobody is on duty now.",
    ),
    "wait.all_busy": (
        "在岗的 {on_duty} 名可办人员都已满负荷；另有 {tasks_before} 件更紧急的在等同一批人。",
        "Everybody on duty who may do it ({on_duty}) is full; more urgent tasks that wait for the same people: {tasks_before}.",
    ),
    "wait.declined": (
        "有空的 {free} 名可办人员都拒过此件，拒单记忆到期后会再派。",
        "Everybody free who may do it ({free}) has declined it; it is offered again when that is forgotten.",
    ),
    "wait.filtered": (
        "有空的可办人员都被条件挡住：{removed}。",
        "Everybody free who may do it is kept back: {removed}.",
    ),
    "wait.yields": (
        "此件因应急转移而来，有空的 {suitable} 名合适人员留给本省业务。",
        "An evacuation brought it here, and whoever suitable is free ({suitable}) is kept for the branch's own work.",
    ),
    "wait.next": (
        "有 {suitable} 名合适人员空着，此件参加下一轮匹配；另有 {tasks_before} 件更紧急的在等同一批人。",
        "Somebody suitable is free ({suitable}): it takes part in the next round; more urgent tasks that wait for the same people: {tasks_before}.",
    ),
    "wait.stays": (
        "按现行共享策略，此件留在本省：{reason}。",
        "By the sharing policy in force it stays in the province: {reason}.",
    ),
    "wait.leaves": (
        "按现行共享策略，此件将转给 {host} 承办。",
        "By the sharing policy in force it leaves for {host}.",
    ),
    "wait.so_far": ("收件至今 {minutes} 分钟。", "It was taken in {minutes} min ago."),
    # --- what would let it go ---
    "free.open_province": ("本省恢复派单后即进入匹配。", "It is matched again as soon as the province hands out work."),
    "free.share": ("或由其他省承办。", "Or another province takes it."),
    "free.preview": (
        "或由其他省承办；共享策略预演会说明是什么把它留在本省。",
        "Or another province takes it; a preview of the sharing policy says what keeps it here.",
    ),
    "free.sign_in": (
        "没有其他限制的可办人员有 {suitable} 人：任一人签到，此件即可参加匹配。",
        "It can be given as soon as one of those whom nothing else keeps back ({suitable}) signs in.",
    ),
    "free.sign_in_alone": (
        "单靠签到还不够，可办人员另有限制：{removed}。",
        "To sign in would not be enough; those who may do it are also kept back: {removed}.",
    ),
    "free.opening": (
        "服务时段之外：{time}（北京时间）开门。",
        "Outside the hours of service: it opens at {time} (Asia/Shanghai).",
    ),
    "free.until_opening": (
        "服务时段之外：{time}（北京时间）开门；在此之前可由仍在营业的省承办。",
        "Outside the hours of service: it opens at {time} (Asia/Shanghai); until then a province that is open may take it.",
    ),
    "free.place": (
        "没有其他限制的在岗人员有 {suitable} 人：任一人腾出空位，此件即可参加匹配。",
        "It can be given as soon as one of those whom nothing else keeps back ({suitable}) has room.",
    ),
    "free.place_alone": (
        "单靠腾出空位还不够，在岗人员另有限制：{removed}。",
        "Room would not be enough; those on duty are also kept back: {removed}.",
    ),
    "free.green": (
        "列为绿色通道会使紧急度增加 {gain} 分，前面的件由 {before} 件减为 {after} 件。",
        "As a green-channel task it would gain {gain} points of urgency; tasks before it: {after} instead of {before}.",
    ),
    "free.people": (
        "有更多人员空出即可；在本省等满四小时后，按本省件同等对待。",
        "It goes when more people are free; after four hours here it counts as the branch's own work.",
    ),
    "free.willing": (
        "有未拒过此件的可办人员腾出空位，此件即可参加匹配。",
        "It can be given as soon as somebody who may do it and has not declined it has room.",
    ),
    "free.filter": (
        "先要解决“{filter}”：它最先挡住 {count} 人，其后可能还有别的条件。",
        "First of all “{filter}” would have to be put right: it keeps {count} away, and there may be more behind it.",
    ),
    # --- who holds or decided it ---
    "choice.matched": (
        "考察 {considered} 人后选中 {operator}，得 {score} 分（效率、质量、效能依次占 {shares} %）。",
        "{operator} was chosen with {score} points; people looked at: {considered} (efficiency, quality and effectiveness count for {shares} %).",
    ),
    "choice.suits": (
        "{operator} 办此件得 {score} 分（效率、质量、效能依次占 {shares} %）。",
        "Given to {operator}, it has {score} points (efficiency, quality and effectiveness count for {shares} %).",
    ),
    "choice.parts": ("主要因为：{parts}。", "Mainly for: {parts}."),
    "choice.against": ("不利于 {operator} 的：{parts}。", "Against {operator}: {parts}."),
    "choice.removed": ("被筛除的人：{removed}。", "Removed by filters: {removed}."),
    "choice.round": (
        "该轮任务与人员一起求解（{tasks} 件 × {people} 人），{certified}。",
        "Tasks and people of the round were weighed together ({tasks} × {people}), {certified}.",
    ),
    "choice.in_turn": (
        "该轮规模超出精确求解的预算（{tasks} 件 × {people} 人），任务按先后依次选人，{certified}。",
        "The round was too large to be solved exactly ({tasks} × {people}): its tasks chose in turn, {certified}.",
    ),
    "choice.certified": ("已证明最优", "proven optimal"),
    "choice.gap": ("距最优至多差 {gap} 分", "at most {gap} points from the best"),
    "choice.fetched": ("{operator} 于 {when} 主动取件。", "{operator} asked for work at {when} and got it."),
    "choice.reassigned": (
        "{who} 把此件转派给 {operator}：{reason}。",
        "It was reassigned to {operator} by {who}: {reason}.",
    ),
    "choice.missing": (
        "{provinces} 的日志未能及时回溯：那里的派单和转移未列出，下面所述未必是最后一次派单。",
        "What the journals of {provinces} tell could not be read back in time: choices and moves there are left out, and a choice told here may not be the last.",
    ),
    "choice.recorded_only": (
        "这次派单早于可重演的记录，只能给出当时记下的结果。",
        "This decision is older than the records that can be replayed: what was written down is all there is.",
    ),
    "choice.differs": (
        "注意：重演结果与当时记录不一致。",
        "Beware: replaying the decision gave another result than the one recorded.",
    ),
    "choice.other_rules": (
        "这次派单依据第 {decided} 版匹配规则，现行为第 {now} 版：以上各项分数是按现行规则重算的，与当时记录不同。",
        "It was decided by version {decided} of the matching rules; these are version {now}: the parts shown are theirs, and differ from what was recorded.",
    ),
    "choice.none": ("此件还没有派给过任何人。", "Nobody has been given this task yet."),
    "task.decided": ("此件由 {operator} 于 {when} 决定。", "{operator} decided it at {when}."),
    "task.returned": ("此件已退回分公司：{reason}。", "It was returned to the branch: {reason}."),
    "task.cancelled": ("此件已撤销：{reason}。", "It was cancelled: {reason}."),
    "task.suspended": ("此件为问题件，等候材料：{reason}。", "It is set aside until papers arrive: {reason}."),
    "task.scheduled": ("此件未到开始时间 {when}。", "It does not start before {when}."),
    "task.moved": (
        "{when} 由 {source} 转给 {host} 承办：{reason}。",
        "At {when} {source} gave it to {host}: {reason}.",
    ),
    # --- why work leaves a province ---
    "move.advised": (
        "预计等候 {wait}，超过当时的停止共享线 {release}；{host} 有 {free} 个空位，同类经验 {experience} 件",
        "the expected wait ({wait}) exceeds the release threshold of that moment ({release}); {host} has places free ({free}), and its people have done {experience} of the kind",
    ),
    "move.closed": (
        "本省该条线已下班，{opens_in}后才上班；{host} 仍在岗，有 {free} 个空位，同类经验 {experience} 件",
        "the line is closed here for another {opens_in}; {host} is at work and has places free ({free}), and its people have done {experience} of the kind",
    ),
    "move.better": (
        "本省策略为择优共享：{host} 评分 {points}，留在本省 {own_points}；{host} 有 {free} 个空位",
        "the province's policy is best match: {host} is worth {points} points, staying {own_points}; {host} has places free ({free})",
    ),
    "move.unadvised": (
        "总部调度已 {silent_for}没有消息，本省自行求助：预计等候 {wait}，超过当时的停止共享线 {release}；两个候选省中 {host} 负荷较轻",
        "the coordinator was not heard for {silent_for}, so the province helped itself: the expected wait ({wait}) exceeds the release threshold of that moment ({release}), and {host} was the less loaded of two",
    ),
    "move.evacuating": ("本省按策略整体转出", "the province's policy is to evacuate"),
    "move.recalled": ("{home} 收回尚未开始处理的任务", "{home} is back and wants the work that nobody has begun"),
    "move.silent": (
        "{site} 的 {signed_in} 个作业终端中有 {silent} 个失联 {silent_for}",
        "{silent} of {signed_in} desks of {site} were silent for {silent_for}",
    ),
    "task.moving": ("正在转往 {host}。", "It is on its way to {host}."),
    # --- why not somebody else ---
    "other.removed": ("为什么不是 {operator}：{filter}。", "Why not {operator}: {filter}."),
    "other.behind": (
        "为什么不是 {operator}：少 {gap} 分（{score} 分），差在 {parts}。",
        "Why not {operator}: {gap} points fewer ({score}), behind in {parts}.",
    ),
    "other.elsewhere": (
        "为什么不是 {operator}：本件得 {score} 分不比当选者少，但同一轮派给了 {task}，整体更优。",
        "Why not {operator}: no fewer points for this task ({score}), but the same round gave them {task}, which was better on the whole.",
    ),
    "other.dear": (
        "为什么不是 {operator}：得 {score} 分不低，但其时间在该轮更抢手（影子价 {price} 分）。",
        "Why not {operator}: {score} points are no less, but their time was wanted more by the round (price {price} points).",
    ),
    "other.equal": (
        "为什么不是 {operator}：得 {score} 分，不比当选者少；得分相当的人中只能派给一人。",
        "Why not {operator}: {score} points are no fewer than those of the one chosen, and of equals only one can have it.",
    ),
    "other.not_asked": (
        "为什么不是 {operator}：本件得 {score} 分，但这是 {winner} 主动取件，只为取件人选件，没有比较其他人员。",
        "Why not {operator}: {score} points, but {winner} had asked for work: a task was chosen for them, and nobody else was weighed.",
    ),
    "other.untold": (
        "没有记录说明 {operator} 当时得多少分。",
        "Nothing tells how many points {operator} would have had.",
    ),
    "other.unknown": (
        "{operator} 当时不在承办省的花名册上。",
        "{operator} was not on the roster of the province that decided.",
    ),
    "other.stranger": (
        "{operator} 不在承办省的花名册上。",
        "{operator} is not on the roster of the province that has the task.",
    ),
    "other.suitable": (
        "{operator} 符合条件，按现状得 {score} 分。",
        "{operator} could do it, with {score} points as things are.",
    ),
    "other.chosen": ("{operator} 正是被选中的人。", "{operator} is the one who was chosen."),
    # --- what would have changed it ---
    "change.parts": (
        "若 {operator} 在 {parts} 上与 {winner} 相当，得分就不低于 {winner}（两人相差 {gap} 分）。",
        "Had {operator} equalled {winner} in {parts}, they would have had at least as many points (they were {gap} apart).",
    ),
    "change.elsewhere": (
        "若没有 {task}，{operator} 就能接此件（比当选者多 {gap} 分），除非该轮另有更需要此人的件。",
        "Had there not been {task}, {operator} could have had this one ({gap} points more than the one chosen), unless yet another task of the round had needed them more.",
    ),
    "change.filter": (
        "撇开“{filter}”，{operator} 按当时情况得 {score} 分{ahead}。",
        "“{filter}” aside, {operator} had {score} points as things stood{ahead}.",
    ),
    "change.ahead": ("，超过当选者（{score} 分）", ", more than the one chosen ({score})"),
    "change.level": ("，与当选者持平", ", as many as the one chosen"),
    "change.behind": ("，仍不及当选者（{score} 分）", ", still fewer than the one chosen ({score})"),
}

#: Filter, or what stands before the filters -> (Chinese, English), as said of the people it removes.
FILTERS: dict[str, tuple[str, str]] = {
    "off_duty": ("未签到", "not signed in"),
    "on_break": ("正在休息", "on a break"),
    "leaving": ("不再接新件", "takes no more new work"),
    "desk": ("作业终端失联", "desk not heard"),
    "capacity": ("手上已满", "no room for another task"),
    "kind": ("不办理这类件", "does not do this kind"),
    "authority": ("审批权限不足", "not enough authority"),
    "skill": ("缺少必需技能", "lacks a required skill"),
    "certificate": ("资格证已到期或将到期", "certificate expired or about to expire"),
    "probation": ("试用期不办此类敏感件", "on probation for a delicate task"),
    "share_opt_in": ("不参加共享作业", "takes no other province's tasks"),
    "clearance": ("密级不足", "not cleared for such data"),
    "local_rule": ("没有归属省属地规则资质", "not certified on the home province's rules"),
    "conflict": ("利益回避", "conflict of interest"),
    "prior_decider": ("原审人回避", "decided an earlier step"),
    "declined_before": ("拒过此件", "declined it before"),
    "quota": ("当日定额已满", "the day's quota is used up"),
    "shift": ("班次已结束", "the shift has ended"),
    "shift_fit": ("下班前办不完", "could not finish within the shift"),
}


def say(key: str, language: Language, **values: object) -> str:
    """One sentence, cut to its length."""
    chinese, english = TEMPLATES[key]
    sentence = (chinese if language is Language.ZH else english).format(**values)
    return sentence if len(sentence) <= SENTENCE_LENGTH_MAX else sentence[: SENTENCE_LENGTH_MAX - 1] + "…"


#: Role of whoever acts -> (Chinese, English).
_ROLES: dict[str, tuple[str, str]] = {
    "branch": ("分公司系统", "the branch system"),
    "operator": ("作业人员", "operator"),
    "team_lead": ("班组长", "team lead"),
    "ops": ("运营人员", "operations"),
}


def identity_words(who: str, language: Language) -> str:
    """Who acted (``role:subject``), as people say it; whatever is no such role is shown as it is."""
    role, _, subject = who.partition(":")
    if role not in _ROLES or not subject:
        return who
    chinese, english = _ROLES[role]
    return f"{chinese if language is Language.ZH else english} {subject}"


def filter_words(name: str, language: Language) -> str:
    """What a filter says of those whom it removes."""
    chinese, english = FILTERS.get(name, (name, name.replace("_", " ")))
    return chinese if language is Language.ZH else english


def removed_words(removed: dict[str, int], language: Language) -> str:
    """Counts by filter, as given."""
    separator = "、" if language is Language.ZH else ", "
    form = "{words} {count} 人" if language is Language.ZH else "{words} ({count})"
    return separator.join(
        form.format(words=filter_words(name, language), count=count) for name, count in removed.items()
    )


#: What is no parameter but brings points -> (Chinese, English).
_OTHER_PARTS: dict[str, tuple[str, str]] = {"ageing": ("等候累积", "waiting")}


def parameter_words(name: str, language: Language) -> str:
    """What a parameter, or another part of a sum, is called."""
    if name in _OTHER_PARTS:
        return _OTHER_PARTS[name][0 if language is Language.ZH else 1]
    known = CATALOGUE.get(name)
    if language is Language.ZH and known is not None:
        return known.name_zh
    return ENGLISH.get(name) or name.partition("_")[2].replace("_", " ") or name


def value_words(value: float | None, unit: str, language: Language) -> str:
    """A value with its unit, as people read it."""
    if value is None:
        return "未知" if language is Language.ZH else "unknown"
    if unit == "0/1":
        yes = value > 0
        return ("是" if yes else "否") if language is Language.ZH else ("yes" if yes else "no")
    if unit == "ratio":
        if abs(value) > _RATIO_WRITTEN_OUT_MAX:
            bound = f"{_RATIO_WRITTEN_OUT_MAX * 100:,.0f} %"
            return f"> {bound}" if value > 0 else f"< -{bound}"
        return f"{value * 100:.1f} %"
    if abs(value) > _WRITTEN_OUT_MAX:
        return f"> {_WRITTEN_OUT_MAX:,.0f}"
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 1 else 2
    number = f"{value:,.{digits}f}".removesuffix(".00").removesuffix(".0")
    named = UNITS.get(unit, (unit, unit))[0 if language is Language.ZH else 1]
    if number in ("1", "-1") and unit in _COUNTED:
        named = named.removesuffix("s")
    return f"{number} {named}".rstrip()


#: Unit of the catalogue -> (Chinese, English); scales and indexes go without.
UNITS: dict[str, tuple[str, str]] = {
    "min": ("分钟", "min"),
    "count": ("件", ""),
    "days": ("天", "days"),
    "h": ("小时", "h"),
    "s": ("秒", "s"),
    "level": ("级", "levels"),
    "units": ("折算件", "units"),
    "units/h": ("折算件/小时", "units/h"),
    "points": ("分", "points"),
    "months": ("个月", "months"),
    "pages": ("页", "pages"),
    "min/page": ("分钟/页", "min/page"),
    "fen": ("分钱", "fen"),
    "CNY/unit": ("元/折算件", "CNY/unit"),
    "items/h": ("件/小时", "tasks/h"),
    "bp": ("基点", "bp"),
    "pp": ("个百分点", "pp"),
    "pp/week": ("个百分点/周", "pp/week"),
    "0-1": ("", ""),
    "0-3": ("", ""),
    "0-9": ("", ""),
    "1-4": ("", ""),
    "1-5": ("", ""),
    "z": ("", ""),
    "kappa": ("", ""),
}
#: Units of which one is said in the singular.
_COUNTED = ("days", "level", "units", "points", "months", "pages")


def sample_words(sample: float) -> str:
    """An effective number of items, > 0."""
    if sample < 0.1:
        return "< 0.1"
    return f"{sample:.1f}".removesuffix(".0") if sample < _SAMPLE_DECIMAL_BELOW else f"{sample:,.0f}"


def part_words(part: Contribution, language: Language) -> str:
    """A contribution: what it is, its value, what stands behind it, and the points it brings."""
    value = value_words(part.value, part.unit, language)
    if part.is_prior_only:
        value += "（先验，尚无样本）" if language is Language.ZH else " (a prior, no sample yet)"
    elif part.sample_milli:
        sample = sample_words(part.sample_milli / 1_000)
        told = sample if sample.startswith("<") else f"= {sample}"
        value += f"（样本 {sample}）" if language is Language.ZH else f" (n {told})"
    return f"{parameter_words(part.parameter, language)} {value} {part.contribution:+,}"


def joined(words: Iterable[str], language: Language) -> str:
    """A list in a sentence."""
    return ("；" if language is Language.ZH else "; ").join(words)
