"""The node and its signer: the client is installed, and the public parts of keys are registered. No key is here."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from openkimberley.node import place
from openkimberley.signer.client import Client
from openkimberley.signer.making import registered
from openkimberley.signer.place import SignerPlace, of
from openkimberley.trust import signing
from openkimberley.trust.canonical import unb64u

if TYPE_CHECKING:
    from openkimberley.kernel.actor import Actor


def signer_place() -> SignerPlace:
    """The folder of this node's signer."""
    return of(place.here().root)


def install() -> None:
    """Tell ``trust.signing`` to ask the signing process of this node."""
    signing.provide(Client(signer_place()))


def register(*, by: Actor, at: datetime) -> list[str]:
    """Register the public parts of the authority's keys that its signer has and this node does not know.

    Returns their names.
    """
    from openkimberley.certificates import actions
    from openkimberley.certificates import queries as certificates

    known = {key.kid for key in certificates.keys(by.authority)}
    new: list[dict[str, Any]] = [p for p in registered(signer_place(), by.authority) if p["kid"] not in known]
    for part in new:
        actions.register_key(
            by=by, at=at, kid=part["kid"], use=part["use"], alg=part["alg"], public_key=unb64u(part["pub"]),
            not_before=date.fromisoformat(part["nbf"]), not_after=date.fromisoformat(part["naf"]),
            x509=unb64u(part["x509"]), root=unb64u(part["root"]),
        )  # fmt: skip
    return [part["kid"] for part in new]
