"""Benchmarks that need a processor only: a QR text judged offline, and all rules asked about one certificate."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from openkimberley.node.bench.measuring import Figure, fitting, taking_turns
from openkimberley.node.bench.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MORE_AUTHORITIES = ("ZA", "NA", "AO", "CA", "AU")
"""Besides the node's own two, so that the bundle is one of several nodes."""


def rate(world: World, name: str, act: Callable[[], object], floor: Callable[[], object], floor_name: str) -> Figure:
    """Turns a second of ``act`` beside those of ``floor``."""
    seconds, batches = (0.002, 3) if world.quick else (0.05, 41)
    mine, bare = taking_turns(
        act, floor, batches=batches, turns=fitting(act, seconds), floor_turns=fitting(floor, seconds)
    )
    return Figure(name, 1 / mine, "1/s", 1 / bare, floor_name)


def verify_offline(world: World) -> Iterator[Figure]:
    """QR text to verdict with a bundle of the whole register and seven authorities; floor: a bare Ed25519 verify."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from openkimberley.node.demo.people import ANTWERP, PRODUCER
    from openkimberley.trust import qr
    from openkimberley.trust.signing import public_key
    from openkimberley.verification.engine import verify
    from openkimberley.verification.statements import Bundle

    certificate = world.issued()
    written = _with_more_authorities(world.bundle())
    written["expected"] = [certificate.cid]
    bundle = Bundle(written)
    text, now = certificate.qr_full, world.now + timedelta(hours=1)
    signed = qr.read(text).statement
    message, signature = signed.to_be_signed(), signed.signature
    public = Ed25519PublicKey.from_public_bytes(public_key(PRODUCER).pub)
    verdict = verify(text, bundle, now=now, authority=ANTWERP).as_json()["verdict"]
    if verdict != "valid":
        raise RuntimeError(f"the certificate to be verified is {verdict}")
    yield rate(
        world, "verify-offline", lambda: verify(text, bundle, now=now, authority=ANTWERP),
        lambda: public.verify(signature, message), "bare Ed25519 verify of the same message",
    )  # fmt: skip


def _with_more_authorities(bundle: dict[str, Any]) -> dict[str, Any]:
    """The bundle with further authorities, each with a key and a status list of its own."""
    from openkimberley.trust.keys import SoftwareKey
    from openkimberley.trust.statuslist import StatusList

    own = dict(bundle["authorities"])
    lists = dict(bundle["status_lists"])
    for code in MORE_AUTHORITIES:
        key = SoftwareKey.generate(f"{code}/sign/2026-1")
        own[code] = {"participant": code, "mode": "node", "keys": [key.public().as_json()], "seal_certificates": [],
                     "seal_roots": [], "number_patterns": [], "ranges": []}  # fmt: skip
        lists[f"https://kp.example/status/{code}/2026-1"] = {
            **next(iter(lists.values())), "authority": code, "lst": StatusList.empty().encode(),
        }  # fmt: skip
    return {**bundle, "authorities": own, "status_lists": lists}


def check_rules(world: World) -> Iterator[Figure]:
    """JSON text to answer with every rule that bears on a certificate; floor: reading the same JSON into facts."""
    from openkimberley.certificates.statements import certificate_from_json
    from openkimberley.participants.data import shipped_profiles, shipped_register
    from openkimberley.shipments.rules import Knowledge, check

    text = json.dumps(world.issued().content)
    knowledge = Knowledge(shipped_register(), shipped_profiles())
    today = world.now.date()

    def read() -> Any:
        return certificate_from_json(json.loads(text))

    yield rate(
        world, "check-rules", lambda: check(read(), knowledge, today).as_json(), read,
        "reading the same JSON into a checked certificate, no rule asked",
    )  # fmt: skip
