"""What an instance is doing, and the variables that lead to it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from groundwork.stack.errors import StackError
from groundwork.stack.instance import Instance
from groundwork.stack.lifecycle import database_of, wanted
from groundwork.stack.parts import Context, Part
from groundwork.stack.runner import is_alive, tail
from groundwork.stack.secrets import Secrets


@dataclass(frozen=True)
class State:
    """Whether a part is up; if not, why, and the end of its log."""

    part: Part
    up: bool
    trouble: str = ""
    log: str = ""


def context_of(instance: Instance) -> Context:
    """Return the context of an instance that was started; raise StackError for one that never was."""
    settings = instance.settings()
    secrets = Secrets.load(instance.secrets_file)
    if settings is None or secrets is None:
        raise StackError(f"The instance {instance.name!r} is not running.", "Run `groundwork start`.")
    return Context(instance, settings, secrets, database_of(settings, secrets))


def states(context: Context) -> list[State]:
    """Return the state of every part, each really asked."""
    parts = wanted(context.settings)
    with ThreadPoolExecutor(max_workers=len(parts)) as pool:
        return list(pool.map(lambda part: state(context, part), parts))


def state(context: Context, part: Part) -> State:
    """Return the state of one part."""
    instance = context.instance
    if part.name not in instance.records():
        return State(part, up=False, trouble="is stopped")
    if not is_alive(instance, part):
        return State(part, up=False, trouble="died", log=tail(instance, part.name))
    trouble = part.probe(context)
    return State(part, up=not trouble, trouble=trouble, log=tail(instance, part.name) if trouble else "")


def variables(context: Context) -> dict[str, str]:
    """Return the variables that `supabase status -o env` prints, by its names, as far as they exist here."""
    return {
        "ANON_KEY": context.secrets.anon_key,
        "API_URL": context.api_url,
        "DB_URL": context.database.url(context.database.owner),
        "FUNCTIONS_URL": f"{context.api_url}/functions/v1",
        "JWT_SECRET": context.secrets.jwt_secret,
        "REST_URL": f"{context.api_url}/rest/v1",
        "SERVICE_ROLE_KEY": context.secrets.service_role_key,
    }
