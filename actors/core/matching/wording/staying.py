"""Why work stays in its province, in words."""

from actors.core.matching.wording.templates import Language
from actors.core.staying import StayReason

#: Reason -> (Chinese, English), as said of tasks.
_STAYS: dict[StayReason, tuple[str, str]] = {
    StayReason.HOME_ONLY: ("只能在本省办理", "must be done at home"),
    StayReason.KIND_NOT_SHARED: ("任务类型不共享", "the policy does not share the kind"),
    StayReason.ABOVE_AMOUNT: ("金额超过上限", "above the policy's amount"),
    StayReason.NO_PICTURE: (
        "本省刚启动，尚不知他省情况",
        "the province has just begun and does not know yet how the others stand",
    ),
    StayReason.NOBODY_ELIGIBLE: ("他省无合格人员在岗", "nobody elsewhere who may do it is on duty"),
    StayReason.QUOTA: ("他省承接额度已满", "the hosts' quotas are used up"),
    StayReason.NO_OVERLOAD: ("未达到共享的等候时间", "does not wait long enough to be shared"),
    StayReason.OVERLOAD_RELIEVED: ("转出的已足够", "enough leaves without it"),
    StayReason.NOBODY_FREE: ("他省暂无余力", "nobody elsewhere has people to spare"),
    StayReason.NO_BETTER_HOST: ("他省没有更合适的人员", "nobody elsewhere is so much better"),
    StayReason.MODE_CLOSED: ("策略为不共享", "the policy is CLOSED"),
    StayReason.NOT_ACTIVE: ("本省暂停或清仓中", "the province is suspended or drained"),
    StayReason.JUST_REFUSED: ("刚被他省拒收，稍后再试", "refused a moment ago"),
    StayReason.MOVED_OFTEN: ("转移次数已满", "moved as often as it may"),
    StayReason.IN_HAND: ("已派出，未开始", "in somebody's hands"),
    StayReason.BEGUN: ("处理中", "begun"),
    StayReason.SUSPENDED: ("问题件，挂起", "suspended, waits for papers"),
    StayReason.SCHEDULED: ("未到开始时间", "not due to begin"),
    StayReason.MOVING: ("已在转移途中", "on its way already"),
    StayReason.BEYOND_PREVIEW: ("超出预览范围", "beyond the preview's bound"),
}


def stay_words(reason: str, language: Language) -> str:
    """Why tasks stay, of a reason in either case; one that this program does not know yet is shown as it is."""
    try:
        return _STAYS[StayReason(reason.lower())][0 if language is Language.ZH else 1]
    except ValueError:
        return reason
