"""How numbers and names are compared, what an entry must say, and the machine form of an alert."""

import json
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openkimberley.alerts import facts, rules, statements
from openkimberley.alerts.data import known_fakes
from openkimberley.alerts.facts import Alert, AlertKind, AlertStatus, ListedName, ListKind, Picture, Specimen, serials
from openkimberley.kernel.errors import Untrusted
from openkimberley.kernel.measures import Period

DAY = date(2015, 12, 1)
FAKE = Alert(AlertKind.FAKE, "SL", DAY, "004911", features=("dotted lines",), source="notice")


@pytest.mark.parametrize("written", ["SL004911", "SL 004911", "sl-4911", "SL.00 4911", "4911", "ＳＬ４９１１"])
def test_R008_a_number_is_the_same_however_it_is_written(written):
    assert facts.number_key(written, "SL") == "SL4911"


@pytest.mark.parametrize("other", ["SL049110", "EU004911", "SL4911X", "49110", ""])
def test_R008_another_number_stays_another(other):
    assert facts.number_key(other, "SL") != "SL4911"


@given(st.text(max_size=60), st.sampled_from(["", "SL", "EU"]))
def test_R008_comparing_is_settled_after_once(text, issuer):
    once = facts.number_key(text, issuer)
    assert facts.number_key(once, issuer) == once


def test_a_run_of_serials_holds_its_ends_and_nothing_beside():
    run = serials("A 000100", "A-199")
    assert "A100" in run
    assert "a.0199" in run
    assert "A200" not in run
    assert "B150" not in run
    assert "A15X" not in run
    assert str(run) == "A100-A199"
    assert str(serials("7")) == "7"


@pytest.mark.parametrize(("first", "last"), [("A2", "A1"), ("A1", "B2"), ("", ""), ("X1Y", ""), ("9" * 30, "")])
def test_what_is_no_run_of_serials_is_refused(first, last):
    with pytest.raises(ValueError, match="no run"):
        serials(first, last)


def entry(name, *aliases):
    return ListedName(ListKind.SANCTION, "Fictional list", name, Period(DAY), aliases, reference="R")


@pytest.mark.parametrize(
    "asked",
    ["Fictional Stones Ltd", "FICTIONAL  STONES", "Stones, Fictional", "Fictionál Stones L.T.D.", "Pierres SARL"],
)  # fmt: skip
def test_a_listed_name_is_found_however_it_is_written(asked):
    (found,) = facts.match_name(asked, (entry("Fictional Stones Ltd", "Pierres"),))
    assert found.exact is (asked == "Fictional Stones Ltd")


@pytest.mark.parametrize("asked", ["Fictional Stone", "Stones", "", "...", "Ltd"])
def test_a_name_that_is_only_similar_is_not_a_match(asked):
    assert facts.match_name(asked, (entry("Fictional Stones Ltd"),)) == ()


def test_a_name_of_legal_forms_only_keeps_its_words():
    assert facts.name_key("Company Ltd") == "company ltd"


def test_R177_a_confirmed_fake_has_features_and_every_alert_a_source():
    assert list(rules.before_alert(replace(FAKE, status=AlertStatus.CONFIRMED))) == []
    bare = replace(FAKE, status=AlertStatus.CONFIRMED, features=(), source=" ")
    assert [o.field for o in rules.before_alert(bare)] == ["features", "source"]
    assert list(rules.before_alert(replace(FAKE, features=()))) == []
    blanks = replace(FAKE, kind=AlertKind.LOST_BLANKS, number="")
    assert [o.field for o in rules.before_alert(blanks)] == ["serial_from"]
    assert [o.field for o in rules.before_alert(replace(FAKE, kind=AlertKind.ZONE_CLOSED))] == ["zone"]
    lost = replace(FAKE, kind=AlertKind.LOST_CERTIFICATE, number="")
    assert [o.field for o in rules.before_alert(lost)] == ["number"]


def test_R011_a_specimen_says_when_it_was_notified_and_what_it_looks_like():
    bare = Specimen("SL", "2015", Period(DAY))
    assert [o.field for o in rules.before_specimen(bare)] == ["notified_on", "pictures", "source"]
    whole = replace(bare, notified_on=DAY, pictures=(Picture("0" * 64),), source="notice")
    assert list(rules.before_specimen(whole)) == []


def test_the_public_warnings_that_ship_are_readable_confirmed_and_sourced():
    shipped = known_fakes()
    assert {(one.issuer, one.number) for one in shipped} >= {("SL", "004911"), ("SL", "004306"), ("CM", ""), ("KE", "")}
    assert all(one.source.startswith("https://") and one.features for one in shipped)
    assert all(one.status is AlertStatus.CONFIRMED for one in shipped)
    assert not [o for one in shipped for o in rules.before_alert(one)]


def test_an_alert_written_is_read_again():
    more = (replace(FAKE, serials=serials("A1", "A9"), zone="Sosso"), replace(FAKE, status=AlertStatus.CONFIRMED))
    assert statements.read(statements.write(more)) == more


def test_the_machine_form_is_the_promised_one():
    stated = statements.to_json(FAKE)
    assert stated.items() >= {
        "v": 1, "kind": "FAKE", "issuer": "SL", "number": "004911", "reported_by": "", "date": "2015-12-01",
        "source": "notice",
    }.items()  # fmt: skip
    assert stated["features"] == ["dotted lines"]
    assert "reported_by" not in statements.to_public(FAKE)


GOOD = {"v": 1, "kind": "FAKE", "issuer": "SL", "date": "2015-12-01", "source": "x"}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"v": 2}, "version"), ({"v": True}, "version"), ({"kind": "JOKE"}, "kind"), ({"kind": 7}, "kind"),
        ({"issuer": "Sierra Leone"}, "issuer"), ({"issuer": "sl"}, "issuer"), ({"date": "1.12.2015"}, "date"),
        ({"date": None}, "date"), ({"source": ""}, "source"), ({"colour": "red"}, "colour"),
        ({"features": "x"}, "features"),
        ({"features": [1]}, "features"), ({"features": ["x"] * 51}, "features"), ({"number": "x" * 41}, "number"),
        ({"number": "a\x00b"}, "number"), ({"serials": {"from": "A1"}}, "serials"), ({"status": "MAYBE"}, "status"),
        ({"serials": {"from": "A9", "to": "A1"}}, "serials"),
    ],
)  # fmt: skip
def test_a_malformed_alert_is_refused_and_the_key_named(change, says):
    with pytest.raises(Untrusted, match=says):
        statements.from_json(GOOD | change)


@pytest.mark.parametrize("data", [b"", b"{", b"[1]", b'"x"', b"null", b"{}", b"[" * 100_000, b"\xff", b'{"alerts": 1}'])
def test_a_file_that_holds_no_alerts_is_refused_by_name(data):
    with pytest.raises(Untrusted) as caught:
        statements.read(data)
    assert caught.value.step == statements.PARSE


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from([*statements._KNOWN, "x"]), json_values))
def test_no_object_ends_in_another_error_than_the_named_one(stated):
    for one in (stated, GOOD | stated):
        try:
            found = statements.read(json.dumps(one).encode())
        except Untrusted:
            continue
        assert found


@given(st.binary(max_size=200))
def test_no_bytes_end_in_another_error_than_the_named_one(data):
    if data.strip(b" \t\r\n") == b"]":  # a file of no alerts is one
        assert statements.read(b"[" + data) == ()
        return
    with pytest.raises(Untrusted):
        statements.read(b"[" + data)


def test_too_large_a_file_is_refused():
    with pytest.raises(Untrusted, match="bytes"):
        statements.read(b" " * (statements.MAX_BYTES + 1))
