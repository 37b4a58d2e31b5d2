"""Alerts over HTTP: the public warnings in machine form, and what officers enter and look up."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Schema
from pydantic import Field

from openkimberley.alerts import actions, facts, queries, statements
from openkimberley.desk.web import demand
from openkimberley.kernel.actor import Permission

router = Router(tags=["alerts"])


class ReasonIn(Schema, extra="forbid"):
    """Why, and for a confirmation what is now known."""

    reason: str = Field(min_length=1, max_length=500)
    features: list[str] = Field([], max_length=50)


class AskIn(Schema, extra="forbid"):
    """A question to an issuer."""

    issuer: str = Field(pattern="^[A-Z]{2}$")
    number: str = Field(min_length=1, max_length=40)
    question: str = Field(min_length=1, max_length=4000)
    sent_to: str = Field("", max_length=200)


class AnswerIn(Schema, extra="forbid"):
    """An issuer's answer."""

    verdict: facts.Verdict
    text: str = Field("", max_length=4000)
    answered_by: str = Field(min_length=1, max_length=200)
    day: date


class ScreenIn(Schema, extra="forbid"):
    """Names to look up, and what they stand on."""

    names: list[str] = Field(min_length=1, max_length=200)
    subject: str = Field(min_length=1, max_length=80)
    on: date | None = None


@router.get("/alerts", response=dict[str, Any], auth=None, summary="Public warnings (kp.alert.v1)")
def public_alerts(request: HttpRequest) -> dict[str, Any]:
    """Every confirmed alert, as everybody may know it."""
    return {"alerts": [statements.to_public(alert) for alert in queries.export(public=True)]}


@router.get("/alerts/export", response=dict[str, Any], summary="All alerts that stop something")
def export_alerts(request: HttpRequest) -> dict[str, Any]:
    """Suspected and confirmed alerts in machine form, for officers."""
    demand(request, Permission.ALERT_READ)
    return {"alerts": [statements.to_json(alert) for alert in queries.export()]}


@router.post("/alerts", response={201: dict[str, Any]}, summary="Raise an alert")
def raise_alert(request: HttpRequest) -> tuple[int, dict[str, Any]]:
    """Enter one alert in the form of ``kp.alert.v1``."""
    by = demand(request, Permission.ALERT_RAISE)
    (alert,) = statements.read(request.body)[:1] or (statements.from_json(None),)
    return 201, statements.to_json(actions.raise_alert(by=by, at=timezone.localtime(), alert=alert))


@router.post("/alerts/import", response={201: dict[str, Any]}, summary="Enter alerts of another node")
def import_alerts(request: HttpRequest) -> tuple[int, dict[str, Any]]:
    """Enter a file of alerts, all or none; what is here already is passed over."""
    by = demand(request, Permission.ALERT_RAISE)
    read = statements.read(request.body)
    return 201, {"entered": actions.import_alerts(by=by, at=timezone.localtime(), alerts=read)}


@router.get("/alerts/{reference}", response=dict[str, Any], summary="One alert")
def one_alert(request: HttpRequest, reference: str) -> dict[str, Any]:
    """One alert, whatever its status, for officers."""
    demand(request, Permission.ALERT_READ)
    return statements.to_json(queries.alert(reference))


@router.post("/alerts/{reference}/confirm", response=dict[str, Any], summary="Confirm an alert")
def confirm_alert(request: HttpRequest, reference: str, body: ReasonIn) -> dict[str, Any]:
    """Confirm a suspected alert."""
    by, now = demand(request, Permission.ALERT_RAISE), timezone.localtime()
    done = actions.confirm_alert(by=by, at=now, reference=reference, reason=body.reason, features=body.features)
    return statements.to_json(done)


@router.post("/alerts/{reference}/withdraw", response=dict[str, Any], summary="Withdraw an alert")
def withdraw_alert(request: HttpRequest, reference: str, body: ReasonIn) -> dict[str, Any]:
    """Withdraw an alert; it stays on record."""
    by, now = demand(request, Permission.ALERT_RAISE), timezone.localtime()
    return statements.to_json(actions.withdraw_alert(by=by, at=now, reference=reference, reason=body.reason))


@router.get("/alerts/check/{issuer}/{number}", response=dict[str, Any], summary="Is an alert out for this number?")
def check_number(request: HttpRequest, issuer: str, number: str, paper_serial: str = "") -> dict[str, Any]:
    """The alert on a number or on the serial of its paper, and warnings about the issuer."""
    demand(request, Permission.ALERT_READ)
    found = [queries.alert_for(number, issuer), queries.paper_serial_alert(paper_serial)]
    return {
        "alerts": [statements.to_json(one) for one in found if one is not None],
        "warnings": [statements.to_json(one) for one in queries.warnings_about(issuer)],
        "issuer_answer": queries.issuer_answer(number, issuer),
    }  # fmt: skip


@router.get("/specimens", response=list[dict[str, Any]], summary="Specimens of an issuer on a day")
def list_specimens(request: HttpRequest, issuer: str = "", on: date | None = None) -> list[dict[str, Any]]:
    """What certificates look like, for officers. Pictures are named by SHA-256."""
    demand(request, Permission.ALERT_READ)
    return [statements.specimen_to_json(one) for one in queries.specimens(issuer, on)]


@router.get("/signatories", response=list[dict[str, Any]], summary="Signatories and stamps of an issuer on a day")
def list_signatories(request: HttpRequest, issuer: str = "", on: date | None = None) -> list[dict[str, Any]]:
    """Who may validate, and with which stamps, for officers."""
    demand(request, Permission.ALERT_READ)
    return [statements.mark_to_json(one) for one in queries.signatories(issuer, on)]


@router.post("/questions", response={201: dict[str, Any]}, summary="Ask an issuer")
def ask_issuer(request: HttpRequest, body: AskIn) -> tuple[int, dict[str, Any]]:
    """Put a question about a paper to its issuer on record."""
    by = demand(request, Permission.PAPER_REGISTER)
    return 201, statements.query_to_json(actions.ask_issuer(by=by, at=timezone.localtime(), **body.dict()))


@router.post("/questions/{reference}/answers", response={201: dict[str, Any]}, summary="Record an issuer's answer")
def record_answer(request: HttpRequest, reference: str, body: AnswerIn) -> tuple[int, dict[str, Any]]:
    """Put an issuer's answer on record."""
    by = demand(request, Permission.ALERT_RAISE)
    answer = facts.Answer(body.verdict, body.text, body.answered_by, body.day)
    done = actions.record_answer(by=by, at=timezone.localtime(), reference=reference, answer=answer)
    return 201, statements.query_to_json(done)


@router.post("/names/screen", response=dict[str, Any], summary="Look names up in the lists, with evidence kept")
def screen(request: HttpRequest, body: ScreenIn) -> dict[str, Any]:
    """Which of the names stand on a list on a day. The journal keeps that it was asked, and the result."""
    by, now = demand(request, Permission.ALERT_READ), timezone.localtime()
    on = body.on or now.date()
    found = actions.screen(by=by, at=now, names=body.names, subject=body.subject, on=on)
    return {"on": on.isoformat(), "matches": [statements.match_to_json(one) for one in found]}
