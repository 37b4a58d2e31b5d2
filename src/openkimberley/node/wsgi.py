"""The WSGI entry point that granian serves."""

import os

from django.core.wsgi import get_wsgi_application

from openkimberley.node.place import here
from openkimberley.node.serve import end_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "openkimberley.node.settings")
application = get_wsgi_application()
end_with_parent()

if here().config.get("https"):
    # Behind a TLS proxy on this machine the address and scheme of the caller are what the proxy says they are.
    from granian.utils.proxies import wrap_wsgi_with_proxy_headers

    application = wrap_wsgi_with_proxy_headers(application, trusted_hosts=["127.0.0.1", "::1"])
