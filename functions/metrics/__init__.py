"""Tells Prometheus of the state of the database."""
