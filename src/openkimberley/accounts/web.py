"""Pages about people: one's own account, the people of an authority, and who may do what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from openkimberley.accounts import actions, queries
from openkimberley.accounts.adapter import ClosedAdapter
from openkimberley.accounts.forms import AccountForm, ApprovalForm, GiveRoleForm, LanguageForm, TokenForm
from openkimberley.desk.forms import attach_objections, attempt
from openkimberley.desk.templatetags import words
from openkimberley.desk.web import demand
from openkimberley.journal.actions import ACTIONS
from openkimberley.kernel.actor import PERMISSIONS, Permission, Role
from openkimberley.kernel.errors import Conflict, NotFound, Refused
from openkimberley.trust import signing

if TYPE_CHECKING:
    from django.forms import Form
    from django.http import HttpRequest, HttpResponse

A_PAGE = 50
"""People on one page."""

DOINGS = {
    "close": actions.deactivate,
    "reopen": actions.reactivate,
    "unlock": actions.unlock,
    "second-factor": actions.reset_second_factor,
}
"""Acts on an account that are asked about before they are done."""


def _again(request: HttpRequest, template: str, form: Form, **more: Any) -> HttpResponse:
    """The page with the person's input and what is wrong with it."""
    return render(request, template, {"form": form, **more}, status=422 if form.is_bound else 200)


@require_GET
def me(request: HttpRequest) -> HttpResponse:
    """One's own roles, second factor, sessions, tokens and language."""
    actor = demand(request, Permission.ACCOUNT_OWN)
    user, now = queries.user_of(actor.id), timezone.localtime()
    return render(request, "accounts/me.html", {
        "person": queries.people([user], at=now)[0],
        "tokens": [(token, queries.token_status(token, now)) for token in queries.tokens_of(user)],
        "sessions": UserSession.objects.filter(user_id=user.pk).count(),
        "language": LanguageForm(initial={"language": user.language or request.LANGUAGE_CODE}),
        "approves": queries.approval_roles(actor),
    })  # fmt: skip


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Choose one's own language."""
    actor = demand(request, Permission.ACCOUNT_OWN)
    chosen = request.POST.get("language", "")
    actions.set_language(by=actor, at=timezone.localtime(), language=chosen)
    response = HttpResponseRedirect("/me/")
    response.set_cookie(settings.LANGUAGE_COOKIE_NAME, chosen, samesite="Lax")
    return response


@require_http_methods(["GET", "POST"])
def approval(request: HttpRequest) -> HttpResponse:
    """One's own approval credentials: a security key or passkey, or a key under a passphrase. Apart from signing in."""
    actor = demand(request, Permission.ACCOUNT_OWN)
    if not queries.approval_roles(actor):
        raise NotFound("page", "approval")
    form, now = ApprovalForm(request.POST or None), timezone.localtime()
    if request.method == "POST":
        made, status = attempt(form, lambda: actions.enrol_approval(by=actor, at=now, evidence=form.evidence()))
        if made is not None:
            said = (
                _("Your approval credential counts from now on.") if made["state"] == "active" else
                _("It is entered and waits to be confirmed. Read its fingerprint out to the operator of the signer.")
            )  # fmt: skip
            messages.success(request, said)
            return redirect("me-approval")
    else:
        status = 200
    service = signing.service()
    return render(request, "accounts/approval.html", {
        "form": form, "ways": service.ways(authority=actor.authority, officer=actor.id),
        "challenge": service.challenge(authority=actor.authority, officer=actor.id, at=int(now.timestamp())),
        "user_handle": actor.id, "name": queries.user_of(actor.id).email,
    }, status=status)  # fmt: skip


@require_http_methods(["GET", "POST"])
def new_token(request: HttpRequest) -> HttpResponse:
    """Make a token; its secret is on the answer page and never again."""
    actor = demand(request, Permission.ACCOUNT_OWN)
    form = TokenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            secret = actions.issue_token(by=actor, at=timezone.localtime(), **form.cleaned_data)
        except Conflict as conflict:
            form.add_error("name", _(str(conflict)))
        else:
            made = {"secret": secret, "name": form.cleaned_data["name"]}
            response = render(request, "accounts/token_made.html", made)
            response["Cache-Control"] = "no-store"
            return response
    return _again(request, "accounts/token_new.html", form)


@require_POST
def revoke_token(request: HttpRequest, token: str) -> HttpResponse:
    """Revoke one of one's own tokens."""
    actor = demand(request, Permission.ACCOUNT_OWN)
    actions.revoke_token(by=actor, at=timezone.localtime(), digest=token)
    messages.success(request, _("The token is revoked. Software that uses it gets no answer any more."))
    return redirect("me")


@require_GET
def permissions(request: HttpRequest) -> HttpResponse:
    """Who may do what: the one table that pages, API and commands ask, and the acts that need each permission."""
    roles = [role for role in Role if role is not Role.PUBLIC]
    acts: dict[str, list[str]] = {}
    for name in sorted(ACTIONS):
        acts.setdefault(ACTIONS[name].needs.value, []).append(name)
    rows = [
        {
            "permission": p.value,
            "acts": acts.get(p.value, []),
            "holders": [words.role(r) for r in roles if p in PERMISSIONS[r]],
        }
        for p in Permission
    ]
    return render(request, "accounts/permissions.html", {"rows": rows})


@require_GET
def people(request: HttpRequest) -> HttpResponse:
    """The people of the administrator's authority."""
    actor = demand(request, Permission.PEOPLE_ADMINISTER)
    text = request.GET.get("text", "").strip()
    page = Paginator(queries.users_of(actor.authority, text), A_PAGE).get_page(request.GET.get("page"))
    listed = queries.people(list(page.object_list), at=timezone.localtime())
    return render(request, "accounts/people.html", {"page": page, "people": listed, "text": text})


@require_http_methods(["GET", "POST"])
def open_account(request: HttpRequest) -> HttpResponse:
    """Open an account and send its person the link to set a password."""
    actor = demand(request, Permission.PEOPLE_ADMINISTER)
    form = AccountForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user = actions.open_account(by=actor, at=timezone.localtime(), **form.cleaned_data)
        except Refused as refusal:
            attach_objections(form, refusal.objections)
        except Conflict:
            form.add_error("email", _("There is an account with this e-mail address already."))
        else:
            ClosedAdapter().invite(user)
            messages.success(request, _("The account is open. A link to set a password was sent to the person."))
            return redirect("person", user.actor_id)
    return _again(request, "accounts/person_new.html", form)


@require_GET
def person(request: HttpRequest, actor_id: str) -> HttpResponse:
    """One person of the administrator's authority: roles, state, and what can be done."""
    actor = demand(request, Permission.PEOPLE_ADMINISTER)
    found = queries.person(actor_id, authority=actor.authority, at=timezone.localtime())
    today = timezone.localtime().date()
    roles = [(row, row.until is None or row.until > today) for row in queries.roles_of(found.user)]
    return render(request, "accounts/person.html", {"person": found, "roles": roles, "oneself": actor.id == actor_id})


@require_http_methods(["GET", "POST"])
def give_role(request: HttpRequest, actor_id: str) -> HttpResponse:
    """Give a person a role."""
    actor = demand(request, Permission.PEOPLE_ADMINISTER)
    found = queries.person(actor_id, authority=actor.authority, at=timezone.localtime())
    form = GiveRoleForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.give_role(by=actor, at=timezone.localtime(), actor_id=actor_id, **form.cleaned_data)
        except Refused as refusal:
            attach_objections(form, refusal.objections)
        except Conflict as conflict:
            form.add_error(None, _(str(conflict)))
        else:
            messages.success(request, _("The role is given."))
            return redirect("person", actor_id)
    return _again(request, "accounts/role_new.html", form, person=found)


@require_POST
def end_role(request: HttpRequest, actor_id: str) -> HttpResponse:
    """End one of a person's roles today."""
    actor = demand(request, Permission.PEOPLE_ADMINISTER)
    try:
        role = Role(request.POST.get("role", ""))
    except ValueError:
        raise NotFound("role", "") from None
    company = request.POST.get("company", "")
    actions.end_role(by=actor, at=timezone.localtime(), actor_id=actor_id, role=role, company=company)
    messages.success(request, _("The role is ended."))
    return redirect("person", actor_id)


@require_http_methods(["GET", "POST"])
def account_act(request: HttpRequest, actor_id: str, act: str) -> HttpResponse:
    """Close, reopen or unlock an account, or reset its second factor: asked first, then done."""
    actor = demand(request, Permission.PEOPLE_ADMINISTER)
    if act not in DOINGS:
        raise NotFound("page", act)
    found = queries.person(actor_id, authority=actor.authority, at=timezone.localtime())
    if request.method == "POST":
        DOINGS[act](by=actor, at=timezone.localtime(), actor_id=actor_id)
        messages.success(request, _("Done. The journal has it."))
        return redirect("person", actor_id)
    return render(request, "accounts/person_act.html", {"person": found, "act": act})
