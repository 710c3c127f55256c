"""What a client must know of the country before it can play: the branches with their sizes, and the kinds of work.

Both are read over the wire. Only the sizes are ours: the wire does not tell how large a branch is, so the population of the 2020 census
stands for it (rule 4 of the reference scenario: branches are sized by the census).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import grpc

from gateway.v1 import operator_pb2, operator_pb2_grpc, province_pb2, province_pb2_grpc
from loadtests.wire import DEADLINE_S, bearer

#: Entries asked for at once; there are 36 branches and some dozens of kinds.
PAGE_SIZE = 1_000


class Line(StrEnum):
    """Line of business."""

    SERVICING = "servicing"
    UNDERWRITING = "underwriting"
    CLAIMS = "claims"


LINES_IN: dict[operator_pb2.Line, Line] = {
    operator_pb2.LINE_SERVICING: Line.SERVICING,
    operator_pb2.LINE_UNDERWRITING: Line.UNDERWRITING,
    operator_pb2.LINE_CLAIMS: Line.CLAIMS,
}
LINES_OUT = {line: number for number, line in LINES_IN.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of work, as far as a client cares."""

    kind: str
    line: Line
    name: str = ""
    name_zh: str = ""
    #: Authority that a task of this kind needs, 0..9.
    authority: int = 0
    #: (skill, level) that every task of this kind needs.
    skills: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """A branch and its size."""

    province: str
    name: str = ""
    name_zh: str = ""
    #: Places where desks stand; one or more.
    sites: tuple[str, ...] = ()

    @property
    def weight(self) -> float:
        """Population, millions: what the branch's share of work and people goes by."""
        return POPULATION_MILLIONS.get(self.province, POPULATION_DEFAULT_MILLIONS)


#: 2020 census, millions; the five cities with branches of their own are taken off their provinces.
POPULATION_MILLIONS: dict[str, float] = {
    "guangdong": 108.4,
    "henan": 99.4,
    "shandong": 91.5,
    "jiangsu": 84.7,
    "sichuan": 83.7,
    "hebei": 74.6,
    "hunan": 66.4,
    "anhui": 61.0,
    "hubei": 57.8,
    "zhejiang": 55.2,
    "guangxi": 50.1,
    "yunnan": 47.2,
    "jiangxi": 45.2,
    "shaanxi": 39.5,
    "guizhou": 38.6,
    "fujian": 36.4,
    "liaoning": 35.1,
    "shanxi": 34.9,
    "chongqing": 32.1,
    "heilongjiang": 31.9,
    "xinjiang": 25.9,
    "gansu": 25.0,
    "shanghai": 24.9,
    "jilin": 24.1,
    "neimenggu": 24.0,
    "beijing": 21.9,
    "shenzhen": 17.6,
    "tianjin": 13.9,
    "hainan": 10.1,
    "qingdao": 10.1,
    "ningbo": 9.4,
    "dalian": 7.5,
    "ningxia": 7.2,
    "qinghai": 5.9,
    "xiamen": 5.2,
    "xizang": 3.6,
}
#: A branch that the census table does not know.
POPULATION_DEFAULT_MILLIONS = 25.0


async def read_kinds(channel: grpc.aio.Channel, token: str) -> list[Kind]:
    """The kinds of work, ordered by id."""
    stub = operator_pb2_grpc.OperatorServiceStub(channel)
    request = operator_pb2.ListTaskKindsRequest(page_size=PAGE_SIZE)
    answer = await stub.ListTaskKinds(request, metadata=bearer(token), timeout=DEADLINE_S)
    return [
        Kind(
            kind=kind.task_kind_id,
            line=LINES_IN[kind.line],
            name=kind.display_name,
            name_zh=kind.display_name_zh,
            authority=kind.required_authority,
            skills=tuple((skill.skill, skill.level) for skill in kind.required_skills),
        )
        for kind in answer.task_kinds
    ]


async def read_branches(channel: grpc.aio.Channel, token: str) -> list[Branch]:
    """The branches, ordered by id, each with one site that bears its name (the wire does not list sites)."""
    stub = province_pb2_grpc.ProvinceServiceStub(channel)
    request = province_pb2.ListProvincesRequest(page_size=PAGE_SIZE)
    answer = await stub.ListProvinces(request, metadata=bearer(token), timeout=DEADLINE_S)
    return [
        Branch(
            province=province.province_id,
            name=province.display_name,
            name_zh=province.display_name_zh,
            sites=(province.province_id,),
        )
        for province in answer.provinces
    ]


def largest(provinces: Sequence[str], count: int, always: str) -> list[str]:
    """The `count` most populous of `provinces`, with `always` among them; in the order given."""
    by_size = sorted(provinces, key=lambda code: -POPULATION_MILLIONS.get(code, POPULATION_DEFAULT_MILLIONS))
    chosen = [always, *(code for code in by_size if code != always)][:count]
    return [code for code in provinces if code in chosen]
