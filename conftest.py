"""What every test gets: the guards of journal and evidence stand during a test, and step aside only to empty tables."""

from __future__ import annotations

import os
from importlib import import_module

import pytest
from django.db import connection
from django.test import TransactionTestCase
from django.utils import translation

GUARDED = tuple(
    f"openkimberley.{area}.migrations.{name}"
    for area, name in (("journal", "0001_initial"), ("journal", "0003_checkpoints"), ("witness", "0001_initial"))
)

_flush = TransactionTestCase._fixture_teardown


def _teardown(self):
    """Empty the test database. What is append-only refuses that, so its guards are taken down for this moment."""
    guards = [import_module(name) for name in GUARDED]
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


@pytest.fixture(autouse=True)
def _the_journal_of_one_test_is_not_that_of_the_next(settings, tmp_path):
    """The mark of what was signed outlives a database: to the next test's empty one it would say that much is lost."""
    settings.JOURNAL_FOLDER = tmp_path / "journal"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Where nothing may be skipped (``KIMBERLEY_NOTHING_SKIPPED``), a skipped test is a failed one."""
    report = yield
    if report.skipped and os.environ.get("KIMBERLEY_NOTHING_SKIPPED") and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, where nothing may be skipped: {report.longrepr}"
    return report
