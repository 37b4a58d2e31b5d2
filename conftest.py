"""What every test gets: the guards of journal and evidence stay up during a test and step aside only to empty the test database."""

from __future__ import annotations

import os
from importlib import import_module

import pytest
from django.db import connection
from django.test import TransactionTestCase
from django.utils import translation

GUARDED = ("journal.migrations.0001_initial", "witness.migrations.0001_initial")

_flush = TransactionTestCase._fixture_teardown


def _teardown(self):
    """Empty the test database. What is append-only refuses that, so its guards are taken down for this moment."""
    guards = [import_module(f"openkimberley.{name}") for name in GUARDED]
    with connection.schema_editor() as editor:
        for one in guards:
            one.unguard(None, editor)
    _flush(self)
    with connection.schema_editor() as editor:
        for one in guards:
            one.guard(None, editor)


TransactionTestCase._fixture_teardown = _teardown


@pytest.fixture(autouse=True)
def _the_language_of_one_test_is_not_that_of_the_next():
    """A page in French leaves French active in its thread."""
    yield
    translation.deactivate()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Where nothing may be skipped (``KIMBERLEY_NOTHING_SKIPPED``), a skipped test is a failed one."""
    report = yield
    if report.skipped and os.environ.get("KIMBERLEY_NOTHING_SKIPPED") and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, where nothing may be skipped: {report.longrepr}"
    return report
