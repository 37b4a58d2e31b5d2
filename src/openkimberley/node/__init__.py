"""Assembles the areas into a running node."""
