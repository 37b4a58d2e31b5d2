"""Ask a witness for its cosignature over HTTP. It is believed in nothing that its signature does not say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from http.client import HTTPException
from typing import NamedTuple
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from openkimberley.kernel.errors import Untrusted
from openkimberley.trust.notes import Checkpoint, Note, Signature, VerifierKey, decimal
from openkimberley.witness.facts import TREE_SIZE, log_id
from openkimberley.witness.statements import read_cosignatures, write_submission

SECONDS = 10
MOST_BYTES = 65_536


class Reply(NamedTuple):
    """What came back: status 0 where nothing did, and ``body`` then says why."""

    status: int
    content_type: str
    body: bytes


Send = Callable[[str, bytes | None], Reply]
"""Send a body to an address (None: get what is there)."""


class _Stay(HTTPRedirectHandler):
    """A witness has one address: whoever sends us elsewhere is not followed."""

    def redirect_request(self, *_: object) -> None:
        """No request."""


def send(address: str, body: bytes | None) -> Reply:
    """Send a body, or get what is there: ten seconds, 64 KiB. Raises nothing, a line that is down is a reply too."""
    if urlsplit(address).scheme not in ("http", "https"):
        return Reply(0, "", b"the address begins with neither https:// nor http://")
    request = Request(address, data=body, headers={"Content-Type": "text/plain"})  # noqa: S310 - checked above
    try:
        with build_opener(_Stay).open(request, timeout=SECONDS) as answer:
            return Reply(answer.status, answer.headers.get_content_type(), answer.read(MOST_BYTES))
    except HTTPError as error:
        with error:
            return Reply(error.code, error.headers.get_content_type(), error.read(MOST_BYTES))
    except (OSError, HTTPException, ValueError) as error:
        return Reply(0, "", str(error)[:200].encode())


class Outcome(NamedTuple):
    """How asking went: the lines given, the size the witness now holds (None: unknown), and the trouble in words."""

    lines: tuple[Signature, ...] = ()
    held: int | None = None
    trouble: str = ""


def ask(
    address: str, key: VerifierKey, note: str, *, old: int, consistency: Callable[[int, int], Sequence[bytes]],
    post: Send = send,
) -> Outcome:  # fmt: skip
    """Ask the witness at ``address`` to cosign ``note``; ``old`` is the size it is believed to hold.

    Where it holds another size it is asked once more with the right proof. ``consistency`` gives the proof between two
    sizes of the journal.
    """
    one = Checkpoint.parse(Note.parse(note).text)
    for _ in range(2):
        body = write_submission(old, consistency(old, one.size), note).encode()
        reply = post(f"{address.rstrip('/')}/add-checkpoint", body)
        if reply.status == 409 and reply.content_type == TREE_SIZE:
            try:
                held = decimal(reply.body.decode("ascii", "replace").removesuffix("\n"))
            except Untrusted:
                return Outcome(trouble="it answers with a size that is none")
            if held > one.size:
                return Outcome(held=held, trouble=f"it has seen {held} entries, more than the {one.size} shown to it")
            if held == old:
                break
            old = held
        elif reply.status == 200:
            return _cosigned(reply, one, key)
        else:
            return Outcome(trouble=f"it answers {reply.status or 'nothing'}: {_words(reply.body)}")
    return Outcome(trouble="it asks for one size and then for another")


def _cosigned(reply: Reply, one: Checkpoint, key: VerifierKey) -> Outcome:
    try:
        lines = read_cosignatures(reply.body.decode("utf-8", "replace"), one.text, [key])
    except Untrusted as error:
        return Outcome(trouble=error.reason)
    return Outcome(tuple(lines), one.size)


def last_seen(
    address: str, key: VerifierKey, origin: str, *, journal: Iterable[VerifierKey], get: Send = send
) -> Checkpoint | None:
    """The last checkpoint of a journal that a witness accepted, by its own cosignature; None where it does not say.

    One of the ``journal``'s keys must have signed it too: else a witness could invent a journal that never was.
    """
    reply = get(f"{address.rstrip('/')}/{log_id(origin)}/checkpoint", None)
    try:
        note = Note.parse(reply.body) if reply.status == 200 else None
        if note is None or not note.verified([key]) or not note.verified(journal):
            return None
        one = Checkpoint.parse(note.text)
    except Untrusted:
        return None
    return one if one.origin == origin else None


def _words(body: bytes) -> str:
    return " ".join(body[:200].decode("utf-8", "replace").split())
