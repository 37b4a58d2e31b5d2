"""Pages of an application: list, summary, the steps of the form, papers, pre-check and filing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from openkimberley.certificates import actions, queries
from openkimberley.certificates.facts import ApplicationStatus
from openkimberley.certificates.forms.application import ORDER, STEPS, after, step_of, without_row
from openkimberley.certificates.forms.fields import DeskForm, country_name
from openkimberley.certificates.forms.officer import File, Upload
from openkimberley.certificates.web import approving, show
from openkimberley.desk import files
from openkimberley.desk.web import demand, said
from openkimberley.kernel.actor import Permission
from openkimberley.kernel.errors import Conflict, NotFound
from openkimberley.kernel.rules import Severity
from openkimberley.participants import queries as participants
from openkimberley.trade import queries as trade

if TYPE_CHECKING:
    from django.http import HttpRequest

    from openkimberley.certificates.forms.application import Step
    from openkimberley.certificates.models import Application
    from openkimberley.kernel.actor import Actor
    from openkimberley.kernel.rules import Objection

P = Permission
EDITABLE = (ApplicationStatus.DRAFT, ApplicationStatus.RETURNED)


@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """The applications that the person may see, by status and search."""
    by = demand(request, P.CERTIFICATE_READ)
    status, text = show.typed(request, "status"), show.typed(request, "q")
    counts = queries.application_counts(by=by)
    waits = [w for w in ApplicationStatus if counts.get(w) and w in _waiting_for(by)]
    return render(request, "certificates/applications.html", {
        "page": show.paged(request, queries.applications(by=by, status=status, text=text)),
        "counts": [(one.value, counts.get(one, 0)) for one in ApplicationStatus],
        "waiting": sum(counts[one] for one in waits), "status": status, "text": text,
    })  # fmt: skip


def _waiting_for(by: Actor) -> set[ApplicationStatus]:
    """The states in which an application waits for this person."""
    wanted: set[ApplicationStatus] = set()
    if by.may(P.CERTIFICATE_APPLY):
        wanted |= set(EDITABLE)
    if by.may(P.CERTIFICATE_EXAMINE):
        wanted.add(ApplicationStatus.FILED)
    if by.may(P.CERTIFICATE_APPROVE):
        wanted.add(ApplicationStatus.EXAMINED)
    return wanted


@require_GET
def summary(request: HttpRequest, reference: str) -> HttpResponse:
    """One application: what it says, where it stands, what was found, what happened, what may be done."""
    by = demand(request, P.CERTIFICATE_READ)
    row = queries.application(reference, by=by)
    return render(request, "certificates/application.html", {
        "row": row, "content": row.content, "goods": show.goods(row.content), "origins": show.origins(row.content),
        "next": show.what_next(row.status),
        "acts": show.application_acts(row, by, unsigned=approving.unsigned(row, by, at=timezone.localtime())),
        "papers": show.spoken(queries.papers(row), "kind"),
        "examination": show.examination(row), "valuations": show.spoken(row.valuations.all(), "role"),
        "timeline": show.timeline(row.reference, by=by),
    })  # fmt: skip


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Begin an application: for which company, then straight to its first page."""
    by = demand(request, P.CERTIFICATE_APPLY)
    today = timezone.localtime().date()
    known = trade.known_licences(by.companies, authority=by.authority, on=today)
    if request.method == "GET" and len(by.companies) != 1:
        choices = [(one, known[one].holder.name if one in known else "") for one in sorted(by.companies)]
        return render(request, "certificates/new.html", {"companies": choices})
    company = request.POST.get("company") or (next(iter(by.companies)) if len(by.companies) == 1 else "")
    if request.method == "GET":
        return render(
            request,
            "certificates/new.html",
            {"companies": [(company, known[company].holder.name if company in known else "")]},
        )
    holder = known[company].holder if company in known else None
    exporter = {"licence": company, **({"name": holder.name, "address": holder.address} if holder else {})}
    row = actions.open_draft(by=by, at=timezone.localtime(), company=company, content={"exporter": exporter})
    return redirect("application-step", row.reference, ORDER[0])


def _draft(request: HttpRequest, reference: str) -> tuple[Actor, Application]:
    """The actor and a draft of one of his companies. Raises ``NotFound``, or ``Conflict`` where it is no draft."""
    by = demand(request, P.CERTIFICATE_APPLY)
    row = queries.application(reference, by=by)
    if row.status not in EDITABLE:
        raise Conflict(_("Application %(reference)s was filed: it cannot be changed now.") % {"reference": reference})
    return by, row


@require_GET
def edit(request: HttpRequest, reference: str) -> HttpResponse:
    """The pages of the application with what is still missing on each."""
    _by, row = _draft(request, reference)
    objections = queries.precheck(row, on=timezone.localtime().date())
    open_on = [step_of(o.field) for o in objections if o.severity is Severity.REFUSE]
    pages = [{"slug": slug, "title": _title(slug), "missing": open_on.count(slug)} for slug in ORDER]
    return render(request, "certificates/edit.html", {"row": row, "pages": pages})


def _title(slug: str) -> str:
    """A page's title."""
    return str(STEPS[slug].title) if slug in STEPS else _("Papers")


@require_http_methods(["GET", "POST"])
def step(request: HttpRequest, reference: str, slug: str) -> HttpResponse:
    """One page of the application. Everything typed is saved, right or wrong, and shown again as it was typed."""
    by, row = _draft(request, reference)
    if slug not in STEPS:
        raise NotFound("page", slug)
    if request.method == "POST":
        return _save_step(request, by, row, slug)
    form = STEPS[slug](row.content, spare=_spare(request), offers=_offers(slug, by))
    if request.GET.get("all") or row.status == ApplicationStatus.RETURNED:
        form.say_objections(list(queries.precheck(row, on=timezone.localtime().date())))
    return _step_page(request, row, form)


def _save_step(request: HttpRequest, by: Actor, row: Application, slug: str) -> HttpResponse:
    """Save one page and lead to the next; the same one where something on it cannot be read, or has changed."""
    kind, do, posted = STEPS[slug], request.POST.get("do", ""), request.POST.dict()
    if do.startswith("remove:"):
        posted = without_row(posted, kind.group, do.partition(":")[2])
    content = kind.merged(row.content, posted)
    form = kind(content, offers=_offers(slug, by))
    typed = str(request.POST.get("version", ""))
    version = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else row.version
    try:
        actions.save_draft(by=by, at=timezone.localtime(), reference=row.reference, version=version, content=content)
    except Conflict as conflict:
        form.add_error(None, str(conflict))
        return _step_page(request, row, form, status=conflict.status)
    if do == "later":
        messages.success(request, _("Saved. You can go on with it at any time."))
    return HttpResponseRedirect(_whereto(row.reference, slug, do, form))


def _whereto(reference: str, slug: str, do: str, form: Step) -> str:
    """The address to go to after a page was saved."""
    here = reverse("application-step", args=[reference, slug])
    following = after(slug)
    if do == "add":
        return f"{here}?spare=1#f-{form.group}/{form.row_count - form.spare}/{_first(form)}"
    if do == "later":
        return reverse("application", args=[reference])
    if do.startswith("remove:") or form.errors:
        return here
    if following in STEPS:
        return reverse("application-step", args=[reference, following])
    return reverse(f"application-{following}", args=[reference])


def _first(form: Step) -> str:
    """The first field of a repeated row."""
    return form.rows[0]["fields"][0].name.rpartition("/")[2] if form.rows else ""


def _spare(request: HttpRequest) -> int:
    """Empty rows to show: one where asked for, none otherwise."""
    return 1 if request.GET.get("spare") == "1" else 0


def _offers(slug: str, by: Actor) -> dict[str, Any]:
    """What the page proposes: destinations that trade today, the company's import certificates."""
    today = timezone.localtime().date()
    if slug == "destination":
        here = queries.participant_of(by.authority)
        return {"destinations": show.destinations(queries.destinations(on=today, besides=here), on=today)}
    return {"holdings": queries.holdings(by=by)} if slug == "sources" else {}


def _step_page(request: HttpRequest, row: Application, form: Step, status: int = 200) -> HttpResponse:
    """One step as a page."""
    codes = sorted(participants.register().countries_at(timezone.localtime().date())) if form.slug != "goods" else []
    at = ORDER.index(form.slug)
    return render(request, "certificates/step.html", {
        "row": row, "form": form, "step": form, "countries": [(code, country_name(code)) for code in codes],
        "place": at + 1, "count": len(ORDER) + 1, "before": ORDER[at - 1] if at else "",
        "holdings": form.offers.get("holdings", []),
    }, status=status)  # fmt: skip


@require_http_methods(["GET", "POST"])
def documents(request: HttpRequest, reference: str) -> HttpResponse:
    """The papers of an application: attach, withdraw."""
    by, row = _draft(request, reference)
    form, status = Upload(request.POST or None, request.FILES or None), 200
    if request.method == "POST":
        done, status = form.attempt(lambda: _attach(form, by, reference))
        if done is not None:
            messages.success(request, _("The paper is attached."))
            return redirect("application-documents", reference)
    objections = [o for o in queries.precheck(row, on=timezone.localtime().date()) if step_of(o.field) == "documents"]
    return render(request, "certificates/documents.html", {
        "row": row, "form": form, "papers": show.spoken(queries.papers(row), "kind"), "objections": objections,
        "place": len(ORDER), "count": len(ORDER) + 1, "before": ORDER[-2],
    }, status=status)  # fmt: skip


def _attach(form: Upload, by: Actor, reference: str) -> Any:
    """Keep the file under its hash and attach it."""
    upload = form.cleaned_data["file"]
    sha256 = files.keep(upload.read(files.MAX_BYTES + 1))
    kept = files.open_file(sha256)
    return actions.attach(
        by=by, at=timezone.localtime(), reference=reference, kind=form.cleaned_data["kind"], name=upload.name or "file",
        sha256=sha256, media_type=files.media_type(kept), size=len(kept),
    )  # fmt: skip


@require_http_methods(["POST"])
def detach(request: HttpRequest, reference: str, number: int) -> HttpResponse:
    """Withdraw one paper."""
    by = demand(request, P.CERTIFICATE_APPLY)
    actions.detach(by=by, at=timezone.localtime(), reference=reference, document=number)
    messages.success(request, _("The paper is withdrawn. It stays on record."))
    return redirect("application-documents", reference)


@require_GET
def document(request: HttpRequest, reference: str, number: int) -> HttpResponse:
    """Download one paper: for the applicant and his authority only."""
    by = demand(request, P.CERTIFICATE_READ)
    paper = queries.paper(reference, number, by=by)
    return files.attachment(paper.sha256, paper.name.rpartition(".")[0] or paper.name)


@require_http_methods(["GET", "POST"])
def check(request: HttpRequest, reference: str) -> HttpResponse:
    """Everything that is missing, at once and each with the way to mend it; then the declaration and filing."""
    by, row = _draft(request, reference)
    form, status = File(request.POST or None, initial={"version": row.version}), 200
    if request.method == "POST":
        done, status = form.attempt(lambda: actions.file(
            by=by, at=timezone.localtime(), reference=reference, version=form.cleaned_data["version"],
            declared=form.cleaned_data["declared"],
        ))  # fmt: skip
        if done is not None:
            messages.success(request, _("Application %(reference)s is filed.") % {"reference": reference})
            return redirect("application", reference)
    found = [o for o in queries.precheck(row, on=timezone.localtime().date()) if o.rule != "R054"]
    return render(request, "certificates/check.html", {
        "row": row, "form": form, "goods": show.goods(row.content), "origins": show.origins(row.content),
        "content": row.content, "papers": show.spoken(queries.papers(row), "kind"),
        "stops": [_mending(o, reference) for o in found if o.severity is not Severity.FLAG],
        "flags": [_mending(o, reference) for o in found if o.severity is Severity.FLAG],
    }, status=status)  # fmt: skip


def _mending(objection: Objection, reference: str) -> dict[str, Any]:
    """An objection with the address of the field that mends it."""
    spoken, slug = said(objection), step_of(objection.field)
    spoken["page"] = _title(slug) if slug else ""
    if slug == "documents":
        spoken["url"] = reverse("application-documents", args=[reference])
    elif slug:
        form = STEPS[slug]({})
        field = form.place(objection.field) or objection.field
        spoken["url"] = f"{reverse('application-step', args=[reference, slug])}?all=1#f-{field}"
    return spoken


@require_http_methods(["GET", "POST"])
def withdraw(request: HttpRequest, reference: str) -> HttpResponse:
    """Take an application back, after asking once more."""
    by = demand(request, P.CERTIFICATE_APPLY)
    row = queries.application(reference, by=by)
    form, status = DeskForm(request.POST if request.method == "POST" else None), 200
    if request.method == "POST":
        done, status = form.attempt(lambda: actions.withdraw(by=by, at=timezone.localtime(), reference=reference))
        if done is not None:
            messages.success(request, _("Application %(reference)s is withdrawn.") % {"reference": reference})
            return redirect("application", reference)
    return render(request, "certificates/withdraw.html", {"row": row, "form": form}, status=status)
