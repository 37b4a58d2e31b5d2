"""PURE. The key ceremony of a participant: a checklist, a transcript its keys sign, a request to be enrolled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tuf.api.metadata import Metadata, Targets

from openkimberley.kernel.errors import Conflict, Untrusted
from openkimberley.trust import jws
from openkimberley.trust.canonical import canonical, parse_json
from openkimberley.trust.keys import PublicKey, Signer
from openkimberley.trust.trustlist import documents, metadata
from openkimberley.trust.trustlist.facts import STEP, fingerprint, moment_text
from openkimberley.trust.trustlist.repository import list_target
from openkimberley.trust.trustlist.roles import CODE, Terms, authority_of, role_of, term

TYP = "kp-ceremony+jwt"

CHECKLIST = (
    "The computer has no network: cable out, wireless off, and was started from the medium prepared for this.",
    "Two officers and one witness are present; their names are written down below.",
    "The sticks are new, numbered and empty; each goes into another safe, under another person.",
    "Each stick gets its own passphrase, chosen and typed by its keeper, seen by nobody else.",
    "The fingerprints are read aloud, written on paper and signed by all three.",
    "The request goes to the signers of targets by diplomatic channel; they compare the fingerprints by voice.",
    "The keys that a stick holds are opened once more before the sticks are locked away.",
    "After publication the participant looks at its entry in the trust log and at the fingerprints there.",
)


@dataclass(frozen=True)
class Request:
    """What a ceremony makes and a participant sends: its keys, its first metadata, the transcript that proves both."""

    participant: str
    threshold: int
    keys: tuple[PublicKey, ...]
    metadata: str
    targets: Mapping[str, str]
    transcript: Mapping[str, Any]

    def to_bytes(self) -> bytes:
        """The request as canonical JSON."""
        return canonical({
            "v": 1, "participant": self.participant, "threshold": self.threshold,
            "keys": [key.as_json() for key in self.keys], "metadata": self.metadata, "targets": dict(self.targets),
            "transcript": dict(self.transcript),
        })  # fmt: skip

    def transcript_bytes(self) -> bytes:
        """The transcript with its signatures, whose hash targets lists."""
        return canonical(dict(self.transcript))

    @classmethod
    def from_bytes(cls, data: bytes) -> Request:
        """Read a request and check that every one of its keys signed the transcript. Raises ``Untrusted``."""
        written = parse_json(data, STEP)
        try:
            if written["v"] != 1 or not CODE.match(written["participant"]):
                raise ValueError("its version or participant is not known")
            found = cls(
                written["participant"], int(written["threshold"]),
                tuple(PublicKey.from_json(key) for key in written["keys"]), str(written["metadata"]),
                {str(path): str(text) for path, text in written["targets"].items()}, written["transcript"],
            )  # fmt: skip
            found._check()
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise Untrusted(STEP, f"this is not a participant's request: {str(error)[:80]}") from error
        return found

    def _check(self) -> None:
        said = self.transcript["said"]
        if said != {**said, **_about(self.participant, self.threshold, self.keys)}:
            raise Untrusted(STEP, "the ceremony's transcript names other keys than the request")
        signed = [jws.parse(text, TYP) for text in self.transcript["signatures"]]
        for key in self.keys:
            mine = [one for one in signed if one.kid == key.kid]
            if not mine or mine[0].payload != said:
                raise Untrusted(STEP, f"the ceremony's transcript is not signed by {key.kid}")
            mine[0].verify(key)


def _about(code: str, threshold: int, keys: Sequence[PublicKey]) -> dict[str, Any]:
    rows = [{"kid": key.kid, "fingerprint": fingerprint(key)} for key in keys]
    return {"v": 1, "participant": code, "threshold": threshold, "keys": rows}


def hold(
    code: str,
    signers: Sequence[Signer],
    keys_files: Mapping[str, bytes],
    *,
    present: Sequence[str],
    place: str,
    terms: Terms,
    at: datetime,
) -> Request:
    """Make a participant's request: metadata 1 listing ``keys_files`` (by path), signed by its threshold, and the
    transcript (who, where, when, which keys, the checklist), signed by all of them.

    Raises ``Conflict`` for fewer keys than the threshold, ``Untrusted`` for a ``keys.json`` that is none of its own.
    """
    about = term(terms, role_of(code))
    if len({signer.public_key for signer in signers}) < max(about.threshold, 1):
        raise Conflict(f"{code} needs at least {about.threshold} different keys")
    first: Metadata[Any] = Metadata(Targets(version=1, expires=at + about.lifetime))
    for path, data in keys_files.items():
        participant, authority = authority_of(path)
        if participant != code:
            raise Conflict(f"{path} is not the keys.json of an authority of {code}")
        documents.read_keys(data, code, authority)
        list_target(first, path, data)
    for signer in signers[: about.threshold]:
        metadata.sign(first, signer)
    keys = tuple(PublicKey(signer.kid, signer.alg, signer.public_key, use="trust") for signer in signers)
    said = {
        **_about(code, about.threshold, keys), "at": moment_text(at), "place": place, "present": list(present),
        "checklist": list(CHECKLIST),
    }  # fmt: skip
    transcript = {"said": said, "signatures": [jws.sign(said, typ=TYP, signer=signer) for signer in signers]}
    texts = {path: data.decode() for path, data in keys_files.items()}
    return Request(code, about.threshold, keys, first.to_bytes().decode(), texts, transcript)
