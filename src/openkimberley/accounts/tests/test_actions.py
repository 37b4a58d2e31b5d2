"""Verbs on people: what they do, what they refuse, and what the journal keeps of them."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from openkimberley.accounts import actions, queries, rules
from openkimberley.accounts.models import Token
from openkimberley.accounts.tests.conftest import NODE, NOW, PASSWORD
from openkimberley.journal import queries as journal
from openkimberley.kernel.actor import Actor, Permission, Role
from openkimberley.kernel.errors import Conflict, NotFound, NotPermitted, Refused

pytestmark = pytest.mark.django_db


def actor(people, name: str) -> Actor:
    return queries.actor_of(people[name], on=timezone.now())


def test_an_account_is_opened_with_a_role_and_without_a_password(lorato):
    user = actions.open_account(by=lorato, at=timezone.now(), email="New@Example.org", name="Neo", role=Role.VALUER)
    assert (user.email, user.has_usable_password(), user.is_active) == ("new@example.org", False, True)
    held = queries.actor_of(user, on=timezone.now())
    assert (held.roles, held.authority) == (frozenset({Role.VALUER}), "BW")


def test_an_administrator_names_neither_password_nor_authority_nor_pseudonym(lorato):
    user = actions.open_account(
        by=lorato,
        at=timezone.now(),
        email="x@example.org",
        name="X",
        role=Role.VALUER,
        authority="EU-BE",
        password=PASSWORD,
        actor_id="kagiso2",
    )
    assert not user.has_usable_password()
    assert user.actor_id.startswith("p-")
    assert queries.authority_of(user) == "BW"


def test_one_address_has_one_account_whatever_its_case(lorato):
    with pytest.raises(Conflict):
        actions.open_account(by=lorato, at=NOW, email="KAGISO@example.org", name="K", role=Role.VALUER)


def test_the_journal_keeps_the_pseudonym_and_no_personal_data(lorato):
    user = actions.open_account(by=lorato, at=NOW, email="secret@example.org", name="Boitumelo", role=Role.VALUER)
    text = json.dumps(journal.history(user.actor_id))
    assert "account.opened" in text
    assert "role.given" in text
    assert "secret@example.org" not in text
    assert "Boitumelo" not in text
    assert journal.verify()[1] == []


def test_nobody_gives_a_role_to_himself(lorato):
    with pytest.raises(Refused) as refused:
        actions.give_role(by=lorato, at=timezone.now(), actor_id="lorato", role=Role.APPROVING_OFFICER)
    assert {o.rule for o in refused.value.objections} == {"R063"}
    assert any("himself" in o.message for o in refused.value.objections)


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("kagiso", Role.APPROVING_OFFICER), ("naledi", Role.ISSUING_OFFICER), ("kagiso", Role.ADMINISTRATOR),
        ("kagiso", Role.AUDITOR), ("mpho", Role.VALUER), ("mpho", Role.AUDITOR), ("auditor", Role.SUPERVISOR),
    ],
)  # fmt: skip
def test_r063_one_person_does_not_hold_roles_that_watch_each_other(lorato, name, role):
    with pytest.raises(Refused) as refused:
        actions.give_role(by=lorato, at=timezone.now(), actor_id=name, role=role, company="BW-1")
    assert "R063" in {o.rule for o in refused.value.objections}


def test_roles_that_do_not_watch_each_other_go_together(lorato, people):
    actions.give_role(by=lorato, at=timezone.now(), actor_id="kagiso", role=Role.SUPERVISOR)
    assert actor(people, "kagiso").roles == {Role.ISSUING_OFFICER, Role.SUPERVISOR}


def test_every_refused_pair_is_refused_both_ways():
    for one, other in rules.APART:
        for mine in one:
            for theirs in other:
                for given, held in ((mine, theirs), (theirs, mine)):
                    assert list(rules.before_role_is_given(given, company="C", held={held}, oneself=False, bodies=True))


def test_an_applicant_is_one_for_a_company(lorato):
    with pytest.raises(Refused) as refused:
        actions.open_account(by=lorato, at=NOW, email="a@example.org", name="A", role=Role.APPLICANT)
    assert [o.field for o in refused.value.objections] == ["company"]
    assert queries.user_by_email("a@example.org") is None


@pytest.mark.parametrize("role", [Role.CHAIR, Role.SECRETARIAT, Role.OBSERVER, Role.PUBLIC])
def test_an_authority_does_not_fill_the_bodies_of_the_scheme(lorato, role):
    with pytest.raises(Refused):
        actions.open_account(by=lorato, at=NOW, email="c@example.org", name="C", role=role)


def test_the_node_itself_fills_them():
    user = actions.open_account(by=NODE, at=timezone.now(), email="chair@example.org", name="Chair", role=Role.CHAIR)
    assert queries.actor_of(user, on=timezone.now()).may(Permission.PARTICIPANT_DECIDE)


@pytest.mark.parametrize(
    "act",
    [
        lambda by: actions.give_role(by=by, at=timezone.now(), actor_id="anneke", role=Role.VALUER),
        lambda by: actions.end_role(by=by, at=timezone.now(), actor_id="anneke", role=Role.IMPORT_OFFICER),
        lambda by: actions.deactivate(by=by, at=timezone.now(), actor_id="anneke"),
        lambda by: actions.unlock(by=by, at=timezone.now(), actor_id="anneke"),
        lambda by: actions.reset_second_factor(by=by, at=timezone.now(), actor_id="anneke"),
    ],
)
def test_an_administrator_does_not_reach_people_of_another_authority(lorato, act):
    with pytest.raises(NotFound):
        act(lorato)


@pytest.mark.parametrize("name", ["kagiso", "mpho", "auditor"])
def test_only_administrators_administer(people, name):
    with pytest.raises(NotPermitted):
        actions.give_role(by=actor(people, name), at=timezone.now(), actor_id="naledi", role=Role.VALUER)


def test_an_ended_role_ends_at_once_and_its_row_stays(lorato, people):
    actions.end_role(by=lorato, at=timezone.now(), actor_id="kagiso", role=Role.ISSUING_OFFICER)
    assert actor(people, "kagiso").roles == {Role.PUBLIC}
    assert len(queries.roles_of(people["kagiso"])) == 1
    with pytest.raises(NotFound):
        actions.end_role(by=lorato, at=timezone.now(), actor_id="kagiso", role=Role.ISSUING_OFFICER)


def test_a_role_from_a_later_day_is_not_held_today_and_already_keeps_others_apart(lorato, people):
    now = timezone.now()
    actions.end_role(by=lorato, at=now, actor_id="naledi", role=Role.APPROVING_OFFICER)
    later = now.date() + timedelta(days=7)
    actions.give_role(by=lorato, at=now, actor_id="naledi", role=Role.ISSUING_OFFICER, since=later)
    assert actor(people, "naledi").roles == {Role.PUBLIC}
    assert Role.ISSUING_OFFICER in queries.actor_of(people["naledi"], on=later).roles
    with pytest.raises(Refused):
        actions.give_role(by=lorato, at=now, actor_id="naledi", role=Role.APPROVING_OFFICER)


def test_a_role_is_not_given_backwards_or_twice(lorato):
    now = timezone.now()
    with pytest.raises(Conflict):
        actions.give_role(by=lorato, at=now, actor_id="kagiso", role=Role.VALUER, since=now.date() - timedelta(days=1))
    with pytest.raises(Conflict):
        actions.give_role(by=lorato, at=now, actor_id="kagiso", role=Role.ISSUING_OFFICER)


def test_a_closed_account_has_no_roles_and_no_tokens(lorato, people):
    secret = actions.issue_token(by=actor(people, "kagiso"), at=timezone.now(), name="scale")
    actions.deactivate(by=lorato, at=timezone.now(), actor_id="kagiso")
    people["kagiso"].refresh_from_db()
    assert actor(people, "kagiso").roles == {Role.PUBLIC}
    assert queries.token_by_secret(secret, at=timezone.now()) is None
    with pytest.raises(Conflict):
        actions.deactivate(by=lorato, at=timezone.now(), actor_id="kagiso")
    actions.reactivate(by=lorato, at=timezone.now(), actor_id="kagiso")
    people["kagiso"].refresh_from_db()
    assert Role.ISSUING_OFFICER in actor(people, "kagiso").roles
    assert queries.token_by_secret(secret, at=timezone.now()) is None


def test_an_administrator_does_not_close_or_disarm_himself(lorato):
    for act in (actions.deactivate, actions.reset_second_factor):
        with pytest.raises(NotPermitted):
            act(by=lorato, at=timezone.now(), actor_id="lorato")


def test_a_locked_account_has_no_roles_until_the_lock_ends_or_is_lifted(lorato, people):
    now = timezone.now()
    for _ in range(actions.LOCK_AFTER):
        actions.sign_in_failed(by=actions.gate(authority="BW"), at=now, actor_id="kagiso", method="password")
    people["kagiso"].refresh_from_db()
    assert queries.actor_of(people["kagiso"], on=now).roles == {Role.PUBLIC}
    later = now + actions.LOCK_FOR + timedelta(seconds=1)
    assert Role.ISSUING_OFFICER in queries.actor_of(people["kagiso"], on=later).roles
    actions.unlock(by=lorato, at=now, actor_id="kagiso")
    people["kagiso"].refresh_from_db()
    assert Role.ISSUING_OFFICER in actor(people, "kagiso").roles
    events = [entry["event"] for entry in journal.history("kagiso")]
    assert events[-2:] == ["account.locked", "account.unlocked"]
    assert events.count("session.refused") == actions.LOCK_AFTER


def test_a_token_is_told_once_and_kept_as_a_digest(people):
    secret = actions.issue_token(by=actor(people, "mpho"), at=NOW, name="freight software", days=30)
    token = Token.objects.get()
    assert secret not in json.dumps([str(v) for v in vars(token).values()])
    assert token.digest == queries.digest(secret)
    assert queries.token_by_secret(secret, at=NOW) == token
    assert queries.token_by_secret(secret + "x", at=NOW) is None
    assert queries.token_by_secret(secret, at=NOW + timedelta(days=30)) is None
    assert secret not in json.dumps(journal.history("mpho"))


def test_a_token_is_revoked_by_its_owner_only(people):
    actions.issue_token(by=actor(people, "mpho"), at=NOW, name="a")
    digest = Token.objects.get().digest[:12]
    with pytest.raises(NotFound):
        actions.revoke_token(by=actor(people, "kagiso"), at=NOW, digest=digest)
    with pytest.raises(NotFound):
        actions.revoke_token(by=actor(people, "mpho"), at=NOW, digest="")
    actions.revoke_token(by=actor(people, "mpho"), at=NOW, digest=digest)
    with pytest.raises(NotFound):
        actions.revoke_token(by=actor(people, "mpho"), at=NOW, digest=digest)


@pytest.mark.parametrize("days", [0, -1, actions.TOKEN_DAYS + 1])
def test_a_token_does_not_live_for_ever(people, days):
    with pytest.raises(Conflict):
        actions.issue_token(by=actor(people, "mpho"), at=NOW, name="x", days=days)


def test_a_language_the_node_does_not_speak_is_refused(people):
    with pytest.raises(Conflict):
        actions.set_language(by=actor(people, "mpho"), at=NOW, language="tlh")
    actions.set_language(by=actor(people, "mpho"), at=NOW, language="fr")
    people["mpho"].refresh_from_db()
    assert people["mpho"].language == "fr"


def test_an_agent_files_only_while_its_licence_holds_the_companys_power():
    from datetime import date

    from tests import story
    from tests.cast import BW, EXPORTER_LICENCE, NOW, SEKGOMA

    from openkimberley.kernel.actor import Actor, Role
    from openkimberley.kernel.measures import Period
    from openkimberley.trade import actions as trade
    from openkimberley.trade.facts import Holder, LicenceKind

    story.furnish()
    term = Period(date(2026, 1, 1), date(2028, 1, 1))
    about = {"by": SEKGOMA, "at": NOW, "authority": BW}
    agency = Holder("Fictional Agency", "Plot 9", nationality="BW", residence="resident", area="BW")
    agent = trade.grant(kinds=[LicenceKind.AGENT], holder=agency, term=term, **about).number
    user = actions.open_account(
        by=Actor("installer", frozenset({Role.ADMINISTRATOR}), via="cli"), at=NOW, email="agent@agency.example",
        name="Agent", role=Role.AGENT, company=agent, authority=BW,
    )  # fmt: skip
    assert queries.actor_of(user, on=NOW).companies == frozenset()
    trade.name_agent(agent=agent, company=EXPORTER_LICENCE, period=term, **about)
    assert queries.actor_of(user, on=NOW).companies == {EXPORTER_LICENCE}
    trade.suspend(number=agent, since=NOW.date(), reason="Under inquiry", **about)
    assert queries.actor_of(user, on=NOW).companies == frozenset()
