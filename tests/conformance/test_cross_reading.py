"""Another implementation of SD-JWT reads what we sign."""

import pytest

from openkimberley.certificates.statements import PROFILES, present_credential
from openkimberley.trust import sdjwt
from openkimberley.trust.canonical import b64u
from openkimberley.trust.keys import SoftwareKey

KEY = SoftwareKey.from_secret("ZA/sign/2026-1", "ES256", bytes(range(1, 33)))
CLAIMS = {
    "issue_date": "2026-11-02",
    "total_usd": "4000.00",
    "origin": ["ZA"],
    "lines": [{"hs": "7102.31"}, {"hs": "7102.10"}],
}


@pytest.mark.parametrize("profile", PROFILES)
def test_the_reference_library_finds_the_same_claims_in_what_each_profile_is_shown(profile):
    verifier = pytest.importorskip("sd_jwt.verifier").SDJWTVerifier
    jwk = pytest.importorskip("jwcrypto.jwk").JWK
    x, y = KEY.public_key[1:33], KEY.public_key[33:]
    public = jwk(kty="EC", crv="P-256", x=b64u(x), y=b64u(y))
    whole = sdjwt.issue({"iss": "https://kp.example/p/ZA"}, CLAIMS, signer=KEY, each_element_of=("lines",))
    shown = present_credential(whole, profile)
    theirs = verifier(shown, lambda issuer, header: public, None, None).get_verified_payload()
    assert theirs == sdjwt.parse(shown).claims
