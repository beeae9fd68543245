"""The functions, called as clients call them."""

from __future__ import annotations

import json

import pytest
from supabase_functions.errors import FunctionsHttpError

from supabase import Client


def test_a_client_invokes_a_function(anon_client: Client) -> None:
    answer = anon_client.functions.invoke("health", {"method": "GET"})
    assert json.loads(answer)["status"] == "ok"


def test_an_unknown_function_is_an_error(anon_client: Client) -> None:
    with pytest.raises(FunctionsHttpError):
        anon_client.functions.invoke("nonsense", {"method": "GET"})
