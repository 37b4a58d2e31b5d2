"""PURE. An alert in machine form, ``kp.alert.v1``, and back.

::

    {"v": 1, "kind": "FAKE", "issuer": "SL", "number": "004911", "features": ["..."], "reported_by": "...",
     "date": "2015-12-01", "source": "https://..."}

Besides these an alert may have ``serials`` (``{"from", "to"}``), ``zone``, ``status`` (SUSPECTED where it is left out)
and ``reference`` (the sender's own). The promise of version 1: keys are added, never renamed or removed; an unknown key
is refused, so that no reader acts on half of an alert.
"""

from __future__ import annotations

import hashlib
import json
import re
from datetime import date
from typing import TYPE_CHECKING, Any

from openkimberley.alerts.facts import (
    Alert,
    AlertKind,
    AlertStatus,
    IssuerQuery,
    Mark,
    NameMatch,
    Serials,
    Specimen,
    serials,
)
from openkimberley.kernel.errors import Untrusted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openkimberley.kernel.measures import Period

PARSE = "1 parse"
VERSION = 1
MAX_BYTES = 5 * 1024 * 1024
MAX_ALERTS = 10_000
_NEEDED = {"v", "kind", "issuer", "date", "source"}
_KNOWN = _NEEDED | {"number", "features", "reported_by", "serials", "zone", "status", "reference"}
_NOT_SAID = ("status", "reference", "reported_by")  # what the same alert may differ in from node to node
_LENGTHS = {"number": 40, "reported_by": 200, "source": 500, "zone": 120, "reference": 60}


def to_json(alert: Alert) -> dict[str, Any]:
    """The alert in machine form."""
    stated: dict[str, Any] = {
        "v": VERSION, "kind": alert.kind.value, "issuer": alert.issuer, "number": alert.number,
        "features": list(alert.features), "reported_by": alert.reported_by, "date": alert.day.isoformat(),
        "source": alert.source, "status": alert.status.value, "reference": alert.reference,
    }  # fmt: skip
    if alert.serials:
        run = alert.serials
        stated["serials"] = {"from": f"{run.prefix}{run.first}", "to": f"{run.prefix}{run.last}"}
    if alert.zone:
        stated["zone"] = alert.zone
    return stated


def to_public(alert: Alert) -> dict[str, Any]:
    """What everybody may know of a confirmed alert: not who reported it to whom."""
    kept = ("v", "kind", "issuer", "number", "features", "date", "source", "status", "serials", "zone")
    return {key: value for key, value in to_json(alert).items() if key in kept}


def fingerprint(alert: Alert) -> str:
    """What tells two alerts apart, whoever sent them: SHA-256 over what they say of the paper."""
    said = {key: value for key, value in to_json(alert).items() if key not in _NOT_SAID}
    return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def from_json(stated: Any) -> Alert:
    """The alert that an object says. Raises ``Untrusted`` naming the key at fault."""
    if not isinstance(stated, dict):
        raise Untrusted(PARSE, "an alert is a JSON object")
    if missing := sorted(_NEEDED - set(stated)):
        raise Untrusted(PARSE, f"{missing[0]} is missing")
    if unknown := sorted(set(stated) - _KNOWN):
        raise Untrusted(PARSE, f"{str(unknown[0])[:40]!r} is not known in an alert of version {VERSION}")
    if stated["v"] != VERSION or isinstance(stated["v"], bool):
        raise Untrusted(PARSE, f"version {str(stated['v'])[:10]!r} is not known: this reads version {VERSION}")
    text = {key: _text(stated, key) for key in ("issuer", *_LENGTHS)}
    if not re.fullmatch(r"[A-Z]{2}", text["issuer"]):
        raise Untrusted(PARSE, f"issuer: {text['issuer'][:10]!r} is no code of two letters")
    if not text["source"]:
        raise Untrusted(PARSE, "source: an alert says where it comes from")
    return Alert(
        kind=AlertKind(_word(stated, "kind", [kind.value for kind in AlertKind])), issuer=text["issuer"],
        day=_day(stated["date"]), number=text["number"], serials=_serials(stated.get("serials")), zone=text["zone"],
        features=_features(stated.get("features", [])), reported_by=text["reported_by"], source=text["source"],
        status=AlertStatus(_word(stated, "status", [one.value for one in AlertStatus], "SUSPECTED")),
        reference=text["reference"],
    )  # fmt: skip


def read(data: bytes) -> tuple[Alert, ...]:
    """The alerts of a file: one object, a list of them, or ``{"alerts": [...]}``. Raises ``Untrusted``."""
    if len(data) > MAX_BYTES:
        raise Untrusted(PARSE, f"the file has {len(data)} bytes, more than the {MAX_BYTES} that are read at once")
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Untrusted(PARSE, f"this is no JSON: {str(error)[:200]}") from error
    if isinstance(document, dict):
        document = document.get("alerts") if "alerts" in document else [document]
    if not isinstance(document, list) or len(document) > MAX_ALERTS:
        raise Untrusted(PARSE, f"a file of alerts is a list of at most {MAX_ALERTS} objects")
    found = []
    for place, stated in enumerate(document, start=1):
        try:
            found.append(from_json(stated))
        except Untrusted as error:
            raise Untrusted(PARSE, f"alert {place}: {error.reason}") from error
    return tuple(found)


def write(alerts: Iterable[Alert]) -> bytes:
    """A file of alerts."""
    return json.dumps({"alerts": [to_json(alert) for alert in alerts]}, ensure_ascii=False, indent=1).encode()


def write_public(alerts: Iterable[Alert]) -> bytes:
    """A file of confirmed alerts as everybody may have them."""
    return json.dumps({"alerts": [to_public(alert) for alert in alerts]}, ensure_ascii=False, indent=1).encode()


# --- what else the API says -------------------------------------------------------------------------------------------


def _span(period: Period) -> dict[str, str]:
    """A half-open period: ``until`` is the first day after it, empty where it still runs."""
    return {"since": period.start.isoformat(), "until": period.end.isoformat() if period.end else ""}


def specimen_to_json(one: Specimen) -> dict[str, Any]:
    """A specimen for the API."""
    return {
        "reference": one.reference, "issuer": one.issuer, "title": one.title, **_span(one.period),
        "numbers": [str(run) for run in one.numbers], "source": one.source,
        "features": [{"name": f.name, "where": f.where, "check": f.check} for f in one.features],
        "pictures": [picture.sha256 for picture in one.pictures],
        "notified_on": one.notified_on.isoformat() if one.notified_on else "",
    }  # fmt: skip


def mark_to_json(one: Mark) -> dict[str, Any]:
    """A signatory or stamp for the API."""
    return {
        "reference": one.reference, "issuer": one.issuer, "kind": one.kind.value, "name": one.name, "post": one.post,
        **_span(one.period), "sample": one.sample, "source": one.source,
    }  # fmt: skip


def query_to_json(one: IssuerQuery) -> dict[str, Any]:
    """A question to an issuer with its answers for the API."""
    return {
        "reference": one.reference, "issuer": one.issuer, "number": one.number, "question": one.question,
        "sent_on": one.sent_on.isoformat(), "sent_to": one.sent_to,
        "verdict": one.verdict.value if one.verdict else None,
        "answers": [{"verdict": a.verdict.value, "text": a.text, "answered_by": a.answered_by,
                     "day": a.day.isoformat()} for a in one.answers],
    }  # fmt: skip


def match_to_json(one: NameMatch) -> dict[str, Any]:
    """A name on a list for the API."""
    entry = one.entry
    return {
        "asked": one.asked, "matched": one.matched, "exact": one.exact, "list": entry.list_name,
        "kind": entry.kind.value, "source": entry.source, "reference": entry.reference, **_span(entry.period),
    }  # fmt: skip


# --- reading ----------------------------------------------------------------------------------------------------------


def _text(stated: dict[str, Any], key: str) -> str:
    """A text of bounded length that can be printed."""
    given = stated.get(key, "")
    limit = _LENGTHS.get(key, 40)
    if not isinstance(given, str) or len(given) > limit or not (given.isprintable() or not given):
        raise Untrusted(PARSE, f"{key}: a text of at most {limit} characters is wanted")
    return given.strip()


def _word(stated: dict[str, Any], key: str, words: list[str], default: str = "") -> str:
    """One of a few words."""
    given = stated.get(key, default)
    if not isinstance(given, str) or given not in words:
        raise Untrusted(PARSE, f"{key}: one of {', '.join(words)} is wanted")
    return given


def _day(given: Any) -> date:
    """A date as YYYY-MM-DD."""
    try:
        return date.fromisoformat(given)
    except (TypeError, ValueError) as error:
        raise Untrusted(PARSE, "date: YYYY-MM-DD is wanted") from error


def _features(given: Any) -> tuple[str, ...]:
    """A list of texts."""
    if not isinstance(given, list) or len(given) > 50:
        raise Untrusted(PARSE, "features: a list of at most 50 texts is wanted")
    if not all(isinstance(one, str) and len(one) <= 500 and one.isprintable() for one in given):
        raise Untrusted(PARSE, "features: each is a text of at most 500 characters")
    return tuple(one.strip() for one in given if one.strip())


def _serials(given: Any) -> Serials | None:
    """A run of serials."""
    if given is None:
        return None
    if not isinstance(given, dict) or set(given) != {"from", "to"}:
        raise Untrusted(PARSE, 'serials: {"from": "...", "to": "..."} is wanted')
    try:
        return serials(str(given["from"]), str(given["to"]))
    except ValueError as error:
        raise Untrusted(PARSE, f"serials: {error}") from error
