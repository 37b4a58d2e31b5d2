"""Forms about people, and the second-factor form that counts wrong codes."""

from __future__ import annotations

from typing import Any

from allauth.mfa.base.forms import AuthenticateForm as _AuthenticateForm
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from openkimberley.accounts import adapter, queries, rules
from openkimberley.accounts.actions import TOKEN_DAYS
from openkimberley.desk.forms import DayField, Form
from openkimberley.desk.templatetags import words
from openkimberley.kernel.actor import Role
from openkimberley.kernel.errors import Untrusted
from openkimberley.trust.approval import LEAST_PASSPHRASE, SOFTWARE, WEBAUTHN
from openkimberley.trust.canonical import parse_json


def role_choices() -> list[tuple[str, str]]:
    """The roles of an authority in the reader's words."""
    named = sorted((words.role(role), role.value) for role in rules.OF_AN_AUTHORITY)
    return [("", str(_("Choose a role"))), *((code, word) for word, code in named)]


class RoleForm(Form):
    """A role for a person."""

    role = forms.ChoiceField(label=_("Role"), choices=role_choices)
    company = forms.CharField(
        label=_("Licence number of the company"), required=False, max_length=40,
        help_text=_("For exporters, importers and agents: the company they may file for."),
    )  # fmt: skip

    def clean_role(self) -> Role:
        """The role itself."""
        return Role(self.cleaned_data["role"])


class GiveRoleForm(RoleForm):
    """A role from a day on."""

    since = DayField(label=_("From"), required=False, help_text=_("Leave empty for today."))


class AccountForm(RoleForm):
    """A new account and its first role."""

    name = forms.CharField(label=_("Full name"), max_length=120)
    email = forms.EmailField(
        label=_("E-mail address"), help_text=_("We send a link to set a password to this address."),
    )  # fmt: skip
    field_order = ["name", "email", "role", "company"]


class TokenForm(Form):
    """A new token."""

    name = forms.CharField(label=_("What is it for?"), max_length=80, help_text=_("For example: our freight software"))
    days = forms.IntegerField(
        label=_("Days until it expires"), min_value=1, max_value=TOKEN_DAYS, initial=90,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )  # fmt: skip


class LanguageForm(Form):
    """The language of pages and messages."""

    language = forms.ChoiceField(label=_("Language"), choices=lambda: settings.LANGUAGES)


class AuthenticateForm(_AuthenticateForm):
    """The second step of sign-in: a wrong code counts like a wrong password, and a locked account is refused."""

    def clean_code(self) -> Any:
        """The code, checked. Raises ``ValidationError``."""
        if queries.locked(self.user, timezone.localtime()):
            raise adapter.ClosedAdapter().validation_error("too_many_login_attempts")
        try:
            return super().clean_code()
        except ValidationError:
            adapter.note_failure(self.user, "code")
            raise


class ApprovalForm(Form):
    """A new approval credential: a passphrase typed twice, or what an authenticator answered to the challenge."""

    passphrase = forms.CharField(
        label=_("Passphrase"), required=False, max_length=400, strip=False,
        help_text=_("At least 12 characters, and not your password. Nobody can recover it."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "dir": "ltr"}),
    )  # fmt: skip
    again = forms.CharField(
        label=_("The same passphrase again"), required=False, max_length=400, strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "dir": "ltr"}),
    )  # fmt: skip
    credential = forms.CharField(required=False, max_length=20_000)
    challenge = forms.CharField(required=False, max_length=60)

    def clean(self) -> dict[str, Any]:
        """Either a key answered, or the passphrase was typed twice alike and is long enough."""
        said = self.cleaned_data
        if said.get("credential"):
            try:
                said["credential"] = dict(parse_json(said["credential"].encode()))
            except (Untrusted, ValueError, TypeError) as error:
                raise ValidationError(_("The security key's answer was not understood. Try again.")) from error
        elif len(said.get("passphrase") or "") < LEAST_PASSPHRASE:
            self.add_error("passphrase", _("Type at least 12 characters."))
        elif said["passphrase"] != said.get("again"):
            self.add_error("again", _("This is not the same as above."))
        return said

    def evidence(self) -> dict[str, Any]:
        """What the signer is shown."""
        said = self.cleaned_data
        if said["credential"]:
            return {"level": WEBAUTHN, "credential": said["credential"], "challenge": said["challenge"]}
        return {"level": SOFTWARE, "passphrase": said["passphrase"]}
