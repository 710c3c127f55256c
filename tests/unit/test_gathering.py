"""A province that does not answer holds up the picture of the others once."""

import asyncio

from actors.core.ids import ProvinceCode
from actors.gathering import Gathering

ANHUI, FUJIAN = ProvinceCode("anhui"), ProvinceCode("fujian")
#: Nobody waits so long when all is well.
FOR_EVER_S = 3_600.0
#: A test that hangs fails after this.
PATIENCE_S = 20.0


class Country:
    """Two provinces of which one can be frozen."""

    def __init__(self) -> None:
        self.frozen: asyncio.Future[str | None] | None = None
        self.asked: list[ProvinceCode] = []
        self.gathering = Gathering((ANHUI, FUJIAN), self._ask)

    async def _ask(self, code: ProvinceCode, question: str) -> str | None:
        self.asked.append(code)
        if code == FUJIAN and self.frozen is not None:
            return await self.frozen
        return f"{code} {question}"

    def freeze(self) -> "asyncio.Future[str | None]":
        """Fujian stands still; what is put into the future is its next answer."""
        self.frozen = asyncio.get_running_loop().create_future()
        return self.frozen

    async def round(self, question: str, patience_s: float = FOR_EVER_S) -> list[str]:
        """The answers of one round, and who was asked in it."""
        self.asked = []
        return await asyncio.wait_for(self.gathering.answers(question, patience_s=patience_s), PATIENCE_S)


async def test_whoever_did_not_answer_is_not_waited_for_again() -> None:
    """One frozen process would make every picture of the whole country a second late until it is killed."""
    country = Country()
    country.freeze()
    assert await country.round("1", patience_s=0) == ["anhui 1"]
    assert await country.round("2") == ["anhui 2"]
    assert country.asked == [ANHUI], "its first question still waits; it would find a pile of them when it wakes"
    country.gathering.close()


async def test_a_late_answer_goes_into_the_next_picture_and_its_province_is_waited_for_again() -> None:
    """It would be left out for ever, or come and go with every other picture."""
    country = Country()
    late = country.freeze()
    await country.round("1", patience_s=0)
    late.set_result("fujian 1")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert await country.round("2") == ["anhui 2", "fujian 1"]
    again = country.freeze()
    waiting = asyncio.ensure_future(country.round("3"))
    asyncio.get_running_loop().call_soon(again.set_result, "fujian 3")
    assert await waiting == ["anhui 3", "fujian 3"]


async def test_whoever_is_gone_holds_up_nobody_and_is_asked_in_every_round() -> None:
    """A link that is down says so at once; a province that starts again must be in the next picture."""
    country = Country()
    country.freeze().set_result(None)
    assert await country.round("1") == ["anhui 1"]
    country.frozen = None
    assert await country.round("2") == ["anhui 2", "fujian 2"]


async def test_a_late_question_that_failed_is_put_again_without_waiting() -> None:
    """A process that was killed while it was asked would hold up the picture once more, or never be asked again."""
    country = Country()
    late = country.freeze()
    await country.round("1", patience_s=0)
    late.set_result(None)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert await country.round("2") == ["anhui 2"]
    country.freeze()
    assert await country.round("3") == ["anhui 3"]
    assert country.asked == [ANHUI, FUJIAN]
    country.gathering.close()
