"""What every command shares: one JSON document or plain words, and the exit status of the contract.

0 done or valid, 1 refused or invalid, 2 wrong use, 3 cannot tell.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import date
from typing import Any, NoReturn

import click

from openkimberley.kernel.errors import KimberleyError, Refused

DONE, REFUSED, WRONG_USE, CANNOT_TELL = 0, 1, 2, 3
EXIT_OF_VERDICT = {"valid": DONE, "invalid": REFUSED, "cannot_tell": CANNOT_TELL}

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


class Day(click.ParamType[date]):
    """A date as YYYY-MM-DD."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """The date, or a usage error that says what is asked."""
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not a date: write YYYY-MM-DD, such as 2015-12-04", param, ctx)


def show_json(document: object) -> None:
    """Print one JSON document, in UTF-8 and readable."""
    click.echo(json.dumps(document, ensure_ascii=False, indent=1, default=str))


def start_django() -> None:
    """Start Django for a command that needs the database."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "openkimberley.node.settings")
    django.setup()


def fail(error: KimberleyError, *, as_json: bool, status: int = REFUSED) -> NoReturn:
    """Say one of the five errors and leave with a status: 1 where a command was refused."""
    if as_json:
        objections = [o.as_json() for o in error.objections] if isinstance(error, Refused) else []
        show_json({"error": type(error).__name__, "detail": str(error), "objections": objections})
    else:
        click.echo(f"{type(error).__name__}: {error}", err=True)
    sys.exit(status)
