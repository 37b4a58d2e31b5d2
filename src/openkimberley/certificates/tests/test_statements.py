"""Facts to statement, and back: the credential, the two codes, the messages, plain JSON."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import segno
from hypothesis import given, settings
from hypothesis import strategies as st

from openkimberley.certificates import facts
from openkimberley.certificates.statements import (
    PROFILES,
    Correction,
    Difference,
    ImportReceipt,
    Voiding,
    certificate_from_code,
    certificate_from_json,
    certificate_to_json,
    claim_problems,
    code_problems,
    credential_claims,
    full_qr,
    full_qr_payload,
    issue_credential,
    label_qr,
    label_qr_payload,
    present_credential,
    read_correction,
    read_credential,
    read_receipt,
    read_void,
    sign_correction,
    sign_receipt,
    sign_void,
    value_band,
)
from openkimberley.certificates.statements.codes import MAX_DAYS, hs_text
from openkimberley.certificates.statements.credential import CLAIMS, end_of
from openkimberley.kernel.errors import Untrusted
from openkimberley.trust import jws, qr, sdjwt
from openkimberley.trust.keys import SoftwareKey

KEY = SoftwareKey.from_secret("BW/sign/2026-1", "Ed25519", bytes(range(32)))
ABOUT = {"iat": 1_793_600_000, "status_uri": "https://kp.example/status/1", "status_idx": 7}
CID = bytes(range(32))
PAPER = facts.Certificate(
    number="BW0012345",
    issuer="BW",
    issue_date=date(2026, 11, 2),
    issuing_authority="Example Diamond Office",
    expiry_date=date(2027, 1, 1),
    title=facts.TITLE,
    statement=facts.STATEMENT,
    english=True,
    origin=("BW",),
    destination="EU",
    destination_authority="EU-BE",
    exporter=facts.Party("Okavango Example Diamonds (Pty) Ltd", "Plot 1, Airport Road, Gaborone", "BW-EXP-2026-0001"),
    importer=facts.Party("Antwerp Example Rough NV", "Hoveniersstraat 1, 2018 Antwerpen", "EU-BE-IMP-2026-0001"),
    parcels=3,
    lines=(
        facts.Line("7102.31", Decimal("1843.27"), Decimal("42123456.78")),
        facts.Line("7102.21", Decimal("1100.10"), Decimal("900001.00")),
        facts.Line("7102.10", Decimal("1057.55"), Decimal("5035800.00")),
    ),
    total_carats=Decimal("4000.92"),
    total_usd=Decimal("48059257.78"),
    seals=("BW-SEAL-0098812",),
    validated=facts.Validation("7F3A", date(2026, 11, 2)),
    paper_serial="BW-P-778812",
)

amounts = st.integers(0, 10**15 - 1).map(lambda cents: Decimal(cents).scaleb(-2))
words = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Mn", "Lo", "So")), max_size=12)
filled = words.filter(lambda word: word.strip())
parties = st.none() | st.builds(facts.Party, words, words, words)
dates = st.dates(date(2003, 1, 1), date(2069, 1, 1))
lines = st.lists(
    st.builds(facts.Line, st.sampled_from(["7102.10", "7102.21", "7102.31", "7102"]), amounts, amounts),
    min_size=1,
    max_size=4,
).map(tuple)
places = st.sampled_from(["BW", "EU-BE", "TW", "EU"])


@st.composite
def certificates(draw):
    place = draw(places)
    return facts.Certificate(
        number=draw(filled),
        issuer="BW",
        issue_date=draw(dates),
        issuing_authority=draw(words),
        expiry_date=draw(dates),
        title=draw(st.sampled_from([facts.TITLE, "Certificat"])),
        statement=draw(st.sampled_from([facts.STATEMENT, "Another wording"])),
        english=draw(st.booleans()),
        origin=tuple(draw(st.lists(st.sampled_from(["BW", "AO", "ZA"]), unique=True))),
        mixed=draw(st.booleans()),
        origin_shares=draw(st.dictionaries(st.sampled_from(["BW", "AO"]), amounts)),
        destination=place.partition("-")[0],
        destination_authority=place,
        exporter=draw(parties),
        importer=draw(parties),
        same_party_reason=draw(st.just("") | filled),
        parcels=draw(st.none() | st.integers(1, 999)),
        parcel_reference=draw(st.just("") | filled),
        lines=draw(lines),
        total_carats=draw(amounts),
        total_usd=draw(amounts),
        seals=tuple(draw(st.lists(filled, max_size=3))),
        validated=facts.Validation(draw(words), draw(st.none() | dates)),
        zone=draw(st.just("") | filled),
        countersigned_by=tuple(draw(st.lists(filled, max_size=2))),
        paper_serial=draw(words),
        draws_on=tuple(draw(st.lists(filled, max_size=2))),
    )


bounded = settings(max_examples=60, deadline=None)


def nfc(certificate):
    """Signing brings text to one spelling; the generated words are in it already, or are left out."""
    import unicodedata

    return all(unicodedata.is_normalized("NFC", text) for text in repr(certificate).split("'"))


@bounded
@given(certificates().filter(nfc), st.sampled_from(list(facts.Kind)))
def test_a_certificate_survives_its_credential(certificate, kind):
    text, cid = issue_credential(certificate, signer=KEY, kind=kind, **ABOUT)
    signed = sdjwt.parse(text)
    signed.verify(KEY.public())
    assert signed.cid == cid
    assert claim_problems(signed.claims) == []
    assert read_credential(signed.claims) == certificate


@bounded
@given(certificates().filter(nfc))
def test_a_certificate_survives_its_code_as_far_as_the_code_says(certificate):
    certificate = replace(certificate, origin=() if certificate.mixed else certificate.origin or ("BW",))
    code = qr.read(full_qr(certificate, signer=KEY, cid=CID, status=(1, 7), log_index=9))
    read = certificate_from_code(code)
    for field in (
        "number",
        "issuer",
        "issue_date",
        "expiry_date",
        "origin",
        "mixed",
        "destination",
        "destination_authority",
        "parcels",
        "lines",
        "zone",
        "paper_serial",
    ):
        assert getattr(read, field) == getattr(certificate, field)
    assert read.total_carats == sum(line.carats for line in certificate.lines)
    assert read.seals == ((", ".join(certificate.seals),) if certificate.seals else ())
    assert read.exporter == replace(certificate.exporter or facts.Party(), licence="")


@bounded
@given(certificates())
def test_a_certificate_survives_its_json(certificate):
    assert certificate_from_json(certificate_to_json(certificate)) == replace(
        certificate, validated=certificate.validated if certificate.validated != facts.Validation() else None
    )


def test_the_visible_part_is_as_the_specification_says():
    visible, claims = credential_claims(PAPER, replaces=CID, authority="BW", **ABOUT)
    assert visible == {
        "iss": "https://kp.example/p/BW",
        "vct": "https://kp.example/vct/kpc/1",
        "iat": 1_793_600_000,
        "nbf": 1_793_600_000,
        "exp": 1_798_848_000,
        "kpc_number": "BW0012345",
        "participant": "BW",
        "authority": "BW",
        "status": {"status_list": {"idx": 7, "uri": "https://kp.example/status/1"}},
        "replaces": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
    }
    assert claims["lines"][0] == {"hs": "7102.31", "carats": "1843.27", "usd": "42123456.78"}
    assert (claims["destination"], claims["value_band"], claims["zone"]) == ("EU-BE", "10M-50M", None)
    assert claims["exporter"]["id"] == "BW-EXP-2026-0001"
    assert not set(claims) - set(CLAIMS)


def test_a_credential_ends_with_the_expiry_day_in_utc():
    assert datetime.fromtimestamp(end_of(date(2027, 1, 1)), UTC) == datetime(2027, 1, 2, tzinfo=UTC)
    with pytest.raises(ValueError):
        end_of(None)


def test_what_seals_and_times_are_given_count():
    visible, claims = credential_claims(PAPER, seal="OTHER", nbf=5, exp=6, **ABOUT)
    assert (visible["nbf"], visible["exp"], claims["seal"]) == (5, 6, "OTHER")


def test_text_is_brought_to_one_spelling_before_it_is_signed():
    _, claims = credential_claims(replace(PAPER, issuing_authority="Ministe\u0300re"), **ABOUT)
    assert claims["issuing_authority"] == "Minist\u00e8re"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"issue_date": None, "total_usd": None}, "issue_date: is missing; total_usd: is missing"),
        ({"lines": ()}, "lines: is missing"),
        ({"lines": (facts.Line("7102.31", None, None),)}, "lines/0: is missing"),
        ({"number": " ", "origin": ("",)}, "kpc_number: must not be empty; origin: \\[0\\] must not be empty"),
    ],
)
def test_what_cannot_be_issued_names_every_field(change, named):
    with pytest.raises(Untrusted, match=named):
        credential_claims(replace(PAPER, **change), **ABOUT)


@pytest.mark.parametrize("name", CLAIMS)
def test_a_claim_of_another_form_is_named(name):
    visible, claims = credential_claims(PAPER, **ABOUT)
    for wrong in (object(), 1.5, -1, {"x": 1}):
        problems = claim_problems({**visible, **claims, name: wrong})
        assert len(problems) == 1
        assert problems[0].startswith(f"{name}: ")
    with pytest.raises(Untrusted, match=f"5 content: {name}"):
        read_credential({**visible, **claims, name: object()})


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("total_usd", "1.5"),
        ("total_usd", "01.50"),
        ("total_usd", "-1.50"),
        ("total_usd", "1,000.00"),
        ("issue_date", "2026-02-30"),
        ("issue_date", "20261102"),
        ("lines", [{"hs": "7102.31", "carats": "1.00"}]),
        ("lines", [{"hs": "7102.31", "carats": "1.00", "usd": "1.00", "clarity": "VS"}]),
        ("parcels", True),
        ("mixed", False),
        ("kind", "TRANSIT"),
        ("origin_shares", {"BW": 100}),
        ("remarks", "x" * 1001),
        ("origin", ["BW"] * 201),
        ("exporter", {"name": "x", "address": "y"}),
    ],
)
def test_the_schema_is_strict(name, wrong):
    visible, claims = credential_claims(PAPER, **ABOUT)
    assert len(claim_problems({**visible, **claims, name: wrong})) == 1


def test_an_unknown_claim_is_refused_and_a_visible_one_is_needed():
    visible, claims = credential_claims(PAPER, **ABOUT)
    assert claim_problems({**visible, **claims, "colour": "D"}) == ["colour: is not known here"]
    del visible["kpc_number"]
    assert claim_problems({**visible, **claims}) == ["kpc_number: is missing"]
    assert claim_problems([]) == ["must be an object"]


@pytest.mark.parametrize(
    ("profile", "sees", "never"),
    [
        ("bank", "total_usd", "lines"),
        ("carrier", "seal", "total_usd"),
        ("monitor", "lines", "exporter"),
        ("observer", "value_band", "total_usd"),
        ("authority", "lines", ""),
        ("public", "kpc_number", "origin"),
    ],
)
def test_a_profile_sees_its_claims_and_not_others(profile, sees, never):
    text, _ = issue_credential(PAPER, signer=KEY, **ABOUT)
    shown = sdjwt.parse(present_credential(text, profile))
    shown.verify(KEY.public())
    assert sees in shown.claims
    assert never not in shown.claims
    assert read_credential(shown.claims).number == "BW0012345"
    assert set(PROFILES) == {"authority", "bank", "carrier", "monitor", "observer", "public"}


@pytest.mark.parametrize(
    ("total", "band"),
    [("0", "0-10K"), ("9999.99", "0-10K"), ("10000", "10K-100K"), ("49999999.99", "10M-50M"), ("50000000", "50M-")],
)
def test_value_bands(total, band):
    assert value_band(Decimal(total)) == band


def test_a_certificate_of_three_lines_fits_version_15_at_level_m():
    text = full_qr(PAPER, signer=KEY, cid=CID, status=(1, 131_071), log_index=1_000_000)
    assert segno.make_qr(text, error="m", boost_error=False).version <= 15


def test_a_label_fits_version_11_at_level_q():
    text = label_qr(PAPER, signer=KEY, cid=CID, status=(1, 131_071), log_index=1_000_000)
    assert segno.make_qr(text, error="q", boost_error=False).version <= 11


def test_a_label_tells_a_thief_nothing():
    label = str(label_qr_payload(PAPER, cid=CID, status=(1, 7), log_index=9))
    for secret in ("Okavango", "Antwerp", "42123456", "4805925778", "400092", "184327", "P-778812"):
        assert secret not in label
    read = certificate_from_code(qr.read(label_qr(PAPER, signer=KEY, cid=CID)))
    assert (read.number, read.expiry_date, read.seals) == (PAPER.number, PAPER.expiry_date, PAPER.seals)
    assert (read.lines, read.exporter, read.statement, read.english) == ((), None, "", None)


def test_the_keys_of_the_full_code_are_those_of_the_specification():
    payload = full_qr_payload(replace(PAPER, zone="CF-BER"), cid=CID, status=(1, 7), log_index=9)
    assert sorted(payload) == list(range(1, 18))
    assert payload[9][0] == [710231, 184327, 4212345678]
    assert (payload[3], payload[4], payload[12]) == (20759, 20819, CID)
    assert hs_text(7102) == "7102"


@pytest.mark.parametrize("change", [{"expiry_date": None}, {"lines": (facts.Line("7102.31", Decimal(1), None),)}])
def test_a_code_needs_dates_and_whole_lines(change):
    with pytest.raises(Untrusted, match="5 content"):
        full_qr_payload(replace(PAPER, **change), cid=CID)


@pytest.mark.parametrize(
    ("key", "wrong", "field"),
    [
        (1, 2, "version"),
        (2, "", "number"),
        (3, "x", "issue_date"),
        (4, MAX_DAYS + 1, "expiry_date"),
        (5, "BW", "origin"),
        (5, [1], "origin"),
        (6, b"EU", "destination"),
        (7, ["a"], "exporter"),
        (8, "x", "importer"),
        (9, [], "lines"),
        (9, [[710231, 1]], "lines"),
        (9, [[5, 1, 1]], "lines"),
        (9, [[710231, -1, 1]], "lines"),
        (10, -1, "parcels"),
        (11, 5, "seal"),
        (12, CID[:16], "cid"),
        (13, [1], "status"),
        (13, 7, "status"),
        (14, "x", "log index"),
        (15, "", "authority"),
        (16, 1, "paper_serial"),
        (17, 1, "zone"),
        (18, 1, "18"),
        (4, None, "expiry_date"),
    ],
)
def test_a_code_of_another_form_names_the_field(key, wrong, field):
    payload = full_qr_payload(PAPER, cid=CID, status=(1, 7), log_index=9) | {key: wrong}
    if wrong is None:
        del payload[key]
    assert [problem.partition(":")[0] for problem in code_problems(qr.FULL, payload)] == [field]
    with pytest.raises(Untrusted, match="5 content"):
        certificate_from_code(qr.read(qr.write(qr.FULL, payload, KEY)))


def test_a_label_with_value_or_names_is_refused():
    payload = label_qr_payload(PAPER, cid=CID)
    assert code_problems(qr.LABEL, payload) == []
    assert code_problems(qr.LABEL, payload | {7: ["a", "b"]}) == ["exporter: is not known here"]


RECEIPT = ImportReceipt(
    participant="EU",
    authority="EU-BE",
    iat=1_793_900_000,
    cid=CID,
    number="BW0012345",
    exporting="BW",
    received=date(2026, 11, 9),
    result="discrepancy",
    parcels=3,
    carats=Decimal("4000.90"),
    usd=Decimal("48059257.78"),
    lines=PAPER.lines,
    seal="BW-SEAL-0098812",
    importer_ok=False,
    differences=(Difference("lines/0/carats", "1843.27", "1843.25"),),
    approvals=2,
)
VOIDING = Voiding("BW", "BW", 1_793_900_000, CID, "BW0012345", "REPLACED", "seal broken", CID[::-1])
CORRECTION = Correction("BW", "BW", 1_793_900_000, CID, "BW0012345", "parcels", "3", "2", "counted twice")
MESSAGES = [
    (sign_receipt, read_receipt, RECEIPT),
    (sign_void, read_void, VOIDING),
    (sign_correction, read_correction, CORRECTION),
]
messages = pytest.mark.parametrize(("sign", "read", "statement"), MESSAGES)


@messages
def test_a_message_survives_its_signature(sign, read, statement):
    key = KEY.public(authority=statement.authority)
    assert read(sign(statement, signer=KEY), key_of=lambda kid: key) == statement


def test_a_receipt_with_nothing_found_and_a_voiding_without_successor_survive():
    key = KEY.public()
    bare = ImportReceipt("EU", "EU-BE", 1, CID, "BW1", "BW", date(2026, 11, 9), "refused")
    assert read_receipt(sign_receipt(bare, signer=KEY), key_of=lambda kid: key) == bare
    lost = replace(VOIDING, kind="LOST", replaced_by=None)
    assert read_void(sign_void(lost, signer=KEY), key_of=lambda kid: key) == lost


@messages
def test_a_key_speaks_only_for_its_own_authority(sign, read, statement):
    with pytest.raises(Untrusted, match="4 binding"):
        read(sign(statement, signer=KEY), key_of=lambda kid: KEY.public(authority="ZA"))


@messages
def test_one_message_cannot_be_read_as_another(sign, read, statement):
    text = sign(statement, signer=KEY)
    for _, other, _ in MESSAGES:
        if other is not read:
            with pytest.raises(Untrusted, match="1 parse"):
                other(text, key_of=lambda kid: KEY.public())


@messages
def test_a_message_of_another_form_is_neither_signed_nor_read(sign, read, statement):
    with pytest.raises(Untrusted, match="5 content"):
        sign(replace(statement, cid=b"short"), signer=KEY)
    payload = dict(jws.parse(sign(statement, signer=KEY)).payload)
    typ = jws.parse(sign(statement, signer=KEY)).header["typ"]
    for wrong in ({**payload, "more": 1}, {**payload, "cid": "!"}, {**payload, "iat": "now"}):
        with pytest.raises(Untrusted, match="5 content"):
            read(jws.sign(wrong, typ=typ, signer=KEY), key_of=lambda kid: KEY.public())


def test_two_receipts_of_the_same_finding_are_different_statements():
    assert sign_receipt(RECEIPT, signer=KEY) != sign_receipt(RECEIPT, signer=KEY)


CONTRACT = {
    "number": "SL004911",
    "issuer": "SL",
    "issuing_authority": "National Minerals Agency",
    "issue_date": "2015-10-05",
    "expiry_date": "2015-12-04",
    "title": "Kimberley Process Certificate",
    "statement": "The rough diamonds ...",
    "english": True,
    "origin": ["SL"],
    "origin_shares": {"SL": "100.00"},
    "destination": "EU",
    "destination_authority": "EU-BE",
    "exporter": {"name": "a", "address": "b", "licence": "c"},
    "importer": {"name": "d", "address": "e", "licence": "f"},
    "parcels": 1,
    "parcel_reference": "JMI/GGDO/4911",
    "lines": [{"hs": "7102.31", "carats": "12.50", "usd": "4000.00"}],
    "total_carats": "12.50",
    "total_usd": "4000.00",
    "seals": ["s"],
    "validated": {"by": "v", "date": "2015-10-05"},
    "presented": {"date": "2015-11-30", "at": "EU-BE", "seals_intact": True, "original": True, "announced": False},
}


def test_the_contract_is_read_and_written_unchanged():
    certificate = certificate_from_json(CONTRACT)
    assert certificate_to_json(certificate) == CONTRACT
    assert certificate.presented.date - certificate.issue_date == timedelta(days=56)


@pytest.mark.parametrize(
    ("written", "origin", "mixed", "back"),
    [
        ("mixed", (), True, "mixed"),
        ("***", (), True, "mixed"),
        (["mixed", "AO"], ("AO",), True, ["mixed", "AO"]),
        (["AO", "BW"], ("AO", "BW"), False, ["AO", "BW"]),
        ([], (), False, None),
    ],
)
def test_mixed_origin_is_a_word_not_a_country(written, origin, mixed, back):
    certificate = certificate_from_json(CONTRACT | {"origin": written})
    assert (certificate.origin, certificate.mixed) == (origin, mixed)
    assert certificate_to_json(certificate).get("origin") == back


def test_only_three_fields_are_needed():
    certificate = certificate_from_json({"number": "KE1", "issuer": "KE", "issue_date": "2026-01-01"})
    assert certificate == facts.Certificate("KE1", "KE", date(2026, 1, 1))
    assert certificate_from_json({"number": "A", "issuer": "B", "issue_date": "2026-01-01", "lines": None}).lines == ()


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"number": None}, "number: is missing"),
        ({"issue_date": "2015-13-01"}, "issue_date: must be a date"),
        ({"issue_date": "20151005"}, "issue_date: must be a date"),
        ({"total_usd": 4000.0}, "total_usd: must be text"),
        ({"total_usd": 4000}, "total_usd: must be text"),
        ({"total_usd": "4,000"}, "total_usd: '4,000' is not an amount"),
        ({"exporter": {"name": "a", "phone": "1"}}, "exporter/phone: is not known here"),
        ({"exporter": "a"}, "exporter: must be an object"),
        ({"lines": "a"}, "lines: must be a list"),
        ({"lines": [7]}, "lines/0: must be an object"),
        ({"lines": [{"carats": 1}]}, "lines/0/carats: must be text"),
        ({"lines": [{}] * 201}, "lines: must be a list"),
        ({"parcels": "1"}, "parcels: must be a whole number"),
        ({"parcels": True}, "parcels: must be a whole number"),
        ({"english": "yes"}, "english: must be true or false"),
        ({"seals": "s"}, "seals: must be a list"),
        ({"origin": 7}, "origin: must be a list"),
        ({"origin_shares": {"SL": "x"}}, "origin_shares/SL: 'x' is not an amount"),
        ({"validated": {"on": "x"}}, "validated/on: is not known here"),
        ({"title": "\ud800"}, "title: must be text"),
        ({"presented": {"seals": 1}}, "presented/seals: is not known here"),
        ({"colour": "D"}, "colour: is not known here"),
    ],
)
def test_a_wrong_field_is_named(change, named):
    with pytest.raises(Untrusted, match=named) as refused:
        certificate_from_json(CONTRACT | change)
    assert refused.value.step == "5 content"


def test_all_wrong_fields_are_named_at_once():
    with pytest.raises(Untrusted) as refused:
        certificate_from_json({"number": 7, "lines": [{"hs": 1, "usd": 2}], "colour": "D"})
    named = {problem.partition(":")[0] for problem in refused.value.reason.split("; ")}
    assert named == {"number", "lines/0/hs", "lines/0/usd", "colour", "issuer", "issue_date"}


@pytest.mark.parametrize("written", [None, [], "x", 7])
def test_what_is_no_object_is_no_certificate(written):
    with pytest.raises(Untrusted, match="certificate: must be an object"):
        certificate_from_json(written)
