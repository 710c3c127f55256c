"""Province codes as a person types them: what they mean, and what to say when one is none."""

import difflib
import re
from collections.abc import Collection

from actors.core.ids import ProvinceCode

#: More digits than this are no count of anything here.
_COUNT = re.compile(r"\s*(\d{1,9})\s*")


def typed_count(text: str) -> int | None:
    """How many provinces, where a number stands for codes; None: it is no number. Not every digit of Unicode is one that counts."""
    found = _COUNT.fullmatch(text)
    return None if found is None else int(found[1])


def split_codes(text: str) -> tuple[ProvinceCode, ...]:
    """The codes of a comma-separated list, each once, in its order; blanks and empty places are passed over."""
    return tuple(dict.fromkeys(ProvinceCode(code.strip()) for code in text.split(",") if code.strip()))


def explain_unknown(code: str, known: Collection[str]) -> str:
    """Why `code` cannot be used: the one that was probably meant, and all that there are."""
    close = difflib.get_close_matches(code.lower(), known, n=1)
    meant = f"did you mean {close[0]}? There" if close else "there"
    return f"there is no province {code!r}; {meant} are {', '.join(known)}"
