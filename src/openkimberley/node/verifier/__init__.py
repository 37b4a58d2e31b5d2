"""The border check: one page that verifies without a network, served at /verifier/ or carried on a stick."""
