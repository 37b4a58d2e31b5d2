"""How sign-in behaves: accounts are opened by an administrator, never by a visitor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.account.adapter import DefaultAccountAdapter

if TYPE_CHECKING:
    from django.http import HttpRequest


class ClosedAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """No one signs up by himself."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never."""
        return False
