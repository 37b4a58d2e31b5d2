"""The electronic seal of a PDF: PAdES B-B with a P-256 key, as a certification signature that allows no change.

Small chain: an authority's own root (CSCA, 10 years, offline) issues seal certificates (15 months). P-256 and not
Ed25519, because common viewers do not verify that in PDF. No time stamp service: a node may be offline, and time
comes from the journal's witnesses. The seal tells that *this file* came from the authority; what the certificate says
is proven by the SD-JWT attached to it.

The CMS has one shape only, built by ``signed_data``. The reader builds it again from certificate, digest and signature
and compares bytes, so that nothing in the unsigned gap of the file can be changed unseen.
"""

# mypy: disable-error-code="no-untyped-call"
# asn1crypto has no types.

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from asn1crypto import algos, cms, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import MDPPerm, SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigMDPSetup, SigObjSetup
from pyhanko.sign.signers.pdf_byterange import SignatureObject

FIELD = "KPSeal"
CMS_BYTES = 4096
"""Room kept for the CMS, in bytes; ours takes about 1,100."""

ROOT_DAYS = 3653
SEAL_DAYS = 457

DOCUMENT_SIGNING = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36")  # RFC 9336

SealDigest = Callable[[bytes], bytes]
"""From the SHA-256 of a page to the signature (ECDSA P-256 with SHA-256, DER) over the seal's attributes: whoever holds
the key builds what it signs. The signing process gives one; ``local_sealer`` makes one."""


@dataclass(frozen=True, slots=True)
class Issued:
    """A fresh private key and its certificate (DER)."""

    key: ec.EllipticCurvePrivateKey
    certificate: bytes


def local_sealer(key: ec.EllipticCurvePrivateKey, certificate: bytes) -> SealDigest:
    """Seal with a key held in this process, without randomness (RFC 6979): equal input, equal seal."""
    algorithm = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
    return lambda digest: key.sign(attribute_bytes(digest, certificate), algorithm)


def _name(authority_name: str, authority_code: str, what: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, authority_name[:64]),  # 64: upper bound of RFC 5280
            x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, authority_code),
            x509.NameAttribute(NameOID.COMMON_NAME, f"{authority_code} {what}"[:64]),
        ]
    )


def _usage(*, seal: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=seal,
        content_commitment=seal,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=not seal,
        crl_sign=not seal,
        encipher_only=False,
        decipher_only=False,
    )


def _builder(subject: x509.Name, issuer: x509.Name, public: Any, not_before: datetime, days: int) -> Any:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(not_before)
        .not_valid_after(not_before + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def make_root_certificate(
    authority_name: str, authority_code: str, *, not_before: datetime, days: int = ROOT_DAYS
) -> Issued:
    """A new root key (P-256) and its self-signed certificate. The key belongs offline; see the key ceremony."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(authority_name, authority_code, "KP document root")
    built = (
        _builder(name, name, key.public_key(), not_before, days)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(seal=False), critical=True)
        .sign(key, hashes.SHA256())
    )
    return Issued(key, built.public_bytes(serialization.Encoding.DER))


def make_seal_certificate(
    authority_name: str, authority_code: str, *, root: Issued, not_before: datetime, days: int = SEAL_DAYS
) -> Issued:
    """A new seal key (P-256) and its certificate, issued by ``root``."""
    key = ec.generate_private_key(ec.SECP256R1())
    return Issued(key, certify_seal(authority_name, authority_code, key.public_key(), root=root, not_before=not_before,
                                    days=days))  # fmt: skip


def certify_seal(
    authority_name: str, authority_code: str, public: ec.EllipticCurvePublicKey, *, root: Issued, not_before: datetime,
    days: int = SEAL_DAYS,
) -> bytes:  # fmt: skip
    """The certificate (DER) of a seal key that lies elsewhere, such as in a security module, issued by ``root``."""
    issuer = x509.load_der_x509_certificate(root.certificate)
    built = (
        _builder(
            _name(authority_name, authority_code, "KP document seal"),
            issuer.subject,
            public,
            not_before,
            days,
        )
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(seal=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([DOCUMENT_SIGNING]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(root.key.public_key()),
            critical=False,
        )
        .sign(root.key, hashes.SHA256())
    )
    return bytes(built.public_bytes(serialization.Encoding.DER))


def signed_attributes(digest: bytes, certificate: bytes) -> cms.CMSAttributes:
    """The signed attributes of PAdES B-B: content type, digest of the file, and the certificate by its SHA-256."""
    ess = tsp.SigningCertificateV2({"certs": [tsp.ESSCertIDv2({"cert_hash": hashlib.sha256(certificate).digest()})]})
    return cms.CMSAttributes(
        [
            cms.CMSAttribute({"type": "content_type", "values": ["data"]}),
            cms.CMSAttribute({"type": "message_digest", "values": [digest]}),
            cms.CMSAttribute({"type": "signing_certificate_v2", "values": [ess]}),
        ]
    )


def attribute_bytes(digest: bytes, certificate: bytes) -> bytes:
    """What a seal key signs, DER."""
    return bytes(signed_attributes(digest, certificate).dump())


def signed_data(digest: bytes, certificate: bytes, signature: bytes) -> bytes:
    """The CMS of a seal, DER: a function of these three values and nothing else. Raises ``ValueError`` on a bad one."""
    parsed = asn1_x509.Certificate.load(certificate, strict=True)
    sha256 = algos.DigestAlgorithm({"algorithm": "sha256"})
    signer = cms.SignerInfo(
        {
            "version": "v1",
            "sid": cms.SignerIdentifier(
                {
                    "issuer_and_serial_number": cms.IssuerAndSerialNumber(
                        {"issuer": parsed.issuer, "serial_number": parsed.serial_number}
                    )
                }
            ),
            "digest_algorithm": sha256,
            "signed_attrs": signed_attributes(digest, certificate),
            "signature_algorithm": algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"}),
            "signature": signature,
        }
    )
    content = cms.SignedData(
        {
            "version": "v1",
            "digest_algorithms": [sha256],
            "encap_content_info": {"content_type": "data"},
            "certificates": [parsed],
            "signer_infos": [signer],
        }
    )
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": content}).dump())


class _Quiet(IncrementalPdfFileWriter):  # type: ignore[misc,unused-ignore]
    """Appends the seal only: the file's own metadata stay, for PDF/A wants them equal in both places, and no clock."""

    def _update_meta(self) -> None:
        return


def seal_pdf(pdf: bytes, key: ec.EllipticCurvePrivateKey | SealDigest, certificate: bytes, *, at: datetime) -> bytes:
    """The PDF with the seal appended; ``at`` (with zone) is the signing time it states.

    ``key`` is the seal key, or a function of the signing process that seals with it; ``certificate`` the seal
    certificate (DER). The root is not put in: the reader has it from the trust list. Raises ``ValueError`` for a file
    that is sealed already. The PDF must be our own: a broken one raises the PDF library's errors.
    """
    if b"/ByteRange" in pdf:
        raise ValueError("this file is sealed already, or would read as if it were")
    if at.tzinfo is None:
        raise ValueError("the signing time needs a time zone")
    sign = local_sealer(key, certificate) if isinstance(key, ec.EllipticCurvePrivateKey) else key
    writer = _Quiet(io.BytesIO(pdf))
    second = hashlib.sha256(pdf + certificate + at.isoformat().encode()).digest()[:16]
    writer._document_id[1] = generic.ByteStringObject(second)
    steps = PdfCMSEmbedder(new_field_spec=SigFieldSpec(FIELD)).write_cms(field_name=FIELD, writer=writer)
    next(steps)
    steps.send(
        SigObjSetup(
            sig_placeholder=SignatureObject(
                timestamp=at.astimezone(UTC), subfilter=SigSeedSubFilter.PADES, bytes_reserved=2 * CMS_BYTES
            ),
            mdp_setup=SigMDPSetup(md_algorithm="sha256", certify=True, docmdp_perms=MDPPerm.NO_CHANGES),
        )
    )
    prepared, output = steps.send(SigIOSetup(md_algorithm="sha256"))
    digest = prepared.document_digest
    signature = sign(digest)
    steps.send(signed_data(digest, certificate, signature))
    return bytes(output.getvalue())
