"""Who asks too often waits; who signed in does not."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.test import RequestFactory

from openkimberley.desk import limits


@pytest.fixture(autouse=True)
def _empty():
    cache.clear()
    yield
    cache.clear()


def asks(client, path="/verify", **more):
    return client.post(path, {"artefact": "BW0012345"}, **more)


@pytest.mark.django_db
def test_t22_an_address_asks_so_often_a_minute(client, settings):
    settings.VERIFY_PER_MINUTE = 3
    assert [asks(client).status_code for _ in range(4)] == [200, 200, 200, 429]
    late = asks(client)
    assert 1 <= int(late["Retry-After"]) <= 60
    assert "Too many questions" in late.content.decode()
    assert asks(client, REMOTE_ADDR="127.0.0.2").status_code == 200
    assert client.get("/verify").status_code == 200
    told = asks(client, "/api/v1/verify", content_type="application/json")
    assert (told.status_code, told["Content-Type"], told.json()["status"]) == (429, "application/problem+json", 429)


def test_an_address_is_the_one_that_our_own_proxy_saw(settings):
    def of(**meta):
        return limits.address_of(RequestFactory().post("/verify", **meta))

    settings.BEHIND_PROXY = False
    assert of(REMOTE_ADDR="127.0.0.1", HTTP_X_FORWARDED_FOR="192.0.2.9") == "127.0.0.1"
    settings.BEHIND_PROXY = True
    assert of(REMOTE_ADDR="127.0.0.1", HTTP_X_FORWARDED_FOR="203.0.113.5, 192.0.2.9") == "192.0.2.9"
    assert of(REMOTE_ADDR="2001:db8:1:2:3::4") == of(REMOTE_ADDR="2001:db8:1:2::9") == "2001:db8:1:2::/64"
    assert of(REMOTE_ADDR="a socket") == "unknown"
