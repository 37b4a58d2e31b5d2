"""PURE. SD-JWT (RFC 9901): one signature over everything, each claim shown or withheld by itself.

Not used, so refused: key binding, other digests than SHA-256. Decoy digests are not made, but accepted.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from openkimberley.kernel.errors import Untrusted
from openkimberley.trust import jws
from openkimberley.trust.canonical import MAX_DEPTH, PARSE, b64u, canonical, parse_json, sha256, unb64u
from openkimberley.trust.jws import MAX_CHARS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from openkimberley.trust.keys import PublicKey, Signer

TYP = "dc+sd-jwt"
SALT_BYTES = 16
MAX_DISCLOSURES = 512

_RESERVED = ("_sd", "...", "_sd_alg")

Path = tuple[str | int, ...]


class Disclosure(NamedTuple):
    """One shown claim (``name`` set) or array element (``name`` None). ``path`` is where it came to stand."""

    text: str
    name: str | None
    value: Any
    path: Path = ()


@dataclass(frozen=True, slots=True)
class SdJwt:
    """A parsed, not yet verified SD-JWT. ``claims`` is the payload with everything shown put in its place."""

    jwt: jws.Jws
    claims: Mapping[str, Any]
    disclosures: tuple[Disclosure, ...]

    @property
    def kid(self) -> str:
        """The name of the key that is said to have signed, or empty."""
        return self.jwt.kid

    @property
    def cid(self) -> bytes:
        """SHA-256 of the signing input, 32 bytes: the same however much is shown."""
        return self.jwt.cid

    def verify(self, key: PublicKey) -> None:
        """Raise ``Untrusted`` unless ``key`` signed this (2 key, 3 signature)."""
        self.jwt.verify(key)


def signing_input_hash(text: str) -> bytes:
    """The identity (cid) of an SD-JWT text: SHA-256 of its JWS signing input. Raises ``Untrusted`` if it has none."""
    return jws.parse(text.partition("~")[0]).cid


def issue(
    payload: Mapping[str, Any],
    claims: Mapping[str, Any],
    *,
    signer: Signer,
    each_element_of: Collection[str] = (),
    typ: str = TYP,
    salt: Callable[[int], bytes] = secrets.token_bytes,
) -> str:
    """The full SD-JWT: ``payload`` is always visible, each of ``claims`` is a disclosure of its own.

    The arrays named in ``each_element_of`` also get one disclosure for each element. ``salt`` gives random bytes.
    """
    shown: list[str] = []

    def disclose(*content: Any) -> str:
        text = b64u(canonical([b64u(salt(SALT_BYTES)), *content]))
        shown.append(text)
        return b64u(sha256(text.encode("ascii")))

    digests = []
    for name, value in claims.items():
        if name in payload or name in _RESERVED:
            raise ValueError(f"the claim {name} cannot be a disclosure")
        if name in each_element_of:
            value = [{"...": disclose(element)} for element in value]  # noqa: PLW2901
        digests.append(disclose(name, value))
    signed = jws.sign({**payload, "_sd": sorted(digests), "_sd_alg": "sha-256"}, typ=typ, signer=signer)
    return "~".join([signed, *shown, ""])


def parse(text: str, typ: str | None = TYP) -> SdJwt:
    """The SD-JWT of a text, its disclosures matched with the signed digests.

    Raises ``Untrusted("1 parse", ...)`` for anything that RFC 9901, section 7.1, refuses: a disclosure nobody signed,
    one digest twice, a name twice, a name that is reserved, another digest algorithm.
    """
    signed, *rest = text.split("~") if len(text) <= MAX_CHARS else ("",)
    jwt = jws.parse(signed, typ)
    if not rest or rest[-1] != "":
        raise Untrusted(PARSE, "the text does not end as an SD-JWT without key binding does")
    if len(rest) > MAX_DISCLOSURES:
        raise Untrusted(PARSE, "there are too many disclosures")
    if jwt.payload.get("_sd_alg", "sha-256") != "sha-256":
        raise Untrusted(PARSE, "the digests are not SHA-256")
    reading = _Reading(rest[:-1])
    claims = reading.object({name: value for name, value in jwt.payload.items() if name != "_sd_alg"}, ())
    return SdJwt(jwt, claims, reading.finish())


def present(text: str, names: Collection[str]) -> str:
    """The same SD-JWT showing only the claims in ``names`` (with all their elements)."""
    whole = parse(text)
    kept = [shown.text for shown in whole.disclosures if shown.path[0] in names]
    return "~".join([text.partition("~")[0], *kept, ""])


class _Reading:
    """Puts disclosures in the places of their digests, once each."""

    def __init__(self, texts: list[str]) -> None:
        self.order = [b64u(sha256(text.encode("utf-8", "replace"))) for text in texts]
        self.waiting = {digest: _disclosure(text) for digest, text in zip(self.order, texts, strict=True)}
        if len(self.waiting) != len(texts):
            raise Untrusted(PARSE, "a disclosure stands there twice")
        self.placed: dict[str, Disclosure] = {}
        self.seen: set[str] = set()

    def take(self, digest: object) -> tuple[str, Disclosure] | None:
        """The disclosure that a signed digest belongs to, if it is shown."""
        if not isinstance(digest, str):
            raise Untrusted(PARSE, "a digest is not a text")
        if digest in self.seen:
            raise Untrusted(PARSE, "a digest was signed twice")
        self.seen.add(digest)
        shown = self.waiting.pop(digest, None)
        return None if shown is None else (digest, shown)

    def place(self, digest: str, shown: Disclosure, path: Path) -> Any:
        if len(path) > MAX_DEPTH:
            raise Untrusted(PARSE, "disclosures are nested too deep")
        self.placed[digest] = Disclosure(shown.text, shown.name, shown.value, path)
        return self.value(shown.value, path)

    def value(self, value: Any, path: Path) -> Any:
        if isinstance(value, dict):
            return self.object(value, path)
        return self.array(value, path) if isinstance(value, list) else value

    def object(self, value: dict[str, Any], path: Path) -> dict[str, Any]:
        digests = value.get("_sd", [])
        if not isinstance(digests, list) or "..." in value:
            raise Untrusted(PARSE, "reserved names are used for something else")
        found = {
            name: self.value(inner, (*path, name)) if isinstance(inner, (dict, list)) else inner
            for name, inner in value.items()
            if name != "_sd"
        }
        for taken in map(self.take, digests):
            if taken is None:
                continue
            digest, shown = taken
            if shown.name is None or shown.name in _RESERVED or shown.name in found:
                raise Untrusted(PARSE, "a disclosure has no name, a reserved one, or one that is already there")
            found[shown.name] = self.place(digest, shown, (*path, shown.name))
        return found

    def array(self, value: list[Any], path: Path) -> list[Any]:
        found: list[Any] = []
        for element in value:
            if not isinstance(element, dict) or "..." not in element:
                found.append(self.value(element, (*path, len(found))))
                continue
            if len(element) != 1:
                raise Untrusted(PARSE, "an array element says more than its digest")
            if taken := self.take(element["..."]):
                digest, shown = taken
                if shown.name is not None:
                    raise Untrusted(PARSE, "a claim is shown in the place of an array element")
                found.append(self.place(digest, shown, (*path, len(found))))
        return found

    def finish(self) -> tuple[Disclosure, ...]:
        if self.waiting:
            raise Untrusted(PARSE, "something is shown that nobody signed")
        return tuple(self.placed[digest] for digest in self.order)


def _disclosure(text: str) -> Disclosure:
    content = parse_json(unb64u(text))
    if not isinstance(content, list) or len(content) not in (2, 3) or not isinstance(content[0], str):
        raise Untrusted(PARSE, "a disclosure is not a salt with a value, or with a name and a value")
    if len(content) == 2:
        return Disclosure(text, None, content[1])
    if not isinstance(content[1], str):
        raise Untrusted(PARSE, "the name in a disclosure is not a text")
    return Disclosure(text, content[1], content[2])
