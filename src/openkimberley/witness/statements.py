"""PURE. The bodies that journals and witnesses exchange (c2sp.org/tlog-witness), the same by HTTP, stick and e-mail."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from openkimberley.kernel.errors import Untrusted
from openkimberley.trust.notes import (
    LOG,
    Checkpoint,
    Note,
    Signature,
    VerifierKey,
    base64_of,
    bytes_of,
    decimal,
    parse_signature,
)
from openkimberley.witness.facts import MAX_BODY, Submission

STEP = "1 parse"
MAX_PROOF = 63
MAX_LINES = 64
MAX_TEXT = 16_384
"""Bytes of a checkpoint without signatures: origin, size, root, and room for what a journal may add."""


def write_submission(old: int, proof: Sequence[bytes], note: str) -> str:
    """The body of a request to cosign ``note``, for a witness that holds ``old`` entries."""
    return "".join(f"{line}\n" for line in (f"old {old}", *map(base64_of, proof))) + f"\n{note}"


def read_submission(body: bytes) -> Submission:
    """The request in a body. Raises ``Untrusted`` where it has not the form of one."""
    if len(body) > MAX_BODY:
        raise Untrusted(STEP, "the request is larger than any can be")
    head, gap, rest = body.partition(b"\n\n")
    try:
        first, *lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise Untrusted(STEP, "the proof is not ASCII") from error
    if not gap or not first.startswith("old "):
        raise Untrusted(STEP, "the request does not begin with the old size, the proof and an empty line")
    if len(lines) > MAX_PROOF:
        raise Untrusted(STEP, f"the proof has more than {MAX_PROOF} lines")
    proof = tuple(map(bytes_of, lines))
    if any(len(one) != 32 for one in proof):
        raise Untrusted(STEP, "a hash of the proof is not 32 bytes long")
    note = _lenient(rest)
    if len(note.text.encode()) > MAX_TEXT:
        raise Untrusted(STEP, "the checkpoint says more than is read")
    return Submission(decimal(first.removeprefix("old ")), proof, note, Checkpoint.parse(note.text))


def _lenient(data: bytes) -> Note:
    """The note without those signature lines that cannot be read: a stranger's line is nobody's, however it is made."""
    try:
        return Note.parse(data)
    except Untrusted:
        text, gap, lines = data.decode("utf-8", "replace").rpartition("\n\n")
        Checkpoint.parse(text + "\n")
        if not gap or not lines.endswith("\n") or lines.count("\n") > MAX_LINES:
            raise
    found: list[Signature] = []
    for line in lines.removesuffix("\n").split("\n"):
        with contextlib.suppress(Untrusted):
            found += Note.parse(f"{text}\n\n{line}\n").signatures
    return Note(text + "\n", tuple(found))


def read_cosignatures(body: str, text: str, keys: Iterable[VerifierKey]) -> list[Signature]:
    """The lines of an answer that are cosignatures of known witnesses over the checkpoint ``text``.

    Lines of strangers are passed over. Raises ``Untrusted`` where there is none, or one does not hold.
    """
    written = body.removesuffix("\n").split("\n")
    if len(written) > MAX_LINES:
        raise Untrusted(STEP, "the answer has more lines than are read")
    lines = [parse_signature(line) for line in written]
    known = {(key.name, key.id): key for key in keys}
    found = [line for line in lines if (line.name, line.id) in known]
    for line in found:
        known[line.name, line.id].verify(text, line.signature)
    if not found:
        raise Untrusted(STEP, "no witness that is known here has signed this answer")
    return found


def read_logs(text: str) -> dict[str, tuple[VerifierKey, ...]]:
    """Journals and their keys, one ``vkey`` a line, ``#`` for remarks; a journal may have several keys.

    A journal signs by its own name, so that the key's name is the journal's origin. Raises ``Untrusted``.
    """
    found: dict[str, tuple[VerifierKey, ...]] = {}
    for line in text.splitlines():
        written = line.strip()
        if written and not written.startswith("#"):
            key = VerifierKey.parse(written.split()[0])
            found[key.name] = (*found.get(key.name, ()), key)
    return found


class Claims(NamedTuple):
    """The journals of a trust list by their origin, and those that several keys are claimed for, with these keys."""

    logs: dict[str, dict[str, Any]]
    disputed: dict[str, list[str]]


class Owner(NamedTuple):
    """Whose a journal is as far as a witness knows, and its keys."""

    participant: str
    vkeys: Sequence[str]


def about_logs(
    authorities: Mapping[str, Mapping[str, Any]], delays: Mapping[str, int] | None = None,
    held: Mapping[str, Owner] | None = None,
) -> Claims:  # fmt: skip
    """The journals of a trust list by their origin, from its ``keys.json`` of each authority.

    Several authorities may write one journal with one and the same key: it then has the numbers of all. Anybody can
    write another's origin beside a key of his own, so that of several keys only the one in ``held`` counts, else none;
    and the key in ``held`` gives way to a new one only at the word of the Participant whose journal it is. What is no
    key of the origin it stands beside claims nothing.

    ``delays`` gives each Participant's hours for logging. ``vkeys`` is its key, ``url`` where it is read (a route of
    the kind ``journal``), ``own_witnesses`` the keys of witnesses that do not count for it, ``participant`` whose it
    is, the rest as ``facts.issuer_of`` reads.
    """
    claims: dict[str, list[tuple[str, str, Mapping[str, Any]]]] = {}
    for document in authorities.values():
        if (log := document.get("log")) and (vkey := _log_key(log)):
            claims.setdefault(str(log["origin"]), []).append((str(document["participant"]), vkey, document))
    found = Claims({}, {})
    for origin, made in claims.items():
        owner = (held or {}).get(origin, Owner("", ()))
        keys = {vkey for _, vkey, _ in made}
        own = any(participant == owner.participant for participant, *_ in made)
        if len(keys) > 1 or (owner.vkeys and not keys <= set(owner.vkeys) and not own):
            found.disputed[origin] = sorted(keys)
            keys &= set(owner.vkeys)
        if len(keys) == 1 and (own or not owner.participant):
            counted = [one for one in made if one[1] in keys]
            # whose it was it stays: a stranger who writes the true key beside it does not become its owner
            counted.sort(key=lambda one: one[0] != owner.participant)
            found.logs[origin] = _about(counted, delays or {})
    return found


def _log_key(log: Mapping[str, Any]) -> str:
    """The journal's key in its one way of writing; empty for what is none."""
    try:
        key = VerifierKey.parse(str(log.get("vkey")))
    except Untrusted:
        return ""
    return key.text if key.kind == LOG and key.name == str(log.get("origin")) else ""


def _about(made: Sequence[tuple[str, str, Mapping[str, Any]]], delays: Mapping[str, int]) -> dict[str, Any]:
    """A journal as those say who claim it with its key, the first of them first."""
    participant, vkey, _ = made[0]
    one: dict[str, Any] = {
        "participant": participant, "vkeys": [vkey], "url": "", "own_witnesses": [], "number_patterns": [],
        "ranges": [], "max_log_delay_h": delays.get(participant, 24),
    }  # fmt: skip
    for *_, document in made:
        _add(one["own_witnesses"], [str(document["witness"]["vkey"])] if document.get("witness") else [])
        _add(one["number_patterns"], document.get("number_patterns", ()))
        _add(one["ranges"], document.get("ranges", ()))
        urls = [str(route["url"]) for route in document.get("routes", ()) if route.get("kind") == "journal"]
        one["url"] = one["url"] or next(iter(urls), "")
    return one


def _add(to: list[Any], more: Iterable[Any]) -> None:
    to += [one for one in more if one not in to]
