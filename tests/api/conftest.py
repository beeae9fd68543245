"""The companies whose people the flows are about."""

from __future__ import annotations

import pytest

from tests.api.people import Company, Person, new_company, new_people
from tests.support import Stack


@pytest.fixture(scope="session")
def people(stack: Stack) -> dict[str, Person]:
    """Return somebody for every role. They are the people of every company, and stay signed in."""
    return new_people(stack)


@pytest.fixture(scope="module")
def company(people: dict[str, Person]) -> Company:
    """Return an organization of the module's own, whose people stay in place."""
    return new_company(people)


@pytest.fixture
def own_company(people: dict[str, Person]) -> Company:
    """Return an organization of the test's own, whose people it may move about."""
    return new_company(people)
