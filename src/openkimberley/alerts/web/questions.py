"""Questions to issuers about papers, and their answers."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from openkimberley.alerts import actions, facts, forms, queries
from openkimberley.alerts.web.specimens import keep_all
from openkimberley.desk.forms import DONE, attempt
from openkimberley.desk.web import demand
from openkimberley.kernel.actor import Permission
from openkimberley.kernel.errors import NotFound

TONES = {None: "wait", "GENUINE": "good", "NOT_GENUINE": "bad", "UNCLEAR": "wait"}


def _shown(query: facts.IssuerQuery) -> dict[str, Any]:
    """A question for a template."""
    verdict = query.verdict.value if query.verdict else None
    word = _(facts.WORDS[verdict]) if verdict else _("Not answered yet")
    answers = [{"answer": one, "word": _(facts.WORDS[one.verdict.value])} for one in query.answers]
    return {"query": query, "word": word, "tone": TONES[verdict], "answers": answers}


@require_GET
def questions(request: HttpRequest) -> HttpResponse:
    """The questions that the officer's authority has put, newest first."""
    by = demand(request, Permission.PAPER_REGISTER)
    rows = queries.issuer_queries(authority=by.authority or "KP", open_only="open" in request.GET)
    page = queries.page_of(rows, request.GET.get("page", "1"))
    shown = [_shown(queries.to_query(row)) for row in page]
    return render(request, "alerts/questions.html", {"page": page, "rows": shown, "open_only": "open" in request.GET})


@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """Put a question to an issuer on record."""
    by, now = demand(request, Permission.PAPER_REGISTER), timezone.localtime()
    brought = {key: request.GET[key][:200] for key in ("issuer", "number") if key in request.GET}
    usual = _("Did your authority issue this certificate? Please compare number, parties, carats and value.")
    form = forms.AskForm(request.POST or None, request.FILES or None, initial={"question": usual, **brought})

    def act() -> facts.IssuerQuery:
        given = form.cleaned_data
        told = {key: value for key, value in given.items() if key != "scans"}
        return actions.ask_issuer(by=by, at=now, **told, files=keep_all(given["scans"]))

    asked, status = attempt(form, act, field="scans") if request.method == "POST" else (None, 200)
    if asked is not None:
        return redirect("question", asked.reference)
    return render(request, "alerts/form.html", {
        "form": form, "title": _("Ask the issuer"), "button": _("Put it on record"), "back": "questions",
        "back_label": _("Questions to issuers"), "upload": True,
    }, status=status)  # fmt: skip


@require_http_methods(["GET", "POST"])
def question(request: HttpRequest, reference: str) -> HttpResponse:
    """One question, its letter, its answers, and the form for an answer."""
    by, now = demand(request, Permission.PAPER_REGISTER), timezone.localtime()
    one = queries.issuer_query(reference)
    if by.authority not in (one.authority, one.issuer) and not by.authority.startswith(f"{one.issuer}-"):
        raise NotFound("question", reference[:60])
    form = forms.AnswerForm(request.POST or None, request.FILES or None, initial={"day": now.date()})

    def act() -> object:
        given = form.cleaned_data
        answer = facts.Answer(facts.Verdict(given["verdict"]), given["text"], given["answered_by"], given["day"],
                              keep_all(given["letters"]))  # fmt: skip
        return actions.record_answer(by=by, at=now, reference=reference, answer=answer)

    status = attempt(form, act, field="letters")[1] if request.method == "POST" else 200
    if status == DONE:
        messages.success(request, _("The answer is on record."))
        return redirect("question", reference)
    subject = _("Certificate %(number)s: is it yours? (%(reference)s)") % {
        "number": one.number, "reference": reference}  # fmt: skip
    letter = f"mailto:{quote(one.sent_to)}?subject={quote(subject)}&body={quote(one.question)}"
    return render(request, "alerts/question.html", {
        **_shown(one), "form": form, "subject": subject, "mail": letter if "@" in one.sent_to else "",
        "records": by.may(Permission.ALERT_RAISE), "not_genuine": one.verdict is facts.Verdict.NOT_GENUINE,
    }, status=status)  # fmt: skip
