"""The signing process: holds the keys, builds what it signs, and asks for two officers' approvals first.

::

    policy     what this signer demands            ledger     what it has signed and whom it knows (SQLite, FULL)
    approving  officers' credentials, approvals    issuing    certificates and their codes
    service    all calls, in this process          audit      a hash-chained line for every call
    keystore   encrypted key files                 hsm        keys in a security module (PKCS#11)
    wire       framing and errors                  server     the process behind its socket
    client     the node's side of the socket       cli        ``kimberley signer``

Without Django: the process imports no page, no table and no network.
"""
