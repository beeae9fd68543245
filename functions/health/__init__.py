"""Tells whether the functions can reach the database."""
