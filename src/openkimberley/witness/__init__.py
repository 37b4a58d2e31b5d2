"""The witness in every node: others' journals are cosigned, one's own is taken round, and all of them are watched."""
