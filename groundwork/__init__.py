"""Groundwork: the backend of an AI product, ready on the first day."""
