"""Explanations in words, Chinese and English: facts in, sentences out.

| module | content |
|---|---|
| `templates` | the one table of sentences, and how numbers and names are written |
| `parameter_names` | what the parameters of a fit are called in English |
| `waiting` | what a task waits for, and what would let it go |
| `moving` | why a task went to another province |
| `staying` | why it stays in its own |
| `choice` | why this person, why not that one, and what would have changed it |
"""

from actors.core.matching.wording.templates import Language

__all__ = ["Language"]
