"""docs/reference.md is what the database says of itself."""

from __future__ import annotations

import psycopg

from groundwork.schema import reference
from tests.support import ROOT, Stack


def test_the_reference_is_current(stack: Stack):
    with psycopg.connect(stack.db_url, autocommit=True) as connection:
        written = reference.write(connection)
    assert (ROOT / "docs" / "reference.md").read_text() == written, "stale: make reference"


def test_everything_says_what_it_is(stack: Stack):
    with psycopg.connect(stack.db_url, autocommit=True) as connection:
        assert "\nNone\n" not in reference.write(connection), "a table or function without a comment"
