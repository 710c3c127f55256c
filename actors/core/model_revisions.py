"""The revisions of the matching model, as the headquarters keep them.

A revision never changes. Whoever changes the model puts a new one in its place, and going back is a new revision with the content of an old
one, so that the journals tell without gaps which model was in force when, and by whom. What is kept is the last events themselves: they hold
the models, who asked, and by which request, so that a repeated request is answered with the revision that it made.
"""

import hashlib

import msgspec

from actors.core.matching.model import MatchingModel, validate
from actors.core.refusal import Reason, Refused

#: Revisions kept; the oldest are forgotten first, with the requests that made them.
MODEL_REVISIONS_MAX = 100
#: Requests remembered that found the model as they wanted it; the oldest are forgotten first, and with the revision that they found.
MODEL_NOTES_MAX = 100
#: Of one model, encoded: it travels whole to every province.
MODEL_BYTES_MAX = 128 * 1024
#: Mistakes of a model that a refusal names.
VIOLATIONS_MAX = 10


class MatchingModelPut(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag=True):
    """A new revision of the matching model is in force; or one that is there already is what a request asked for, which is noted."""

    at_ms: int
    model: MatchingModel
    who: str = ""
    request_id: str = ""
    #: Digest of what was asked.
    fingerprint: bytes = b""


#: A new revision to be written, the one that is in force already, or why there is none.
ModelDecision = MatchingModelPut | MatchingModel | Refused


class ModelRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks for a change of the model, when, and by what knowledge."""

    who: str
    request_id: str
    at_ms: int
    #: The revision that the caller saw; 0: any.
    revision: int = 0
    #: Digest of what the caller asked, where the model is that merged with a revision; empty: the model is what was asked.
    fingerprint: bytes = b""


class ModelRevisions:
    """The kept revisions, oldest first."""

    def __init__(self) -> None:
        #: Revision -> the event that made it.
        self.kept: dict[int, MatchingModelPut] = {}
        #: (who, request id) -> the note of a request that found its model in force.
        self.noted: dict[tuple[str, str], MatchingModelPut] = {}

    @property
    def current(self) -> MatchingModel | None:
        """The model in force; None before the first."""
        return next(reversed(self.kept.values())).model if self.kept else None

    @property
    def revision(self) -> int:
        """The revision in force; 0 before the first."""
        return next(reversed(self.kept), 0)

    def apply(self, event: MatchingModelPut) -> None:
        """Take a revision in, or a note."""
        if event.model.revision in self.kept:
            self.noted[event.who, event.request_id] = event
            if len(self.noted) > MODEL_NOTES_MAX:
                del self.noted[next(iter(self.noted))]
            return
        self.kept[event.model.revision] = event
        if len(self.kept) > MODEL_REVISIONS_MAX:
            oldest = next(iter(self.kept))
            del self.kept[oldest]
            self.noted = {asked: note for asked, note in self.noted.items() if note.model.revision != oldest}

    def put(self, model: MatchingModel, request: ModelRequest) -> ModelDecision:
        """Decide on a new model. Its own revision and stamps are ignored."""
        content = _content(model)
        asked = request.fingerprint or _digest("put", content)
        earlier = self._earlier(request, asked)
        if earlier is not None:
            return earlier
        return self._stale(request) or _flawed(content) or self._next(content, request, asked)

    def roll_back(self, to_revision: int, request: ModelRequest, note: str = "") -> ModelDecision:
        """Decide on putting the content of an older revision in force again, with a note of its own."""
        asked = _digest("roll_back", (to_revision, note))
        earlier = self._earlier(request, asked)
        if earlier is not None:
            return earlier
        wanted = self.find(to_revision)
        if isinstance(wanted, Refused):
            return wanted
        content = msgspec.structs.replace(_content(wanted), note=note)
        # The catalogue may have lost a parameter since.
        return self._stale(request) or _flawed(content) or self._next(content, request, asked)

    def find(self, revision: int) -> MatchingModel | Refused:
        """A kept revision; 0: the one in force."""
        found = self.kept.get(revision or self.revision)
        if found is not None:
            return found.model
        oldest = next(iter(self.kept), 0)
        if revision < oldest:
            return Refused(
                reason=Reason.UNKNOWN_REVISION,
                message=f"Revision {revision} of the matching model is no longer kept; the oldest that is kept is {oldest}.",
                metadata={"oldest_revision": str(oldest)},
            )
        return Refused(
            reason=Reason.UNKNOWN_REVISION, message=f"There is no revision {revision} of the matching model."
        )

    def before(self, revision: int, count: int) -> tuple[MatchingModel, ...]:
        """Up to `count` kept revisions, newest first, older than `revision` (0: from the newest on)."""
        older = [put.model for number, put in self.kept.items() if not revision or number < revision]
        return tuple(reversed(older))[:count]

    def _earlier(self, request: ModelRequest, asked: bytes) -> MatchingModel | Refused | None:
        """What the same request has done before. It comes first: what it did then has moved the revision on."""
        if not request.request_id:
            return None
        for put in (*self.kept.values(), *self.noted.values()):
            if (put.who, put.request_id) == (request.who, request.request_id):
                if put.fingerprint == asked:
                    return put.model
                return Refused(
                    reason=Reason.REQUEST_ID_REUSED,
                    message=f"Request id {request.request_id} was used for a request with other content.",
                )
        return None

    def _stale(self, request: ModelRequest) -> Refused | None:
        if request.revision in (0, self.revision):
            return None
        return Refused(
            reason=Reason.ETAG_MISMATCH,
            message=f"The matching model is at revision {self.revision}.",
            metadata={"revision": str(self.revision)},
        )

    def _next(self, content: MatchingModel, request: ModelRequest, asked: bytes) -> ModelDecision:
        current = self.current
        model = msgspec.structs.replace(
            content, revision=self.revision + 1, updated_ms=request.at_ms, updated_by=request.who
        )
        # Why it was changed is no change.
        if current is not None and _content(current) == msgspec.structs.replace(content, note=current.note):
            if not request.request_id:
                return current
            # Repeated after somebody else has changed the model, it must not change it back.
            model = current
        return MatchingModelPut(
            at_ms=request.at_ms, model=model, who=request.who, request_id=request.request_id, fingerprint=asked
        )


def _content(model: MatchingModel) -> MatchingModel:
    """A model without the stamps that the headquarters give it."""
    return msgspec.structs.replace(model, revision=0, updated_ms=0, updated_by="")


def _flawed(model: MatchingModel) -> Refused | None:
    size = len(_encode(model))
    wrong = [f"The model has {size} bytes; at most {MODEL_BYTES_MAX} are allowed."] if size > MODEL_BYTES_MAX else []
    wrong = wrong or validate(model)
    if not wrong:
        return None
    named = {f"violation_{place}": text for place, text in enumerate(wrong[:VIOLATIONS_MAX], start=1)}
    return Refused(reason=Reason.BAD_MODEL, message=wrong[0], metadata=named)


def _digest(what: str, content: MatchingModel | tuple[int, str]) -> bytes:
    return hashlib.blake2b(_encode((what, content)), digest_size=16).digest()


_encode = msgspec.msgpack.Encoder(order="sorted").encode
