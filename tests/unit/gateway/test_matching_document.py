from pathlib import Path

from gateway.matching_document import document

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "matching-parameters.md"


def test_the_document_is_what_the_catalogue_says() -> None:
    """Else people would read of parameters, weights or curves that are not those that run."""
    written = DOCUMENT.read_text(encoding="utf-8")
    assert written == document(), "run: python -m gateway.matching_document > docs/matching-parameters.md"
