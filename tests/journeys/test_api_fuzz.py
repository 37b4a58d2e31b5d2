"""Hostile and nonsensical calls: no fault of the software, whoever calls; every error is a problem document.

The calls are drawn from the node's own OpenAPI document, so that a new call is met without being named here. Names that
exist (an application, a certificate, a licence) stand in for half of the drawn ones: the deep code is what matters.
"""

from __future__ import annotations

import json
import traceback
from collections import defaultdict
from datetime import date
from typing import Any
from urllib.parse import quote

import pytest
import schemathesis
from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis.core import NOT_SET
from schemathesis.generation import GenerationMode

from openkimberley.certificates.models import Application, Certificate
from openkimberley.kernel.actor import Actor, Role
from openkimberley.node.api import api
from tests import story
from tests.cast import BW, EXPORTER_LICENCE, MPHO, VISITOR

OFFICER = Actor("officer", frozenset(Role) - {Role.PUBLIC, Role.APPLICANT, Role.AGENT}, authority=BW)
"""Every officer in one person: nobody holds all this, but every door opens."""

BOUNDED = {
    "derandomize": True, "database": None, "deadline": None, "phases": [Phase.explicit, Phase.generate],
    "suppress_health_check": list(HealthCheck),
}  # fmt: skip

HOSTILE = [
    "", " ", "\x00", "a\x00b", "\ud800", "\u202eevil", "9" * 5000, "-1", "1e999", "0x10", "٣٤", "NaN", "null",
    "%s%(x)d",
    "{{ 7*7 }}", "<script>alert(1)</script>", "'; DROP TABLE x; --", "../../etc/passwd", "2026-02-30", "0001-01-01",
    "9999-12-31", "12.345", "１２", "BW-A-999999999999999999999999", "7102.31", "7102.10 ", "***", "\r\nX: y",
]  # fmt: skip
RAW = [
    b"", b"{", b"null", b"[]", b'"x"', b"0", b"\xff\xfe", b'{"a":NaN}', b'{"version":1e400}', b"[" * 20_000,
    b'{"\\ud800":"\\ud800"}', b'{"content":' + b'{"a":' * 2000 + b"1" + b"}" * 2000 + b"}", b"\x00" * 64,
]  # fmt: skip
BROKEN_FILES = [
    b"%PDF-1.7\n" + b"\x00" * 5000, b"%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 1 0 R>>endobj\ntrailer<</Root 1 0 R>>",
    b"\x89PNG\r\n\x1a\n" + b"\x00" * 100, b"GIF89a" + b"\xff" * 50, b"\xff\xd8\xff\xe0" + b"\x00" * 200,
    b"P6 99999 99999 255\n", b"BM" + b"\xff" * 60, b"RIFF\xff\xff\xff\xffWEBPVP8 ",
]  # fmt: skip
BASE45 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"


@pytest.fixture
def world(transactional_db, settings, tmp_path) -> dict[str, list[str]]:
    """A node with something in every state that these tests reach. Returns names that exist, by parameter."""
    settings.SECOND_FACTOR_REQUIRED = False
    settings.VERIFY_PER_MINUTE = 10**9  # the fuzzer asks faster than anybody may
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    story.furnish()
    issued = [story.issued(), story.issued(destination="EU")]
    story.opened()
    story.filed()
    story.examined(seals=("BW-SEAL-0000777",))
    for actor in (OFFICER, MPHO):
        user = get_user_model().objects.create(actor_id=actor.id, email=f"{actor.id}@example.test", name=actor.id)
        for role in sorted(actor.roles):
            company = next(iter(actor.companies), "")
            user.roles_held.create(role=role.value, authority=actor.authority, company=company, since=date(2020, 1, 1))
    numbers = [one.number for one in issued]
    return {
        "reference": [one.reference for one in Application.objects.all()], "number": [*numbers, EXPORTER_LICENCE],
        "code": ["BW", "EU", "CF", "ZZ"], "authority": [BW, "EU-BE"], "issuer": ["BW", "CI"], "serial": ["BW-P-000001"],
        "kind": ["csv", "xlsx", "json", "doc"], "since": ["2003-01-01"], "version": [1, 2, 3],
        "company": [EXPORTER_LICENCE], "artefact": [issued[0].qr_full, issued[0].sd_jwt, numbers[0]],
        "act": ["suspend", "restore", "revoke"], "year": ["2025"], "by_list": ["EU", "US"],
    }  # fmt: skip


def signed_in(actor: Actor) -> Client:
    """A client of that person, or of nobody."""
    client = Client(HTTP_HOST="localhost")
    if actor.id:
        user = get_user_model().objects.get(actor_id=actor.id)
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def operations() -> list[Any]:
    """Every call of the OpenAPI document."""
    document = json.loads(json.dumps(api.get_openapi_schema(path_prefix="/api/v1/"), default=str))
    return [found.ok() for found in schemathesis.openapi.from_dict(document).get_all_operations()]


def send(client: Client, method: str, path: str, *, query: Any = None, body: Any = NOT_SET, media: str = "") -> Any:
    """One call, as a client outside would make it."""
    extra: dict[str, Any] = {}
    if query:
        extra["query_params"] = {name: _text(value) for name, value in query.items()}
    if body is NOT_SET:
        return client.generic(method, path, **extra)
    if media == "multipart/form-data":
        data = {name: _part(value) for name, value in (body if isinstance(body, dict) else {}).items()}
        return client.post(path, data, **extra)
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.generic(method, path, raw, content_type="application/json", **extra)


def _text(value: Any) -> str:
    """What stands in an address or a form: half a character of UTF-16 cannot."""
    written = value if isinstance(value, str) else json.dumps(value, default=str)
    return written.encode("utf-8", "replace").decode()


def _part(value: Any) -> Any:
    return SimpleUploadedFile("file.csv", value) if isinstance(value, bytes) else _text(value)


def faults_of(answer: Any) -> str:
    """What is wrong with an answer, empty where nothing is."""
    if answer.status_code < 400:
        return ""
    if answer.status_code >= 500:
        return f"answers {answer.status_code}"
    if answer["Content-Type"].split(";")[0] != "application/problem+json":
        return f"{answer.status_code} is no problem document but {answer['Content-Type']}: {answer.content[:120]!r}"
    body = json.loads(answer.content)
    if not {"type", "title", "status", "detail"} <= body.keys() or body["status"] != answer.status_code:
        return f"{answer.status_code} lacks a part of a problem document: {sorted(body)}"
    return ""


def tried(faults: dict[str, set[str]], name: str, act: Any) -> None:
    """Do it, and note under ``name`` what was wrong."""
    try:
        if said := faults_of(act()):
            faults[name].add(said)
    except Exception as error:  # the test client passes on what would be a 500
        frames = [f for f in traceback.extract_tb(error.__traceback__) if "/openkimberley/" in f.filename]
        ours = [f"{f.filename.rpartition('openkimberley/')[2]}:{f.lineno}" for f in reversed(frames[-3:])]
        faults[name].add(f"{type(error).__name__}: {str(error)[:120]} at {' < '.join(ours)}")


def known_or(drawn: Any, name: str, world: dict[str, list[Any]], draw: Any) -> Any:
    """A drawn value, or half the time one that exists."""
    if name in world and draw(st.booleans()):
        return draw(st.sampled_from(world[name]))
    return drawn


def spoilt(value: Any, world: dict[str, list[Any]], draw: Any) -> Any:
    """A body with names that exist, and now and then a hostile text or a value of another kind."""
    if isinstance(value, dict):
        return {name: spoilt(known_or(part, name, world, draw), world, draw) for name, part in value.items()}
    if isinstance(value, list):
        return [spoilt(part, world, draw) for part in value]
    if isinstance(value, str) and draw(st.integers(0, 7)) == 0:
        return draw(st.sampled_from(HOSTILE))
    return value


@pytest.mark.parametrize(
    ("who", "times"), [(VISITOR, 3), (MPHO, 6), (OFFICER, 8)], ids=["visitor", "applicant", "officer"]
)
def test_no_call_of_the_api_is_a_fault_of_the_software(world, who, times):
    client = signed_in(who)
    faults: dict[str, set[str]] = defaultdict(set)
    for operation in operations():
        settings(max_examples=times, **BOUNDED)(given(st.data())(drawn_calls(client, operation, world, faults)))()
    assert not faults, told(faults)


def drawn_calls(client: Client, operation: Any, world: dict[str, list[Any]], faults: dict[str, set[str]]) -> Any:
    """What is done with one call's drawn parameters: three in four as the document asks, others wrong on purpose."""
    method, plain = operation.method.upper(), operation.path

    def one(data: Any) -> None:
        mode = GenerationMode.POSITIVE if data.draw(st.integers(0, 3)) else GenerationMode.NEGATIVE
        try:
            case = data.draw(operation.as_strategy(generation_mode=mode))
        except Unsatisfiable:  # a call without parameters cannot be drawn wrong
            return
        path = plain
        for parameter, value in (case.path_parameters or {}).items():
            there = known_or(value, parameter, world, data.draw)
            path = path.replace(f"{{{parameter}}}", quote(_text(there), safe="") or "-")
        body = case.body if case.body is NOT_SET else spoilt(case.body, world, data.draw)
        query = {} if case.query is NOT_SET else spoilt(dict(case.query or {}), world, data.draw)
        media = case.media_type or ""
        tried(faults, f"{method} {plain}", lambda: send(client, method, path, query=query, body=body, media=media))

    return one


def test_bodies_that_are_no_json_are_errors_with_a_name(world):
    client = signed_in(OFFICER)
    faults: dict[str, set[str]] = defaultdict(set)
    for method, plain in [(one.method.upper(), one.path) for one in operations()]:
        if method not in ("POST", "PUT"):
            continue
        path = plain
        for parameter, names in world.items():
            path = path.replace(f"{{{parameter}}}", quote(str(names[0])))
        for raw in RAW:
            tried(faults, f"{method} {plain}", lambda m=method, p=path, raw=raw: send(client, m, p, body=raw))
    assert not faults, told(faults)


def test_addresses_that_do_not_exist_are_problem_documents_too(world):
    faults: dict[str, set[str]] = defaultdict(set)
    for who in (VISITOR, OFFICER):
        client = signed_in(who)
        for path in (
            "/api/v1/nothing",
            "/api/v1/certificates/" + "x" * 3000,
            "/api/v1/applications/%00",
            "/api/v1/%ff",
        ):
            for method in ("GET", "POST", "DELETE", "PATCH"):
                tried(faults, f"{method} {path[:40]}", lambda c=client, m=method, p=path: c.generic(m, p))
    assert not faults, told(faults)


def told(faults: dict[str, set[str]]) -> str:
    """All faults for people."""
    return "\n" + "\n".join(f"{name}\n    " + "\n    ".join(sorted(said)) for name, said in sorted(faults.items()))


# --- the page that strangers use --------------------------------------------------------------------------------------


def verified(client: Client, data: dict[str, Any]) -> str:
    """The answer of /verify to something strange: empty where it is a page that says what is wrong."""
    answer = client.post("/verify", data)
    if answer.status_code not in (200, 400):
        return f"answers {answer.status_code}"
    return "" if answer["Content-Type"].startswith("text/html") else f"answers {answer['Content-Type']}"


def test_whatever_a_stranger_verifies_is_answered_with_a_page(world):
    client, faults = signed_in(VISITOR), set()
    right = world["artefact"][0]

    def meet(data: dict[str, Any]) -> None:
        try:
            if said := verified(client, data):
                faults.add(f"{said}: {str(data)[:100]}")
        except Exception as error:
            faults.add(f"{type(error).__name__}: {str(error)[:100]} for {str(data)[:100]!r}")

    near = [right + "0", right[:-1], right.lower(), "KPC1:", "KPL1:" + right[5:], "KPC1:" + ":" * 4290]
    near += ["KPC1:" + "0" * 20_000, "eyJ" + "." * 5000, world["artefact"][1] + "~" * 3000, "%PDF-1.7\n"]
    for text in [*HOSTILE, *near]:
        meet({"artefact": text.encode("utf-8", "replace").decode()})
        meet({"file": SimpleUploadedFile("x.pdf", text.encode("utf-8", "surrogatepass"))})
    for raw in [*RAW, *BROKEN_FILES]:
        meet({"file": SimpleUploadedFile("x", raw)})
        meet({"photograph": SimpleUploadedFile("x.jpg", raw)})

    @settings(max_examples=150, **BOUNDED)
    @given(
        st.one_of(
            st.text(max_size=300), st.text(alphabet=BASE45, max_size=400).map("KPC1:".__add__),
            st.tuples(st.integers(0, len(right) - 1), st.sampled_from("0A:Z ")).map(
                lambda put: right[: put[0]] + put[1] + right[put[0] + 1 :]
            ),
        )
    )  # fmt: skip
    def drawn(text: str) -> None:
        meet({"artefact": text})

    drawn()
    assert not faults, "\n" + "\n".join(sorted(faults))


def test_one_changed_character_is_never_valid(world):
    """Every place of the code once: an altered code is invalid or cannot be read, never genuine."""
    client, right = signed_in(VISITOR), world["artefact"][0]
    for place in range(5, len(right), 7):
        other = "0" if right[place] != "0" else "1"
        answer = client.post(
            "/api/v1/verify", {"artefact": right[:place] + other + right[place + 1 :]}, content_type="application/json"
        )
        assert answer.status_code == 200
        assert answer.json()["verdict"] == "invalid", place
    assert Certificate.objects.count() == 2
