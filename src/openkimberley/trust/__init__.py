"""PURE. Signatures, credentials and proofs; knows nothing of diamonds."""
