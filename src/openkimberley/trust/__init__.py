"""PURE. Signatures and what they are made over: keys, SD-JWT, JWS, COSE, QR texts, status lists.

Whatever comes from outside and is not exactly what it claims ends in ``Untrusted`` with the number and name of the step
that failed, never in another exception.
"""
