"""The types in supabase/types: those of the schema as it is, and usable."""

from __future__ import annotations

import importlib.util
from types import ModuleType
from typing import Any

import psycopg
import pydantic
import pytest
from psycopg.rows import dict_row

from groundwork import types
from groundwork.stack.errors import StackError
from groundwork.stack.instance import Instance
from groundwork.stack.project import Project
from tests.support import ROOT, Stack, run_node


@pytest.mark.parametrize("language", types.FILES)
def test_they_are_those_of_the_schema(stack: Stack, language: str) -> None:
    """When this fails the schema was changed: run `make types` and commit what it writes."""
    instance = Instance(Project.load(ROOT), stack.instance or "types")
    fresh = types.generate(instance, language, stack.db_url)
    assert (ROOT / types.FILES[language]).read_text() == fresh


def python_types() -> ModuleType:
    """Return the committed Python types, imported."""
    spec = importlib.util.spec_from_file_location("database", ROOT / types.FILES["python"])
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_python_models_are_complete_and_take_the_seeded_rows(stack: Stack) -> None:
    module = python_types()
    models = {
        name: model
        for name, model in vars(module).items()
        if isinstance(model, type) and issubclass(model, pydantic.BaseModel) and model is not pydantic.BaseModel
    }
    assert len(models) > 25
    for model in models.values():
        assert model.model_rebuild(_types_namespace=vars(module)) is not False
    with psycopg.connect(stack.db_url, row_factory=dict_row) as connection:
        for table, name in {
            "organizations": "PublicOrganizations",
            "user_profiles": "PublicUserProfiles",
            "conversations": "PublicConversations",
            "api_usage": "PublicApiUsage",
        }.items():
            row: dict[str, Any] | None = connection.execute(
                psycopg.sql.SQL("select * from public.{} limit 1").format(psycopg.sql.Identifier(table))
            ).fetchone()
            assert row is not None
            models[name].model_validate(row)


def test_the_typescript_is_typescript() -> None:
    loaded = run_node(f"import('{(ROOT / types.FILES['typescript']).as_uri()}').then(() => console.log('loaded'))")
    assert loaded.stdout.strip() == "loaded", loaded.stderr


def test_they_are_not_written_from_an_older_schema(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    seed = Project.load(ROOT).seeds[0].name
    monkeypatch.setattr(types.migrations, "edited", lambda _: [seed, "20261123000004_chat.sql"])
    with pytest.raises(StackError, match=r"older version of 20261123000004_chat\.sql\.") as caught:
        types.write(Instance(Project.load(ROOT), stack.instance or "types"), stack.db_url)
    assert caught.value.hint == "Run `groundwork reset`."
