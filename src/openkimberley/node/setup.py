"""``kimberley setup``: makes a real node: settings, tables, register, keys, and the first administrator.

Everything is looked at before anything is written, and a second run does only what is missing. A demonstration node is
never turned into a real one: its keys protect nothing.
"""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from openkimberley.desk.cli import json_option, show_json, start_django
from openkimberley.kernel.actor import Actor, Role
from openkimberley.kernel.errors import Conflict, NotFound
from openkimberley.node import place

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

INSTALLER = frozenset({Role.CHAIR, Role.ADMINISTRATOR, Role.SUPERVISOR})
"""What the installer at the machine itself may do: load the register and the warnings, keep keys, open an account."""

LEAST_PASSPHRASE = 12
LOOPBACK = ["127.0.0.1", "localhost", "[::1]"]

_AUTHORITY = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,9})?")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for on the command line."""

    authority: str
    name: str
    administrator: str
    administrator_name: str
    participant: str
    hosts: tuple[str, ...]
    time_zone: str


@click.command()
@click.option("--authority", required=True, metavar="CODE", help="The authority's code, such as BW or EU-BE.")
@click.option("--name", required=True, help="The authority's name, as its seal shall show it.")
@click.option("--administrator", required=True, metavar="EMAIL", help="The first administrator's e-mail address.")
@click.option("--administrator-name", default="Administrator", show_default=True)
@click.option("--participant", default="", metavar="CODE", help="The Participant (else the first part of the code).")
@click.option("--host", "hosts", multiple=True, help="A name under which a TLS proxy serves the node. Without any, the "
              "node is for this machine alone.")  # fmt: skip
@click.option("--time-zone", default="UTC", show_default=True, help="Such as Africa/Gaborone.")
@json_option
def setup(as_json: bool, **asked: Any) -> None:
    """Make a real node in the node's folder, or complete one. Doing it again changes nothing that is there.

    The passphrase of the keystore is read from the file that KIMBERLEY_PASSPHRASE_FILE names. The database is SQLite in
    the folder, or the PostgreSQL one that KIMBERLEY_DATABASE names.
    """
    wish = Wish(**asked)
    where = place.here()
    tell: Callable[[str], object] = (lambda _: None) if as_json else click.echo
    look(wish, where)
    result = make(wish, where, tell=tell)
    if as_json:
        show_json(result)
    else:
        click.echo(_next_steps(wish, result))


def look(wish: Wish, where: place.Place) -> None:
    """Everything that would stop the set-up, before anything is written. Raises ``Conflict`` or ``NotFound``."""
    from openkimberley.participants.data import shipped_register

    if where.config.get("demonstration"):
        raise Conflict(f"{where.root} is a demonstration node: its keys protect nothing. Choose another folder.")
    if not _AUTHORITY.fullmatch(wish.authority):
        raise Conflict(f"{wish.authority!r} is no code of an authority: write it as BW or EU-BE")
    participant = wish.authority.partition("-")[0]
    if wish.participant and wish.participant != participant:
        raise Conflict(f"an authority of {wish.participant} has a code that begins with it, unlike {wish.authority}")
    if participant not in shipped_register().participants:
        raise NotFound("Participant in the register", participant)
    if not wish.name.strip():
        raise Conflict("the authority needs a name: its seal shows it")
    if not _EMAIL.fullmatch(wish.administrator):
        raise Conflict(f"{wish.administrator!r} is no e-mail address")
    for host in wish.hosts:
        if not _HOST.fullmatch(host):
            raise Conflict(f"{host!r} is no host name: write it without https:// and in small letters")
    _look_at_time_zone(wish.time_zone)
    _look_at_passphrase(where)


def _look_at_time_zone(name: str) -> None:
    """Raise ``NotFound`` for a time zone that does not exist."""
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise NotFound("time zone", name) from error


def _look_at_passphrase(where: place.Place) -> None:
    """The passphrase is there, long enough, nobody else's to read, and opens the keys that exist.

    Not asked for where the signer is another user's and has its keys: this user never knows it.
    """
    import json

    from openkimberley.signer.place import of
    from openkimberley.trust import keystore

    if os.environ.get("KIMBERLEY_SIGNER_DIR") and of(where.root).public.exists():
        return
    named = os.environ.get("KIMBERLEY_PASSPHRASE_FILE", "")
    if not named:
        raise NotFound(
            "keystore passphrase",
            "(write one into a file that only the node's user can read; name the file in KIMBERLEY_PASSPHRASE_FILE)",
        )
    file = Path(named)
    if not file.is_file():
        raise NotFound("passphrase file", named)
    if file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise Conflict(f"others can read {named}: chmod 600 {named}")
    passphrase = file.read_text(encoding="utf-8").rstrip("\n")
    if len(passphrase) < LEAST_PASSPHRASE:
        raise Conflict(f"the passphrase in {named} has fewer than {LEAST_PASSPHRASE} characters")
    existing = sorted(of(where.root).keys.glob("*.json"))
    if existing:
        keystore.open_key(json.loads(existing[0].read_text(encoding="utf-8")), passphrase)


def make(wish: Wish, where: place.Place, *, tell: Callable[[str], object]) -> dict[str, Any]:
    """Do what is missing, step by step. Returns what there is now, with the administrator's link where one is due."""
    _configure(wish, where)
    start_django()
    from django.core.management import call_command
    from django.db import connection
    from django.utils import timezone

    tell(f"The node's folder: {where.root}")
    call_command("migrate", verbosity=0)
    tell(f"Tables are up to date ({connection.vendor}).")
    now = timezone.localtime()
    by = Actor("installer", INSTALLER, authority=wish.authority, via="cli")
    _register(by, now, tell)
    keys = _keys(wish, by, now, tell)
    link = _administrator(wish, by, now, tell)
    return {
        "folder": str(where.root), "database": connection.vendor, "authority": wish.authority, "keys": keys,
        "administrator": wish.administrator.lower(), "link": link,
    }  # fmt: skip


def _configure(wish: Wish, where: place.Place) -> None:
    """Write ``node.json``; what an administrator changed in it by hand stays."""
    where.root.mkdir(parents=True, exist_ok=True)
    where.root.chmod(0o700)
    there = where.config
    new: dict[str, Any] = {"demonstration": False}
    if wish.hosts or "hosts" not in there:
        new["hosts"] = [*LOOPBACK, *wish.hosts]
        new["https"] = bool(wish.hosts)
    if "time_zone" not in there or wish.time_zone != "UTC":
        new["time_zone"] = wish.time_zone
    if "address" not in there and wish.hosts:
        new["address"] = f"https://{wish.hosts[0]}"  # certificates name it as the place of their status list
    if "from" not in there and wish.hosts:
        new["from"] = f"kimberley@{wish.hosts[0]}"
    if any(there.get(key) != value for key, value in new.items()):
        where.configure(**new)
    _demand(wish, where)


def _demand(wish: Wish, where: place.Place) -> None:
    """Write the signer's policy where there is none: two officers with own credentials, confirmed in person."""
    from openkimberley.signer.place import of
    from openkimberley.signer.policy import Policy

    signer = of(where.root)
    if not (signer.root / "policy.json").exists() and not os.environ.get("KIMBERLEY_SIGNER_DIR"):
        host = wish.hosts[0] if wish.hosts else "localhost"
        signer.demand(Policy(rp_id=host, origins=(f"https://{host}",) if wish.hosts else ()))


def _register(by: Actor, at: datetime, tell: Callable[[str], object]) -> None:
    """Load the register of Participants and the public warnings, where that was not done."""
    from openkimberley.alerts import actions as alerts
    from openkimberley.journal import queries as journal
    from openkimberley.participants import actions as participants
    from openkimberley.participants import queries as register

    if not register.version():
        tell(f"{participants.seed_register(by=by, at=at)} Participants in the register.")
    if not journal.entries(event="alerts.seeded").exists():
        tell(f"{len(alerts.seed_known_fakes(by=by, at=at))} public warnings entered.")


def _keys(wish: Wish, by: Actor, at: datetime, tell: Callable[[str], object]) -> list[str]:
    """Make the signer's keys where it has none, and register their public parts."""
    from openkimberley.certificates import queries
    from openkimberley.node import keys
    from openkimberley.signer.keystore import read_public
    from openkimberley.signer.making import USES, backend, make_keys

    signer = keys.signer_place()
    public = [part for part in read_public(signer) if part["authority"] == wish.authority]
    lost = {key.kid for key in queries.keys(wish.authority)} - {part["kid"] for part in public}
    if lost:
        raise NotFound("key", f"{', '.join(sorted(lost))} in {signer.root}: restore the signer from its backup")
    if not set(USES) <= {part["use"] for part in public}:
        tell("Making the keys …")
        make_keys(signer, backend(signer, signer.passphrase()), authority=wish.authority, name=wish.name.strip(), at=at)
    for kid in keys.register(by=by, at=at):
        tell(f"  {kid}")
    return sorted(key.kid for key in queries.keys(wish.authority))


def _administrator(wish: Wish, by: Actor, at: datetime, tell: Callable[[str], object]) -> str:
    """Open the administrator's account where there is none. Returns the one-time link, empty once a password is set."""
    from openkimberley.accounts import actions, queries

    user = queries.user_by_email(wish.administrator)
    if user is None:
        user = actions.open_account(
            by=by, at=at, email=wish.administrator, name=wish.administrator_name, role=Role.ADMINISTRATOR,
            authority=wish.authority,
        )  # fmt: skip
        tell(f"The account of {user.email} is open.")
    elif queries.authority_of(user) != wish.authority or Role.ADMINISTRATOR not in queries.roles_now(user, at.date()):
        raise Conflict(f"{user.email} has an account here, but not as administrator of {wish.authority}")
    return "" if user.has_usable_password() else _link(wish, user)


def _link(wish: Wish, user: Any) -> str:
    """The link under which the person, and nobody else, sets a password: good once, for three days."""
    from allauth.account.forms import default_token_generator
    from allauth.account.utils import user_pk_to_url_str
    from django.urls import reverse

    key = {"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)}
    base = f"https://{wish.hosts[0]}" if wish.hosts else "http://127.0.0.1:8000"
    return base + reverse("account_reset_password_from_key", kwargs=key)


def _next_steps(wish: Wish, result: dict[str, Any]) -> str:
    """What the person at the machine does now."""
    lines = [""]
    if result["link"]:
        lines += ["Serve the node, then let the administrator open this link, once, within three days:"]
        lines += [f"  {result['link']}", "It is a secret until it was used. Running setup again makes a new one.", ""]
    else:
        lines += ["The administrator has a password already; nothing else was changed.", ""]
    from openkimberley.node.keys import signer_place

    root = signer_place().keys / f"{wish.authority}_root_*.json"
    lines += [f"Take the root key of the seal away to a safe place:  {root}",
              "Then read docs/operate/README.md: TLS proxy, backup, second factor."]  # fmt: skip
    return "\n".join(lines)
