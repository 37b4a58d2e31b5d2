"""The page on which a part of a certificate is shown to somebody: for whom, what he sees, what stays hidden."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from openkimberley.certificates import actions, queries, rules
from openkimberley.certificates.forms.disclosure import CLAIMS, PROFILES, Show
from openkimberley.desk.web import demand
from openkimberley.kernel.actor import Permission
from openkimberley.kernel.errors import Conflict

if TYPE_CHECKING:
    from django.http import HttpRequest

    from openkimberley.certificates.models import Certificate
    from openkimberley.kernel.actor import Actor

MEDIA_TYPE = "application/dc+sd-jwt"


@require_http_methods(["GET", "POST"])
def show_part(request: HttpRequest, number: str) -> HttpResponse:
    """Choose for whom; see exactly what he will see; make it. Every part that was made stands on the list below."""
    by = demand(request, Permission.CERTIFICATE_DISCLOSE)
    row = queries.shown_certificate(number, by=by)
    if row.erased_at:
        raise Conflict(f"what certificate {number} said was erased on {row.erased_at:%Y-%m-%d}")
    standing = queries.standing(row, by=by)
    offered = rules.profiles_for(standing)
    chosen = request.GET.get("profile", "")
    page: dict[str, Any] = {
        "row": row, "offered": [(name, PROFILES[name]) for name in offered],
        "made": [told(one) for one in queries.disclosures(number, by=by)], "whole": not by.companies,
    }  # fmt: skip
    if chosen not in offered:
        return render(request, "certificates/show_part.html", page)
    return _one(request, row, chosen, by=by, page=page, claims=rules.may_add(standing, chosen))


def _one(
    request: HttpRequest, row: Certificate, profile: str, *, by: Actor, page: dict[str, Any], claims: frozenset[str]
) -> HttpResponse:
    """The page of one part: before it is made, and made."""
    shown, hidden = queries.preview(row, profile)
    form = Show(request.POST or None, claims=claims & set(hidden))
    page |= {"profile": profile, "title": PROFILES[profile], "form": form}
    status = 200
    if request.method == "POST":
        made, status = form.attempt(lambda: actions.disclose(
            by=by, at=timezone.localtime(), number=row.number, profile=profile, to=form.cleaned_data["to"],
            basis=form.cleaned_data["basis"], also=form.cleaned_data.get("also", ()),
        ))  # fmt: skip
        if made is not None and request.POST.get("do") == "file":
            return _file(made.text, f"{row.number}-{profile}.sd-jwt")
        if made is not None:
            status = 201
            also = {name: hidden.pop(name) for name in made.row.fields if name in hidden}
            page |= {"presentation": made.text, "disclosure": told(made.row)}
            page["made"] = [told(one) for one in queries.disclosures(row.number, by=by)]
            shown |= also
    page |= {"shown": in_words(shown), "hidden": [str(CLAIMS[name]) for name in CLAIMS if name in hidden]}
    return render(request, "certificates/show_part.html", page, status=status)


def told(row: Any) -> dict[str, Any]:
    """A part that was shown, in words."""
    return {"row": row, "profile": PROFILES.get(row.profile, row.profile), "count": len(row.fields)}


def in_words(claims: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """Claims as a page says them: the name, and each of its values in a line."""
    return [(str(CLAIMS[name]), spoken(claims[name])) for name in CLAIMS if name in claims]


def spoken(value: Any) -> list[str]:
    """A claim's value in lines; a dash where the certificate says nothing."""
    if isinstance(value, dict):
        return [", ".join(str(part) for part in value.values() if part)]
    if isinstance(value, list):
        return [line for one in value for line in spoken(one)] or ["–"]
    return [str(value) if value not in (None, "") else "–"]


def _file(text: str, name: str) -> HttpResponse:
    """The part as a file to hand on."""
    answer = HttpResponse(text, content_type=MEDIA_TYPE)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "no-store, private"
    return answer
