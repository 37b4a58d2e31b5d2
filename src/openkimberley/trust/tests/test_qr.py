"""QR texts, COSE, status lists. The malformed texts are in conformance/qr.json."""

import base45
import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openkimberley.kernel.errors import Untrusted
from openkimberley.trust import cbor, cose, qr, statuslist
from openkimberley.trust.canonical import sha256
from openkimberley.trust.keys import ALGORITHMS, SoftwareKey
from openkimberley.trust.statuslist import Status, StatusList

KEY = SoftwareKey.from_secret("BW/sign/2026-1", "Ed25519", bytes(range(32)))
values = st.recursive(
    st.integers(-(2**64), 2**64 - 1) | st.text(max_size=30) | st.binary(max_size=40),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=6,
).filter(lambda value: depth(value) < 4)
payloads = st.dictionaries(st.integers(1, 23), values, min_size=1, max_size=8)


def depth(value):
    return 1 + max(map(depth, value), default=0) if isinstance(value, list) else 0


@settings(max_examples=60, deadline=None)
@given(payloads, st.sampled_from(qr.PREFIXES), st.sampled_from(ALGORITHMS))
def test_what_was_written_is_what_is_read(payload, prefix, alg):
    key = SoftwareKey.from_secret("k", alg, bytes(range(1, 33)))
    code = qr.read(qr.write(prefix, payload, key))
    code.statement.verify(key.public())
    assert (code.prefix, code.kid8, code.payload) == (prefix, key.kid8, payload)


@given(st.binary(max_size=300))
def test_base45_is_that_of_rfc_9285(data):
    assert qr.b45decode(base45.b45encode(data).decode("ascii")) == data


def test_base45_example_of_the_rfc():
    assert qr.b45decode("QED8WEX0") == b"ietf!"


def test_a_code_is_compressed_only_where_that_is_shorter():
    repeating = qr.write(qr.FULL, {2: "A" * 400}, KEY)
    assert qr.b45decode(repeating[5:])[0] == 0x78
    assert qr.b45decode(qr.write(qr.FULL, {2: "A"}, KEY)[5:])[0] == 0xD2


@pytest.mark.parametrize(
    ("prefix", "payload"),
    [
        ("HTTP:", {1: 1}),
        (qr.FULL, {0: 1}),
        (qr.FULL, {24: 1}),
        (qr.FULL, {"1": 1}),
        (qr.FULL, {1: bytes(5000)}),
        (qr.FULL, {1: b"".join(sha256(bytes([n])) for n in range(110))}),
    ],
)
def test_what_does_not_fit_a_code_is_not_written(prefix, payload):
    with pytest.raises(ValueError):
        qr.write(prefix, payload, KEY)


def test_more_than_4096_bytes_are_refused_though_base45_could_hold_no_more():
    with pytest.raises(Untrusted, match="larger"):
        qr._inflate(b"\xd2" + bytes(qr.MAX_BYTES))
    with pytest.raises(Untrusted, match="base45"):
        qr.b45decode("0" * (qr.MAX_CHARS + 2))


@pytest.mark.parametrize("size", [10, 100, 1000, 70_000])
def test_the_bytes_signed_are_the_sig_structure_of_rfc_9052(size):
    statement = cose.Sign1(b"\xa1\x01\x32", {1: -19}, {}, bytes(size), b"")
    assert statement.to_be_signed(b"aad") == cbor2.dumps(["Signature1", b"\xa1\x01\x32", b"aad", bytes(size)])


def test_the_cbor_reader_knows_every_form_it_accepts():
    numbers = [0, 23, 24, 255, 256, 65535, 65536, 2**32 - 1, 2**32, 2**64 - 1, -1, -25]
    value = {1: numbers, 2: ["", "é", b"", {}, [b"x"]]}
    assert cbor.loads(cbor2.dumps(value, canonical=True)) == value


def test_the_check_code_is_forty_bits_and_forgives_how_it_is_read_out():
    cid = bytes.fromhex("0123456789") + bytes(27)
    assert qr.check_code(cid) == "04HMASW9"
    assert qr.check_code(cid[:16]) == "04HMASW9"
    assert qr.same_check_code(cid, " o4hm-asw9")
    assert not qr.same_check_code(cid, "04HMASW8")
    assert qr.same_check_code(bytes.fromhex("0842108421") + bytes(27), "IlIlIlIl")


changes = st.dictionaries(st.integers(0, 255), st.sampled_from(Status))


@settings(max_examples=40, deadline=None)
@given(changes, changes)
def test_a_status_list_holds_what_was_last_set(first, second):
    entries = statuslist.decode(StatusList.empty(256).with_(first).with_(second).encode())
    expected = {**dict.fromkeys(range(256), Status.VALID), **first, **second}
    assert {at: entries[at] for at in range(len(entries))} == expected


def test_changing_a_status_list_leaves_the_old_one_as_it_was():
    before = StatusList.empty(8)
    assert before.with_({7: Status.VOID})[7] is Status.VOID
    assert before[7] is Status.VALID
    assert len(StatusList.empty()) == 2**17


@pytest.mark.parametrize("index", [-1, 8, 10**9])
def test_a_place_that_a_list_does_not_have_is_no_status(index):
    with pytest.raises(Untrusted, match="9 status"):
        StatusList.empty(8)[index]
    with pytest.raises(Untrusted, match="9 status"):
        StatusList.empty(8).with_({index: Status.VOID})


@pytest.mark.parametrize("lst", ["", "!", "AAAA", StatusList.empty(64).encode()[:-6]])
def test_a_broken_status_list_is_refused(lst):
    with pytest.raises(Untrusted, match="9 status"):
        statuslist.decode(lst)


def test_a_status_list_that_inflates_without_end_is_refused():
    with pytest.raises(Untrusted, match="too large"):
        statuslist.decode(StatusList(bytes(statuslist.MAX_BYTES + 1)).encode())
    with pytest.raises(Untrusted, match="two bits"):
        statuslist.decode(StatusList.empty(8).encode(), bits=8)
