"""SHELL. People, sign-in, roles held, tokens; turns a request into an Actor."""
