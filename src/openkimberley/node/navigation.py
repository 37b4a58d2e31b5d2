"""The main navigation: what a person may open, in the order of the day's work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from openkimberley.certificates.queries import authority_name
from openkimberley.desk.web import actor_of
from openkimberley.kernel.actor import Permission

if TYPE_CHECKING:
    from django.http import HttpRequest

ENTRIES: tuple[tuple[str, str, tuple[Permission, ...]], ...] = (
    (gettext_noop("What waits"), "/", ()),
    (
        gettext_noop("Applications"),
        "/applications",
        (
            Permission.CERTIFICATE_APPLY,
            Permission.CERTIFICATE_EXAMINE,
            Permission.CERTIFICATE_APPROVE,
            Permission.CERTIFICATE_VALUE,
        ),
    ),
    (gettext_noop("Certificates"), "/certificates", (Permission.CERTIFICATE_READ,)),
    (gettext_noop("Shipments"), "/shipments", (Permission.SHIPMENT_SEAL,)),
    (gettext_noop("Imports"), "/imports", (Permission.SHIPMENT_RECEIVE,)),
    (gettext_noop("Foreign papers"), "/papers", (Permission.PAPER_REGISTER,)),
    (gettext_noop("Licences"), "/licences", ()),
    (gettext_noop("Alerts"), "/alerts", (Permission.ALERT_READ,)),
    (gettext_noop("Blank paper"), "/paper", (Permission.PAPER_STOCK,)),
    (gettext_noop("Journal"), "/journal", (Permission.JOURNAL_READ,)),
    (gettext_noop("First shipment"), "/guide", ()),
)
"""Label, address, and the permissions of which one is enough."""


def context(request: HttpRequest) -> dict[str, Any]:
    """The navigation for a signed-in person; a visitor has the links of the footer."""
    by = actor_of(request)
    if not by.id:
        return {}
    entries = [
        {"label": _(label), "url": url, "current": _within(request.path, url)}
        for label, url, needs in ENTRIES
        if not needs or any(by.may(permission) for permission in needs)
    ]
    name = authority_name(by.authority, on=timezone.localtime().date()) if by.authority else ""
    return {"navigation": entries, "authority_name": name}


def _within(path: str, url: str) -> bool:
    """Whether a page lies under an entry: /paper is not over /papers, and the first page is over nothing."""
    return path == url or (url != "/" and path.startswith(f"{url}/"))
