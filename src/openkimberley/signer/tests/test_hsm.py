"""Keys in a security module, here SoftHSM: they sign, and they do not leave."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from openkimberley.kernel.errors import Conflict
from openkimberley.signer import place
from openkimberley.signer.making import backend, make_keys
from openkimberley.signer.policy import TRIAL, Policy
from openkimberley.signer.server import open_service
from openkimberley.signer.tests.devices import draft, request
from openkimberley.trust import sdjwt
from openkimberley.trust.keys import PublicKey

MODULE = next((path for path in (
    Path("/usr/lib/softhsm/libsofthsm2.so"), Path("/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so"),
) if path.exists()), None)  # fmt: skip
PIN = "a passphrase of a test"

pytestmark = pytest.mark.skipif(
    MODULE is None or shutil.which("softhsm2-util") is None, reason="needs Debian's softhsm2: apt-get install softhsm2"
)


@pytest.fixture(scope="module")
def token(tmp_path_factory) -> str:
    """A token of SoftHSM of our own. Its library reads where it lies once in a process."""
    folder = tmp_path_factory.mktemp("softhsm")
    (folder / "tokens").mkdir()
    (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\n")
    os.environ["SOFTHSM2_CONF"] = str(folder / "softhsm2.conf")
    subprocess.run(
        ["softhsm2-util", "--init-token", "--free", "--label", "kimberley", "--so-pin", "12345678", "--pin", PIN],
        check=True, capture_output=True,
    )  # fmt: skip
    return "kimberley"


@pytest.fixture
def where(token, tmp_path) -> place.SignerPlace:
    (tmp_path / "node.json").write_text(json.dumps({"demonstration": True, "passphrase": PIN}))
    made = place.of(tmp_path)
    from dataclasses import replace

    made.demand(replace(TRIAL, backend="pkcs11", module=str(MODULE), token=token))
    return made


@pytest.mark.parametrize("alg", ["ES256", "Ed25519"])
def test_a_key_in_the_module_signs_and_cannot_leave_it(where, alg):
    import pkcs11

    keys = backend(where, PIN)
    kid = f"XX/{alg}/1"
    public = keys.make(kid, "sign", alg)
    private = keys._session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, label=kid)
    assert private[pkcs11.Attribute.SENSITIVE]
    assert not private[pkcs11.Attribute.EXTRACTABLE]
    with pytest.raises(pkcs11.PKCS11Error):
        _ = private[pkcs11.Attribute.VALUE]
    from openkimberley.signer.hsm import ModuleKey

    key = ModuleKey(kid, alg, public, private)
    for message in (b"", b"message", bytes(5000)):
        PublicKey(kid, alg, public).verify(message, key.sign(message))
    assert len(key.kid8) == 8
    keys.close()


@pytest.mark.parametrize("algorithms", [{}, dict.fromkeys(("sign", "status", "transport"), "ES256")])
def test_a_signer_with_a_module_issues_a_certificate(where, algorithms):
    name = "BW" if algorithms else "ZA"
    keys = backend(where, PIN)
    made = make_keys(where, keys, authority=name, name="Mines", at=datetime(2026, 1, 1, tzinfo=UTC),
                     algorithms=algorithms)  # fmt: skip
    keys.close()
    assert {part["use"]: part["alg"] for part in made}["sign"] == ("ES256" if algorithms else "Ed25519")
    service = open_service(where)
    wanted = draft(issuer=name, issuing_authority=name) | {"authority": name}
    approvals = [{"officer": "kagiso", "role": "maker"}, {"officer": "naledi", "role": "checker"}]
    signed = service.certificate(request={**request(wanted, approvals), "authority": name})
    part = service.public_key(authority=name, use="sign")
    sdjwt.parse(signed["sd_jwt"]).verify(PublicKey.from_json(part, name))
    assert service.codes(authority=name, number="BW0012345", log_index=1)["full"].startswith("KPC1:")
    assert service.public_key(authority="NA", use="sign") is None
    assert not [path for path in where.keys.glob("*.json") if "root" not in path.name]
    service._keys.close()


def test_a_module_that_does_not_open_is_said(where):
    with pytest.raises(Conflict, match="does not open"):
        backend(where, "another pin")


def test_a_wrong_module_is_said(tmp_path):
    made = place.of(tmp_path)
    made.demand(Policy(backend="pkcs11", module=str(tmp_path / "none.so"), token="x"))
    with pytest.raises(Conflict, match="does not open"):
        backend(made, PIN)
