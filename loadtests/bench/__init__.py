"""Measurements of the running system, from where a client stands."""
