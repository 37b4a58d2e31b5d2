"""The node as a Django application: installs what the areas leave open."""

from django.apps import AppConfig


class NodeConfig(AppConfig):
    """Tells the areas below who signs, and where their bundle comes from."""

    name = "openkimberley.node"
    label = "node"

    def ready(self) -> None:
        """Give ``trust.signing`` the client of the signing process: this process holds no key."""
        from openkimberley.node import bundles, keys
        from openkimberley.verification import known

        keys.install()
        known.provide(bundles.desk_bundle)
