"""Pages that span areas: the work list, search, verification, rules, the guide, health and metrics."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.paginator import Paginator
from django.db import connection
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from openkimberley.alerts import queries as alerts
from openkimberley.certificates import queries as certificates
from openkimberley.certificates.forms.disclosure import CLAIMS
from openkimberley.desk.limits import FRAMES, limited
from openkimberley.desk.web import actor_of, demand
from openkimberley.documents.qr import scan
from openkimberley.kernel.actor import Permission, Role
from openkimberley.kernel.errors import NotFound, NotPermitted, Untrusted
from openkimberley.kernel.rules import register
from openkimberley.node import bundles
from openkimberley.node import metrics as measured
from openkimberley.shipments import queries as shipments
from openkimberley.trade import queries as trade
from openkimberley.verification.files import is_pdf, verify_file
from openkimberley.verification.known import known_bundle

if TYPE_CHECKING:
    from django.http import HttpRequest

    from openkimberley.certificates.facts import Certificate, Party
    from openkimberley.kernel.actor import Actor
    from openkimberley.verification.facts import Report

MOST_UPLOADED = 12 * 1024 * 1024  # a telephone's photograph of a page is 5 MB


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """The work list of the signed-in person, or the public front page."""
    by = actor_of(request)
    if not by.id:
        return render(request, "node/front.html")
    now = timezone.localtime()
    work = sorted(everything_waiting(by, at=now), key=lambda item: item["since"])
    page = Paginator(work, 50).get_page(request.GET.get("page"))
    template = "node/work.html" if getattr(request, "htmx", False) else "node/home.html"
    return render(request, template, {"page": page, "today": now.date()})


def everything_waiting(by: Actor, *, at: datetime) -> list[dict[str, Any]]:
    """What waits for somebody in all areas."""
    return [*certificates.waiting(by), *shipments.waiting(by, at=at), *alerts.waiting(by)]


@require_GET
def search(request: HttpRequest) -> HttpResponse:
    """Find by number, company or seal, among what the person may see."""
    by = actor_of(request)
    if not by.id:
        raise NotPermitted(Permission.CERTIFICATE_READ, _("Sign in to search. Licences are public: see Licences."))
    wanted = request.GET.get("q", "").replace("\0", "").strip()[:80]
    found: dict[str, Any] = {"wanted": wanted}
    if wanted:
        found["applications"], found["certificates"] = certificates.search(wanted, by=by)
        found["shipments"] = shipments.search(wanted, by=by)
        found["licences"] = trade.search_public(text=wanted)[:10]
    return render(request, "node/search.html", found)


@require_http_methods(["GET", "POST"])
@limited("verify")
def verify(request: HttpRequest) -> HttpResponse:
    """Is this certificate genuine? Paste, upload or photograph; no sign-in. Judged by the one engine."""
    if request.method == "GET":
        return render(request, "node/verify.html")
    text = request.POST.get("artefact", "").strip()
    upload = request.FILES.get("file") or request.FILES.get("photograph")
    try:
        data = _artefact(text, upload.read(MOST_UPLOADED + 1) if upload else b"")
        report = _judge(request, data)
    except Untrusted as error:
        return render(request, "node/verify.html", {"unreadable": error, "artefact": text}, status=error.status)
    return render(request, "node/verify.html", {"report": _shown(report), "artefact": text})


def _artefact(text: str, uploaded: bytes) -> bytes:
    """The bytes to judge: pasted text, an uploaded PDF or text file, or the code in an uploaded photograph."""
    if not uploaded:
        if not text:
            raise Untrusted("1 parse", "paste the text of the code, or choose a file")
        return text.encode()
    if len(uploaded) > MOST_UPLOADED:
        raise Untrusted("1 parse", "the file is larger than any certificate")
    if is_pdf(uploaded) or _is_text(uploaded):
        return uploaded
    codes = [code for code in scan(uploaded) if code.startswith(("KPC1:", "KPL1:"))]
    if not codes:
        raise Untrusted(
            "1 parse", "no Kimberley Process code was found in the picture: hold it flat, near and in light"
        )
    return codes[0].encode()


def _is_text(data: bytes) -> bool:
    """True where the bytes are plain ASCII: a QR text or an SD-JWT."""
    return data[:4096].isascii() and b"\0" not in data[:4096]


def _judge(request: HttpRequest, data: bytes) -> Report:
    """Ask the engine with the node's own bundle, for the desk of the signed-in officer if there is one."""
    now, by = timezone.localtime(), actor_of(request)
    return verify_file(data, known_bundle(at=now, authority=by.authority), now=now, authority=by.authority or None)


def _shown(report: Report) -> dict[str, Any]:
    """A report for the template: every sentence in the reader's language, and what the signed record says."""
    document = report.as_json()
    for check, row in zip(report.checks, document["checks"], strict=True):
        row["name"] = _(check.name)
        row["detail"] = _(check.template) % check.facts if check.facts else _(check.template)
    document["data"]["issued"] = date.fromisoformat(report.list_date)
    says = report.certificate if report.proven else None
    document["says"] = [*_content(says), *_band(report)] if says else []
    document["hidden"] = [str(CLAIMS[name]) for name in report.claims.withheld]
    document["hidden_count"] = report.claims.hidden
    return document


def _band(report: Report) -> list[tuple[str, str, Any]]:
    """The band of the value, where a part of a certificate shows that and not the value."""
    shown = report.claims.shown
    if "value_band" not in shown or "total_usd" in shown:
        return []
    return [(str(CLAIMS["value_band"]), "text", f"US$ {shown['value_band']}")]


def _content(says: Certificate) -> list[tuple[str, str, Any]]:
    """What a proven certificate says, as (label, kind of value, value), for an officer to lay beside the paper."""
    rows: list[tuple[str, str, Any]] = [
        (_("Origin"), "countries", [*(["***"] if says.mixed else []), *says.origin]),
        (_("Destination"), "country", says.destination_authority or says.destination),
        (_("Exporter"), "text", _party(says.exporter)), (_("Importer"), "text", _party(says.importer)),
        (_("Parcels"), "text", says.parcels or ""),
        *((_("Line %(hs)s") % {"hs": line.hs}, "line", line) for line in says.lines),
        (_("Total"), "line", says if says.total_carats is not None else None),
        (_("Issued"), "day", says.issue_date), (_("Valid until"), "day", says.expiry_date),
        (_("Security paper"), "text", says.paper_serial),
    ]  # fmt: skip
    return [row for row in rows if row[2] not in ("", None, [])]


def _party(party: Party | None) -> str:
    """Name and address in one line."""
    return ", ".join(filter(None, (party.name, party.address))) if party else ""


@require_POST
@limited("frame", times=FRAMES)
def scan_frame(request: HttpRequest) -> JsonResponse:
    """One frame of a camera: the codes in it. Helps /verify where JavaScript runs; nothing is kept."""
    upload = request.FILES.get("frame")
    data = upload.read(MOST_UPLOADED + 1) if upload else b""
    if not data or len(data) > MOST_UPLOADED:
        raise Untrusted("1 parse", "no picture")
    return JsonResponse({"codes": [code for code in scan(data) if code.startswith(("KPC1:", "KPL1:"))]})


@require_GET
def rules(request: HttpRequest) -> HttpResponse:
    """All 180 rules: wording, source, and what the software does about each. Public."""
    entries = list(register())
    wanted = request.GET.get("state", "")
    groups: dict[str, list[Any]] = {}
    for entry in entries:
        if not wanted or entry.state.value == wanted:
            groups.setdefault(entry.group, []).append(entry)
    states: dict[str, int] = {}
    for entry in entries:
        states[entry.state.value] = states.get(entry.state.value, 0) + 1
    return render(request, "node/rules.html", {"groups": groups, "states": states, "wanted": wanted})


GUIDE_OF = {
    Role.APPLICANT: "apply", Role.AGENT: "apply", Role.ISSUING_OFFICER: "examine", Role.APPROVING_OFFICER: "approve",
    Role.IMPORT_OFFICER: "import", Role.SUPERVISOR: "supervise",
}  # fmt: skip


@require_GET
def guide(request: HttpRequest) -> HttpResponse:
    """ "Your first shipment": the main job, step by step, with the part of the person who reads marked."""
    mine = {GUIDE_OF[role] for role in actor_of(request).roles if role in GUIDE_OF}
    return render(request, "node/guide.html", {"mine": mine})


@require_GET
def bundle(request: HttpRequest) -> HttpResponse:
    """The node's bundle, for a stick: participants, public keys, statuses. For officers; it lists who was confirmed."""
    by = demand(request, Permission.PAPER_REGISTER)
    body = bundles.handed_out(at=timezone.localtime(), authority=by.authority)
    response = HttpResponse(body, content_type="application/json")
    response["Content-Disposition"] = 'attachment; filename="bundle.json"'
    return response


def no_such_page(request: HttpRequest) -> HttpResponse:
    """An address that a part of the node would serve and this node does not."""
    raise NotFound("page", request.path[:60])


@require_GET
def health(request: HttpRequest) -> HttpResponse:
    """Whether the node can read its database; no details for strangers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok"})


@require_GET
def metrics(request: HttpRequest) -> HttpResponse:
    """Counters for a monitor, on loopback or with the node's metrics token only."""
    token = settings.METRICS_TOKEN
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    # behind a proxy every caller comes from loopback: who came through one is not here
    near = request.META.get("REMOTE_ADDR") in ("127.0.0.1", "::1") and "X-Forwarded-For" not in request.headers
    if not near and not (token and constant_time_compare(given, token)):
        raise NotPermitted(Permission.JOURNAL_READ, _("Metrics are read on loopback or with the node's token."))
    text, kind = measured.exposition()
    return HttpResponse(text, content_type=kind)
