"""What protects a certificate, as the page says it: with a trust list and without one."""

import pytest
from django.test import Client
from tests.story import furnish

pytestmark = pytest.mark.django_db(transaction=True)


def test_without_a_list_and_a_journal_the_page_says_so():
    furnish()
    page = Client().get("/trust").content.decode()
    assert "This node has no such list yet" in page
    assert "This node does not publish its journal yet." in page
    assert "BW: ready to sign" in page


def test_a_wrong_list_is_said_and_not_used(settings, tmp_path, monkeypatch):
    from openkimberley.node import bundles

    furnish()
    folder = tmp_path / "trust" / "metadata"
    folder.mkdir(parents=True)
    (folder / "timestamp.json").write_text('{"signed": {"issued": "2026-11-01T00:00:00Z"}}')
    (folder / "1.root.json").write_text("{}")
    monkeypatch.setenv("KIMBERLEY_DIR", str(tmp_path))
    monkeypatch.setattr(bundles, "_listed", {})
    page = Client().get("/trust").content.decode()
    assert "The list on this node is wrong and is not used." in page
