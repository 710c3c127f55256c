"""How much should flow from where to where: the coordinator's plan.

The first sharing rule moves by expected wait: sharing of a kind starts above the activation threshold, ends below the release
threshold (hysteresis; a hard-pressed home's thresholds are lower, by at most half), goes only to provinces whose own wait is below their
release threshold, and never both ways at once. Cost: provinces^2 x kinds, independent of the number of tasks.
"""

from collections.abc import Iterable

from actors.core.country import ProvinceStatus, ShareOutMode
from actors.core.ids import KindId, ProvinceCode
from actors.core.move_reasons import Cause, written
from actors.core.sharing.flows import FlowMemory, MoveFlow
from actors.core.sharing.hosts import hosts_by_kind, may_host
from actors.core.sharing.summary import KindSummary, NationalPicture, ProvinceSummary

#: Tasks of one kind that one advice may move from one province to one host.
FLOW_TASKS_MAX = 500


def plan_flows(picture: NationalPicture, memory: FlowMemory) -> tuple[list[MoveFlow], FlowMemory]:
    """Advise flows for the whole country by expected wait.

    A source shares a kind from its activation threshold up until the wait has fallen below its release threshold. Hosts are
    provinces that share nothing of that kind themselves and have free people now; each is given at most its free capacity, so
    that the lender's own next task finds no longer a queue than before.

    Returns:
        The flows in province and kind order, and the memory for the next plan.
    """
    by_kind = hosts_by_kind(picture)
    sharing = frozenset(_sharing_now(picture, memory))
    flows: list[MoveFlow] = []
    lent: dict[ProvinceCode, int] = {}
    for source in picture.provinces:
        for waiting in source.kinds:
            if (source.province, waiting.kind) not in sharing:
                continue
            wanted = min(waiting.waiting * source.policy.share_out_ratio_permille // 1000, FLOW_TASKS_MAX)
            for host, offered in by_kind.get(waiting.kind, ()):
                if wanted <= 0:
                    break
                if (host.province, waiting.kind) in sharing or not may_host(source.province, source.policy, host):
                    continue
                free = _lendable(host, offered) - lent.get(host.province, 0)
                count = min(wanted, free)
                if count <= 0:
                    continue
                lent[host.province] = lent.get(host.province, 0) + count
                wanted -= count
                flows.append(
                    MoveFlow(
                        source=source.province,
                        host=host.province,
                        kind=waiting.kind,
                        count=count,
                        reason=written(
                            Cause.ADVISED,
                            wait_ms=waiting.expected_wait_ms,
                            release_ms=source.policy.release_wait_ms,
                            host=host.province,
                            free=offered.free_capacity,
                            experience=offered.experience,
                        ),
                    )
                )
    return flows, FlowMemory(sharing=sharing)


def _lendable(host: ProvinceSummary, offered: KindSummary) -> int:
    """Tasks of a kind that a host can start at once without touching its reserve or its own waiting work."""
    if offered.waiting > 0:
        return 0
    return max(0, offered.free_capacity - host.policy.reserve_operators)


def _sharing_now(picture: NationalPicture, memory: FlowMemory) -> Iterable[tuple[ProvinceCode, KindId]]:
    for source in picture.provinces:
        mode = source.policy.share_out_mode
        if mode not in (ShareOutMode.OVERFLOW, ShareOutMode.BEST_MATCH) or source.status is ProvinceStatus.SUSPENDED:
            continue
        for waiting in source.kinds:
            if not waiting.waiting or (source.policy.kinds and waiting.kind not in source.policy.kinds):
                continue
            already = (source.province, waiting.kind) in memory.sharing
            threshold = source.policy.release_wait_ms if already else source.policy.activation_wait_ms
            if waiting.expected_wait_ms > threshold * (1_000 - waiting.pressure_permille) // 1_000:
                yield source.province, waiting.kind
