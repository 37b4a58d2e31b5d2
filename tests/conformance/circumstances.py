"""Moments, places and lists for both engines: cases in which nothing is wrong with the artefact itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from openkimberley.trust.canonical import b64u
from openkimberley.trust.statuslist import Status, StatusList
from tests.conformance.artefacts import Case, case, changed, claims_of_paper, plain, signed


def circumstances() -> Iterator[Case]:
    """Moments, places, bundles: nothing wrong with the artefact itself."""
    for days in (0, 1, 7, 8, 30, 31, 52, 53, 54, 90, 91, 400):
        moment = f"{_day(days)}T12:00:00Z"
        for what, artefact in (("code", plain.CODE), ("credential", plain.CREDENTIAL), ("number", "SL 004912")):
            yield case(f"{what} after {days} days", artefact, now=moment)
    yield case("before its day", plain.CODE, now="2026-10-31T23:00:00Z")
    for authority in (None, "", "EU-DE", "EU", "AE", "BW", "XX-1"):
        for transit in (False, True):
            yield case(f"at {authority}, transit {transit}", plain.CODE, authority=authority, transit=transit)
    cid = b64u(plain.CID)
    for users in ([], ["EU-BE"], ["AE"], ["EU-BE", "AE", "AO"]):
        used = [{"cid": cid, "authority": user} for user in users]
        yield case(f"used by {users}", plain.CODE, changed(used=used))
        yield case(f"used by {users}, nobody asks", plain.LABEL, changed(used=used), authority=None)
    yield case("no notices known", plain.CODE, changed(expected=None))
    yield case("not expected", plain.CODE, changed(expected=[]))
    yield case("expected, in the bundle of another authority", plain.CODE, changed(node="BW"))
    yield case(
        "a ban", plain.CODE, changed(overlay={"participants": {"EU": {"from": "2024-01-01", "reason": "100 %"}}})
    )


def keys_and_numbers() -> Iterator[Case]:
    """Keys out of use, numbers out of range, authorities that are another Participant's."""
    for state in ("active", "retired", "compromised"):
        for ends in ({}, {"naf": "2026-11-01"}, {"nbf": "2026-11-03"}, {"naf": "2027-01-01"},
        {"compromised_since": "2026-11-03"},
                     {"compromised_since": "2026-11-02"}, {"use": "status"}):  # fmt: skip
            bundle = changed()
            bundle["authorities"]["BW"]["keys"][0] |= {"state": state, **ends}
            yield case(f"key {state} {ends}", plain.CREDENTIAL, bundle)
    for about in (
        {"number_patterns": ["^BW[0-9]{7}$"]}, {"number_patterns": ["BW[0-9]{6}", "ZA.*"]}, {"keys": []},
        {"participant": "EU"},
        {"ranges": [{"series": "BW", "from": 1, "to": 99999, "year": 2026}]}, {"ranges": [{"from": 1, "to": 9}]},
        {"ranges": [{"from": 1, "to": 99999, "year": 2025}, {"series": "ZA", "from": 1, "to": 99999}]},
    ):  # fmt: skip
        bundle = changed()
        bundle["authorities"]["BW"] |= about
        yield case(f"an authority with {about}"[:60], plain.CODE, bundle)
        yield case(f"a credential of an authority with {about}"[:60], plain.CREDENTIAL, bundle)


def standings() -> Iterator[Case]:
    """Participants that may not trade, are unknown, or have taken a certificate back."""
    for status in (
        "RESTRICTED",
        "SUSPENDED",
        "SELF_SUSPENDED",
        "REMOVED",
        "EMBARGOED",
        "MERGED",
        "APPLICANT",
        "TRADING_ENTITY",
    ):
        for code in ("BW", "EU"):
            bundle = changed()
            span = {
                "status": status,
                "from": "2026-11-01",
                "until": None,
                "source": "AD 2026/1",
                "zones": ["BW-1", "BW-0"],
            }
            bundle["participants"][code]["history"] = [*plain.HISTORY, span]
            for what, artefact in (("code", plain.CODE), ("label", plain.LABEL)):
                yield case(f"{code} is {status}, {what}", artefact, bundle)
    for gone in ("BW", "EU"):
        bundle = changed()
        del bundle["participants"][gone]
        for days in (0, 40):
            yield case(f"{gone} is unknown after {days} days", plain.CODE, bundle, now=f"{_day(days)}T12:00:00Z")
    for number in range(4):
        visible, claims = claims_of_paper()
        visible["status"] = {"status_list": {"idx": number, "uri": "https://kp.example/status/2"}}
        lst = StatusList.empty(8).with_({n: Status(n) for n in range(4)}).encode()
        lists = {"https://kp.example/status/2": {"bits": 2, "lst": lst, "exp": "2026-11-20T00:00:00+02:00"}}
        yield case(f"status {number}", signed(visible, claims), changed(status_lists=lists))


def _day(days: int) -> str:
    return (date(2026, 11, 8) + timedelta(days)).isoformat()
