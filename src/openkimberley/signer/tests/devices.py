"""What the tests of the signer share: a security key made of software, a draft, a request, a service with officers."""

from __future__ import annotations

import hashlib
import json
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from openkimberley.certificates.facts import STATEMENT, TITLE
from openkimberley.signer.policy import Policy
from openkimberley.signer.service import LocalService
from openkimberley.trust import approval
from openkimberley.trust.canonical import b64u, unb64u
from openkimberley.trust.keys import SoftwareKey

NOW = 1_793_610_000  # 2 November 2026, 09:00 UTC
DAY = 86_400
HOST, ORIGIN = "node.mines.example", "https://node.mines.example"
STRICT = Policy(rp_id=HOST, origins=(ORIGIN,), memory=64, ranges="told", enrolment="told")
PASSPHRASE = "a passphrase of an officer"
USES = ("sign", "status", "transport", "seal", "log", "witness")
KEYS = {
    (owner, use): SoftwareKey.from_secret(f"{owner}/{use}/1", "ES256" if use == "seal" else "Ed25519", bytes([n]) * 32)
    for n, (owner, use) in enumerate([(o, u) for o in ("BW", "ZA", "node") for u in USES], start=1)
}  # fmt: skip


@dataclass
class SecurityKey:
    """An authenticator: a P-256 key and a counter. Its faults can be set."""

    counter: int = 0
    verified: bool = True
    host: str = HOST
    origin: str = ORIGIN
    key: Any = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    name: bytes = b"a security key of the test"

    def _data(self, attested: bytes = b"") -> bytes:
        flags = 1 | (4 if self.verified else 0) | (64 if attested else 0)
        return hashlib.sha256(self.host.encode()).digest() + bytes([flags]) + self.counter.to_bytes(4, "big") + attested

    def _client(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}).encode()

    def _answer(self, **response: bytes) -> dict[str, Any]:
        said = {name: b64u(value) for name, value in response.items()}
        return {"id": b64u(self.name), "rawId": b64u(self.name), "type": "public-key", "response": said}

    def register(self, challenge: str) -> dict[str, Any]:
        numbers = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        attested = bytes(16) + len(self.name).to_bytes(2, "big") + self.name + cbor2.dumps(cose)
        made = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": self._data(attested)})
        return self._answer(clientDataJSON=self._client("webauthn.create", challenge), attestationObject=made)

    def approve(self, challenge: str) -> dict[str, Any]:
        self.counter += 1
        client, data = self._client("webauthn.get", challenge), self._data()
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(clientDataJSON=client, authenticatorData=data, signature=signature)


def draft(**changes: Any) -> dict[str, Any]:
    """A draft as two officers approve it; ``changes`` to its content."""
    content = {
        "issuer": "BW", "issuing_authority": "BW", "title": TITLE, "statement": STATEMENT, "english": True,
        "origin": ["BW"], "destination": "EU", "destination_authority": "EU-BE", "parcels": 1,
        "exporter": {"name": "Fictional Kalahari", "address": "Plot 1", "licence": "BW-EXP-2026-0001"},
        "importer": {"name": "Fictional Scheldt", "address": "Fictiestraat 1", "licence": "EU-BE-IMP-2026-0001"},
        "lines": [{"hs": "7102.31", "carats": "12.50", "usd": "4000.00"}], "total_carats": "12.50",
        "total_usd": "4000.00", "seals": ["BW-SEAL-1"],
    }  # fmt: skip
    return approval.draft_of(content | changes, application="BW-A-000001", authority="BW", kind="EXPORT", about="")


def request(wanted: dict[str, Any], approvals: list[Any], number: int = 12345, **changes: Any) -> dict[str, Any]:
    """A request for a certificate."""
    return {
        "authority": "BW", "draft": deepcopy(wanted), "number": f"BW{number:07d}", "issue_date": "2026-11-02",
        "range": {"prefix": "BW", "first": 12345, "last": 12999, "digits": 7, "year": 0}, "expiry_date": "2027-01-01",
        "paper_serial": "", "iat": NOW, "status": {"uri": "https://kp.example/status/BW/2026-1", "idx": 7, "id": 2026},
        "replaces": None, "approvals": approvals,
    } | changes  # fmt: skip


class Office:
    """A service with two officers at security keys, and its clock."""

    def __init__(self, policy: Policy = STRICT, **more: Any) -> None:
        self.now = NOW
        self.service = LocalService(
            lambda owner, use: KEYS.get((owner, use)), policy=policy, clock=lambda: self.now, **more
        )
        self.keys: dict[str, SecurityKey] = {}
        for officer, role in (("kagiso", "maker"), ("naledi", "checker")):
            self.enrol(officer, role)

    def enrol(self, officer: str, role: str, device: SecurityKey | None = None) -> dict[str, Any]:
        device = device or SecurityKey(name=f"key of {officer}".encode())
        self.keys[officer] = device
        challenge = self.service.challenge(authority="BW", officer=officer, at=0)
        evidence = {"level": "webauthn", "challenge": challenge, "credential": device.register(challenge)}
        return self.service.enrol(authority="BW", officer=officer, roles=[role], evidence=evidence, at=0)

    def enrol_passphrase(self, officer: str, role: str) -> dict[str, Any]:
        evidence = {"level": "software", "passphrase": PASSPHRASE}
        return self.service.enrol(authority="BW", officer=officer, roles=[role], evidence=evidence, at=0)

    def assertion(self, officer: str, role: str, wanted: dict[str, Any]) -> dict[str, Any]:
        asked = b64u(approval.challenge(role, approval.draft_hash(wanted)))
        return {"level": "webauthn", "credential": self.keys[officer].approve(asked)}

    def approve(self, officer: str, role: str, wanted: dict[str, Any], evidence: Any = None) -> str:
        evidence = evidence or self.assertion(officer, role, wanted)
        return self.service.approve(
            authority="BW", officer=officer, role=role, draft=wanted, evidence=evidence, at=0
        )["id"]  # fmt: skip

    def both(self, wanted: dict[str, Any]) -> list[str]:
        return [self.approve("kagiso", "maker", wanted), self.approve("naledi", "checker", wanted)]

    def issue(self, wanted: dict[str, Any], approvals: list[Any] | None = None, **changes: Any) -> dict[str, Any]:
        chosen = self.both(wanted) if approvals is None else approvals
        return self.service.certificate(request=request(wanted, chosen, **{"iat": self.now, **changes}))


def content_of(signed: dict[str, Any]) -> dict[str, Any]:
    """The header's payload of a signed certificate."""
    return json.loads(unb64u(signed["sd_jwt"].split(".")[1]))
