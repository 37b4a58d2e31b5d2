"""``trust.signing`` with a service behind it, and without."""

from __future__ import annotations

import pytest

from openkimberley.kernel.errors import NotFound
from openkimberley.signer.service import LocalService
from openkimberley.trust import signing
from openkimberley.trust.keys import SoftwareKey


def key() -> SoftwareKey:
    return SoftwareKey.from_secret("BW/sign/2026-1", "Ed25519", bytes(range(32)))


@pytest.fixture
def _no_resolver():
    before = signing.service()
    yield
    signing.provide(before)


@pytest.mark.usefixtures("_no_resolver")
def test_a_node_signs_only_for_authorities_whose_key_it_holds():
    signing.provide(LocalService(lambda authority, use: key() if (authority, use) == ("BW", "sign") else None))
    assert signing.public_key("BW").kid == "BW/sign/2026-1"
    assert signing.can_sign("BW")
    for authority, use in (("ZA", "sign"), ("BW", "log"), ("", "sign")):
        assert not signing.can_sign(authority, use)
        with pytest.raises(NotFound):
            signing.public_key(authority, use)
    signing.provide(None)
    with pytest.raises(NotFound, match="BW/sign"):
        signing.public_key("BW")
    with pytest.raises(NotFound, match="signing key"):
        signing.sign_statement("BW", "kp-void+jwt", {})
