"""Province codes as a person types them: what they mean, and what to say when one is none."""

import difflib
from collections.abc import Collection

from actors.core.ids import ProvinceCode


def split_codes(text: str) -> tuple[ProvinceCode, ...]:
    """The codes of a comma-separated list, each once, in its order; blanks and empty places are passed over."""
    return tuple(dict.fromkeys(ProvinceCode(code.strip()) for code in text.split(",") if code.strip()))


def explain_unknown(code: str, known: Collection[str]) -> str:
    """Why `code` cannot be used: the one that was probably meant, and all that there are."""
    close = difflib.get_close_matches(code.lower(), known, n=1)
    meant = f"did you mean {close[0]}? There" if close else "there"
    return f"there is no province {code!r}; {meant} are {', '.join(known)}"
