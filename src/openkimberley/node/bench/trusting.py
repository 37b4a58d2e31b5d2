"""Benchmarks of trust that holds offline: a credential with everything behind it, and the size of what travels."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from openkimberley.node.bench.measuring import Figure
from openkimberley.node.bench.offline import rate
from openkimberley.trust import notes, statuslist
from openkimberley.trust.canonical import canonical
from openkimberley.trust.keys import SoftwareKey
from openkimberley.trust.merkle import MemoryHashes, Tree, leaf_hash
from openkimberley.trust.notes import COSIGNATURE, LOG, Checkpoint, Note, VerifierKey
from openkimberley.trust.proof import Proof

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openkimberley.certificates.models import Certificate
    from openkimberley.node.bench.world import World

ORIGIN = "journal.bench.example/1"
ENTRIES = 60_000
"""A journal as long as a year of the whole Scheme."""

WITNESSES = ("first.example", "second.example", "third.example")
MEMBERS = 60
A_MEMBERS = 1_000
"""60 Participants with a thousand certificates each."""


def verify_full(world: World) -> Iterator[Figure]:
    """SD-JWT with every disclosure, inclusion in 60,000 entries, the journal's signature and three cosignatures.

    The first figure verifies every signature each time, beside as many bare verifications of the same messages; the
    second is of a desk that has seen the checkpoint before, beside one bare verification.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from openkimberley.node.demo.people import ANTWERP, PRODUCER
    from openkimberley.trust import sdjwt, signing
    from openkimberley.verification.engine import verify
    from openkimberley.verification.statements import Bundle

    one, now = world.issued(), world.now + timedelta(hours=2)
    keys = {name: SoftwareKey.generate(name) for name in (ORIGIN, *WITNESSES)}
    proof = _proof(one, keys, int((world.now + timedelta(hours=1)).timestamp()))
    bundle = Bundle(_knowing(world.bundle(), keys, one.cid))
    text, token = proof.text, one.sd_jwt
    report = verify(token, bundle, now=now, authority=ANTWERP, proof=text)
    if report.verdict != "valid":
        raise RuntimeError(f"the certificate to be verified is {report.as_json()}")
    signed = sdjwt.parse(token).jwt
    public = Ed25519PublicKey.from_public_bytes(signing.public_key(PRODUCER).pub)
    bare = [(public, signed.signature, signed.signing_input)] + [
        (Ed25519PublicKey.from_public_bytes(keys[line.name].public_key), line.signature[-64:], _said(proof, line))
        for line in proof.note.signatures
    ]

    def cold() -> None:
        notes.forget()
        verify(token, bundle, now=now, authority=ANTWERP, proof=text)

    def floor() -> None:
        for key, signature, message in bare:
            key.verify(signature, message)

    yield rate(world, "verify-full", cold, floor, "5 bare Ed25519 verifications of the same messages")
    yield rate(
        world, "verify-full-known-checkpoint", lambda: verify(token, bundle, now=now, authority=ANTWERP, proof=text),
        lambda: public.verify(signed.signature, signed.signing_input), "1 bare Ed25519 verification of the credential",
    )  # fmt: skip


def _said(proof: Proof, line: notes.Signature) -> bytes:
    text = proof.note.text
    if line.name == ORIGIN:
        return text.encode()
    return notes.cosigned(text, int.from_bytes(line.signature[:8], "big"))


def _proof(one: Certificate, keys: dict[str, SoftwareKey], moment: int) -> Proof:
    """The proof of a certificate in the middle of a journal of a year, with three witnesses."""
    said = {"v": 1, "t": "kpc.issue", "n": one.number, "h": one.cid, "d": one.issue_date.isoformat()}
    leaves = [leaf_hash(number.to_bytes(4, "big")) for number in range(ENTRIES)]
    leaves[one.journal_index] = leaf_hash(canonical(said))
    tree = Tree(ENTRIES, MemoryHashes(leaves))
    text = Checkpoint(ORIGIN, ENTRIES, tree.root()).text
    note = Note.parse(notes.sign_note(text, name=ORIGIN, signer=keys[ORIGIN]))
    lines = [notes.cosign(text, name=name, signer=keys[name], time=moment) for name in WITNESSES]
    return Proof(one.journal_index, tuple(tree.inclusion(one.journal_index)), note.with_lines(lines))


def _knowing(bundle: dict[str, Any], keys: dict[str, SoftwareKey], cid: str) -> dict[str, Any]:
    """The node's bundle as if the issuer had this journal and the list these witnesses."""
    log = VerifierKey(ORIGIN, LOG, keys[ORIGIN].public_key)
    policy = [f"witness {name} {VerifierKey(name, COSIGNATURE, keys[name].public_key).text}" for name in WITNESSES]
    own = {code: {**about} for code, about in bundle["authorities"].items()}
    own["BW"]["log"] = {"origin": ORIGIN, "vkey": log.text}
    every = f"group every all {' '.join(WITNESSES)}"
    return {**bundle, "authorities": own, "policy": "\n".join([*policy, every, "quorum every", ""]), "expected": [cid]}


def bundle_size(world: World) -> Iterator[Figure]:
    """What an officer takes along: the list of 60 Participants with 12 keys each, the statuses of 60,000 certificates.

    In kB as it travels (gzip), beside its keys, signatures and two bits a certificate alone, which do not compress.
    """
    from openkimberley.node.bench.trustset import trust_set
    from openkimberley.trust import jws
    from openkimberley.verification.opening import pack_bundle

    made = trust_set(participants=4 if world.quick else MEMBERS)
    chance = random.Random(7)  # noqa: S311 - where the used places lie, nothing secret
    lists = [_status_list(f"{place:02d}", chance, int(made.at.timestamp())) for place in range(MEMBERS)]
    key = SoftwareKey.generate("BW/status/2027-1")
    local = jws.sign({"authority": "BW", "iat": 0, "expected": [], "used": []}, typ="kp-bundle+jwt", signer=key)
    note = notes.sign_note(Checkpoint(ORIGIN, 1, bytes(32)).text, name=ORIGIN, signer=key)
    whole = {"v": 2, "trust": made.trust, "status_lists": lists, "checkpoints": [note] * MEMBERS, "local": local}
    travels = len(pack_bundle(canonical(whole)))
    alone = MEMBERS * (12 * 32 + 3 * 64) + MEMBERS * A_MEMBERS // 4
    yield Figure(
        "bundle-size",
        travels / 1000,
        "kB",
        alone / 1000,
        "its keys, signatures and status bits alone",
        less_is_better=True,
    )
    statuses = sum(map(len, lists))
    yield Figure(
        "bundle-size-statuses", statuses / 1000, "kB", MEMBERS * A_MEMBERS / 4 / 1000, "two bits a certificate",
        less_is_better=True,
    )  # fmt: skip


def _status_list(code: str, chance: random.Random, at: int) -> str:
    """A signed list of a thousand certificates at random places: 1 of 100 void, 9 of 10 used."""
    from openkimberley.trust import jws

    places = chance.sample(range(statuslist.SIZE), A_MEMBERS)
    marks = dict.fromkeys(places[: A_MEMBERS * 9 // 10], statuslist.Status.USED)
    marks |= dict.fromkeys(places[-A_MEMBERS // 100 :], statuslist.Status.VOID)
    entries = statuslist.StatusList.empty().with_(marks)
    uri = f"https://kp.example/status/{'ABCDEF'[int(code) // 10]}{'ABCDEFGHIJ'[int(code) % 10]}/2027-1"
    claims = statuslist.claims_of(uri, entries, iat=at)
    return jws.sign(claims, typ=statuslist.TYP, signer=SoftwareKey.generate(f"{code}/status/1"))
