"""The commands for parts, retention and erasing, as an operator types them."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from click.testing import CliRunner
from tests.cast import EXPORTER_LICENCE, NOW

from openkimberley.certificates.models import Certificate, Erasure
from openkimberley.certificates.statements import PROFILES, shown_in
from openkimberley.node.retention import certificates as command
from openkimberley.shipments.tests import steps
from openkimberley.shipments.tests.desk import at, node  # noqa: F401

pytestmark = pytest.mark.usefixtures("node")


def run(*words):
    return CliRunner().invoke(command, list(words))


def test_a_part_is_made_and_the_authoritys_own_are_listed(tmp_path):
    one = steps.departed()
    target = tmp_path / "part.sd-jwt"
    given = ["--authority", "BW", "--to", "Somebody", "--basis", "Asked"]
    done = run("disclose", one.number, *given, "--profile", "monitor", "--out", str(target), "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.output)["file"] == str(target)
    assert set(shown_in(target.read_text())) <= PROFILES["monitor"]
    given += ["--company", EXPORTER_LICENCE]
    holder = run("disclose", one.number, *given, "--profile", "bank", "--also", "parcels")
    assert "parcels" in shown_in(holder.output.strip())
    assert run("disclose", one.number, *given, "--profile", "monitor").exit_code == 1
    (row,) = json.loads(run("processing", "--authority", "BW", "--json").output)
    assert (row["profile"], row["to"]) == ("monitor", "Somebody")
    assert "monitor to Somebody: Asked" in run("processing", "--authority", "BW").output


def test_what_is_due_is_listed_and_erased_one_by_one():
    one = steps.departed()
    Certificate.objects.filter(pk=one.pk).update(status="CONFIRMED", changed_at=NOW)
    given = ["--authority", "BW", "--basis", "Section 9"]
    assert "0 certificates are due" in run("retention", "--authority", "BW").output
    early = run("erase", one.number, *given)
    assert early.exit_code == 1
    assert "R101" in early.output
    with at(NOW + timedelta(days=1200)):
        (due,) = json.loads(run("retention", "--authority", "BW", "--json").output)
        assert due["number"] == one.number
        assert f"{one.number} CONFIRMED: ended" in run("retention", "--authority", "BW").output
        done = run("erase", one.number, *given, "--json")
        assert json.loads(done.output)["erased"] is True
    assert Erasure.objects.get().ground == "RETENTION"


def test_a_courts_order_goes_before_the_retention():
    one = steps.departed()
    Certificate.objects.filter(pk=one.pk).update(status="CONFIRMED", changed_at=NOW)
    done = run("erase", one.number, "--authority", "BW", "--basis", "Order 12/2027", "--ordered")
    assert "erased;" in done.output, done.output
