"""The handler search."""
