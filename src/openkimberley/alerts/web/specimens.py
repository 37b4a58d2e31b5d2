"""What genuine papers look like: the library of specimens, signatories and stamps, and the page to compare."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from openkimberley.alerts import actions, facts, forms, queries
from openkimberley.desk import files
from openkimberley.desk.forms import DONE, attempt
from openkimberley.desk.web import actor_of, demand
from openkimberley.kernel.actor import Permission
from openkimberley.kernel.errors import NotFound, Untrusted

LOOKS = ("matches", "differs", "unseen")
"""What an officer says of each feature."""


@require_GET
def specimens(request: HttpRequest) -> HttpResponse:
    """The library: specimens, signatories and stamps, of an issuer and a day where they are named."""
    by = demand(request, Permission.ALERT_READ)
    form = forms.SpecimenSearch(request.GET or None)
    good = form.cleaned_data if form.is_valid() else {}
    issuer, on = good.get("issuer", ""), good.get("on")
    marks = [{"mark": mark, "kind": _(facts.WORDS[mark.kind.value])} for mark in queries.signatories(issuer, on)]
    return render(request, "alerts/specimens.html", {
        "form": form, "specimens": queries.specimens(issuer, on), "marks": marks,
        "keeps": by.may(Permission.SPECIMEN_KEEP), "compares": by.may(Permission.PAPER_REGISTER),
    }, status=400 if form.is_bound and form.errors else 200)  # fmt: skip


@require_GET
def specimen(request: HttpRequest, reference: str) -> HttpResponse:
    """One specimen with its pictures and features."""
    by = demand(request, Permission.ALERT_READ)
    return render(request, "alerts/specimen.html", {
        "specimen": queries.specimen(reference), "keeps": by.may(Permission.SPECIMEN_KEEP),
    })  # fmt: skip


@require_GET
def picture(request: HttpRequest, sha256: str) -> HttpResponse:
    """A picture of a specimen or a sample, for officers; a file of a question for its own authority."""
    by = demand(request, Permission.ALERT_READ)
    if not (queries.picture_is_shown(sha256) or (by.authority and queries.file_is_shown(sha256, by.authority))):
        raise NotFound("picture", sha256[:64])
    return files.attachment(sha256, "picture")


@require_GET
def scan(request: HttpRequest, token: str) -> HttpResponse:
    """A scan that an officer laid on the compare page."""
    demand(request, Permission.PAPER_REGISTER)
    return files.attachment(queries.scan_of(token), "scan")


def keep_all(given: list[Any], kind: str = "document") -> tuple[str, ...]:
    """The uploads in the file store. Raises ``Untrusted`` for what is not of the kind."""
    return tuple(files.keep(one.read(files.MAX_BYTES + 1), kind) for one in given)


@require_http_methods(["GET", "POST"])
def keep(request: HttpRequest) -> HttpResponse:
    """Keep a specimen that an issuer notified."""
    by, now = demand(request, Permission.SPECIMEN_KEEP), timezone.localtime()
    form = forms.SpecimenForm(request.POST or None, request.FILES or None)

    def act() -> facts.Specimen:
        given = form.cleaned_data
        pictures = keep_all(given["pictures"], "picture")
        return actions.keep_specimen(by=by, at=now, specimen=facts.Specimen(
            issuer=given["issuer"], title=given["title"], period=given["period"], numbers=given["numbers"],
            features=given["features"], notified_on=given["notified_on"], source=given["source"],
            pictures=tuple(facts.Picture(sha, f"{place}") for place, sha in enumerate(pictures, start=1)),
        ))  # fmt: skip

    kept, status = attempt(form, act, field="pictures") if request.method == "POST" else (None, 200)
    if kept is not None:
        messages.success(request, _("Specimen %(reference)s is kept.") % {"reference": kept.reference})
        return redirect("specimen", kept.reference)
    return _page(request, form, _("Keep a specimen"), _("Keep it"), status=status, upload=True)


@require_http_methods(["GET", "POST"])
def retire(request: HttpRequest, reference: str) -> HttpResponse:
    """Say from which day on papers no longer look like a specimen."""
    by, now = demand(request, Permission.SPECIMEN_KEEP), timezone.localtime()
    queries.specimen(reference)
    form = forms.EndForm(request.POST or None, initial={"until": now.date()})
    status = 200
    if request.method == "POST":
        _done, status = attempt(
            form, lambda: actions.retire_specimen(by=by, at=now, reference=reference, **form.cleaned_data)
        )
        if status == DONE:
            messages.success(request, _("Specimen %(reference)s is retired.") % {"reference": reference})
            return redirect("specimen", reference)
    return _page(request, form, _("Retire the specimen"), _("Retire it"), status=status, caption=reference)


@require_http_methods(["GET", "POST"])
def enter_mark(request: HttpRequest) -> HttpResponse:
    """Enter a signatory or stamp of an issuer."""
    by, now = demand(request, Permission.SPECIMEN_KEEP), timezone.localtime()
    form = forms.MarkForm(request.POST or None, request.FILES or None)

    def act() -> object:
        given = form.cleaned_data
        sample = files.keep(given["sample"].read(files.MAX_BYTES + 1), "picture") if given["sample"] else ""
        return actions.enter_mark(by=by, at=now, mark=facts.Mark(
            issuer=given["issuer"], kind=facts.MarkKind(given["kind"]), name=given["name"].strip(),
            period=given["period"], post=given["post"], sample=sample, source=given["source"],
        ))  # fmt: skip

    status = attempt(form, act, field="sample")[1] if request.method == "POST" else 200
    if status == DONE:
        messages.success(request, _("Entered."))
        return redirect(f"/specimens?issuer={form.cleaned_data['issuer']}")
    return _page(request, form, _("Enter a signatory or stamp"), _("Enter"), status=status, upload=True)


@require_http_methods(["GET", "POST"])
def end_mark(request: HttpRequest, reference: str) -> HttpResponse:
    """Say from which day on a signatory or stamp no longer validates."""
    by, now = demand(request, Permission.SPECIMEN_KEEP), timezone.localtime()
    form = forms.EndForm(request.POST or None, initial={"until": now.date()})
    status = 200
    if request.method == "POST":
        _done, status = attempt(form, lambda: actions.end_mark(by=by, at=now, reference=reference, **form.cleaned_data))
        if status == DONE:
            messages.success(request, _("Entered."))
            return redirect("specimens")
    return _page(request, form, _("End a signatory or stamp"), _("End"), status=status, caption=reference)


@require_http_methods(["GET", "POST"])
def compare(request: HttpRequest) -> HttpResponse:
    """Lay a paper beside the specimens of its issuer and day, and go through the features one by one.

    A POST brings a scan along, or the officer's answers; a GET shows the page that ``queries.compare_address`` names.
    """
    demand(request, Permission.PAPER_REGISTER)
    if request.method == "POST" and "look" not in request.POST:
        return _lay(request)
    asked = request.GET or None
    form = forms.CompareForm(asked)
    shown: dict[str, Any] = {"form": form, "looks": []}
    if asked is None or not form.is_valid():
        return render(request, "alerts/compare.html", shown, status=422 if asked else 200)
    given = form.cleaned_data
    scan_token = request.GET.get("scan", "")
    if scan_token:
        data = files.open_file(queries.scan_of(scan_token))
        shown |= {"scan": scan_token, "scan_is_pdf": files.media_type(data) == "application/pdf"}
    found = queries.specimens(given["issuer"], given["on"])
    looks = _looks(request, found)
    return render(request, "alerts/compare.html", shown | {
        "asked": given, "specimens": found, "looks": looks, "warnings": queries.warnings_about(given["issuer"]),
        "out": queries.alert_for(given["number"], given["issuer"]), **_conclusion(request, given, looks),
        "marks": queries.signatories(given["issuer"], given["on"]),
    })  # fmt: skip


def _lay(request: HttpRequest) -> HttpResponse:
    """Keep the scan that came, and go to the page that shows it."""
    form = forms.CompareForm(request.POST, request.FILES)
    if not form.is_valid():
        return render(request, "alerts/compare.html", {"form": form}, status=422)
    given = form.cleaned_data
    try:
        sha = files.keep(given["scan"].read(files.MAX_BYTES + 1)) if given["scan"] else ""
    except Untrusted as error:
        form.add_error("scan", error.reason)
        return render(request, "alerts/compare.html", {"form": form}, status=error.status)
    return redirect(queries.compare_address(given["issuer"], given["on"], given["number"], sha))


def _looks(request: HttpRequest, found: tuple[facts.Specimen, ...]) -> list[dict[str, Any]]:
    """Every feature of the specimens with what the officer says of it so far."""
    rows = []
    for one in found:
        for place, feature in enumerate(one.features):
            name = f"{one.reference}-{place}"
            said = request.POST.get(name, "")
            rows.append({"specimen": one, "feature": feature, "name": name, "said": said if said in LOOKS else ""})
    return rows


def _conclusion(request: HttpRequest, given: dict[str, Any], looks: list[dict[str, Any]]) -> dict[str, Any]:
    """What the officer's answers amount to, and the address that raises an alert with what differs."""
    if request.method != "POST":
        return {}
    differs = [row["feature"].name for row in looks if row["said"] == "differs"]
    told = {
        "kind": "FAKE", "issuer": given["issuer"], "number": given["number"],
        "features": "\n".join(_("%(feature)s differs from the specimen.") % {"feature": name} for name in differs),
    }  # fmt: skip
    unseen = sum(1 for row in looks if row["said"] not in ("matches", "differs"))
    return {"concluded": True, "differs": differs, "unseen": unseen, "raise_query": urlencode(told),
            "raises": actor_of(request).may(Permission.ALERT_RAISE)}  # fmt: skip


def _page(request: HttpRequest, form: Any, title: str, button: str, *, status: int, **more: Any) -> HttpResponse:
    """A page with one form."""
    back = {"back": "specimens", "back_label": _("Specimens")}
    return render(request, "alerts/form.html", {"form": form, "title": title, "button": button, **back, **more},
                  status=status)  # fmt: skip
