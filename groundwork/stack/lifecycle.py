"""Starts, stops and resets an instance."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable
from dataclasses import replace

from groundwork.stack import bootstrap, migrations, ports, postgres
from groundwork.stack.database import Database, embedded, given
from groundwork.stack.errors import StackError
from groundwork.stack.instance import Instance, Settings
from groundwork.stack.parts import PARTS, Context, Part, provision
from groundwork.stack.process import marks
from groundwork.stack.project import Project
from groundwork.stack.runner import await_parts, end_strays, is_alive, launch, stop_parts
from groundwork.stack.secrets import Secrets

Say = Callable[[str], None]


def start(instance: Instance, port: int | None, db_url: str | None, say: Say) -> Context:
    """Start what is not running, heal what died, apply what is pending; return the running stack's context.

    Raises StackError when something is in the way; a taken port is found before anything is changed.
    """
    with instance.lock():
        return bring_up(enter(instance, port, db_url), say)


def reset(instance: Instance, say: Say) -> Context:
    """Begin anew with an empty database: migrate and seed it. Keys, ports and settings stay as they were.

    Raises what `start` raises.
    """
    with instance.lock():
        context = enter(instance, None, None)
        stop_parts(instance, ["rest", "auth"])
        shutil.rmtree(instance.storage, ignore_errors=True)
        instance.make_folders()
        migrations.forget(instance)
        say("emptying the database")
        if context.settings.db_url is not None:
            bootstrap.empty(context.database)
        elif not (
            is_alive(instance, PARTS["postgres"])
            and bootstrap.restore_template(context.database, instance.project)
        ):
            stop_parts(instance, ["postgres"])
            postgres.remove_cluster(instance)
        return bring_up(context, say)


def stop(instance: Instance, *, delete: bool = False) -> int:
    """End every process of the instance and return how many parts were running; delete all it keeps if asked."""
    with instance.lock():
        count = stop_parts(instance, list(PARTS)) + end_strays(instance)
        if delete:
            postgres.remove_cluster(instance)
            shutil.rmtree(instance.run, ignore_errors=True)
            shutil.rmtree(instance.state, ignore_errors=True)
    return count


def instances(project: Project) -> list[Instance]:
    """Return every instance of a checkout: those with a folder, and those that lost it but still run."""
    home = str(project.root / ".groundwork") + "/"
    names = {instance.name for instance in Instance.all(project)}
    names |= {mark.removeprefix(home) for mark in marks() if mark.startswith(home)}
    return [Instance(project, name) for name in sorted(names)]


def enter(instance: Instance, port: int | None, db_url: str | None) -> Context:
    """Return the context to run in, its folders made and its settings kept; raise StackError if it cannot be."""
    settings = settle(instance, port, db_url)
    end_strays(instance)
    if not is_alive(instance, PARTS["gateway"]):
        ports.check(settings.api_port, "the API")
    if settings.db_url is None and not is_alive(instance, PARTS["postgres"]):
        ports.check(settings.db_port, "the database")
    secrets = Secrets.load(instance.secrets_file)
    if secrets is None and settings.db_url is None and postgres.has_cluster(instance) and instance.exists():
        raise StackError(
            f"{instance.secrets_file} is missing or damaged, and with it the database's passwords.",
            "Put it back, or delete the instance with its data: groundwork stop --delete"
            + ("" if instance.name == "default" else f" --name {instance.name}"),
        )
    keys = secrets or Secrets.generate()
    database = database_of(settings, keys)
    if not instance.exists():
        postgres.remove_cluster(instance)  # root's is kept elsewhere, and is nobody's once the folder was deleted
    instance.make_folders()
    instance.remember(settings)
    if secrets is None:
        keys.save(instance.secrets_file)
    return Context(instance, settings, keys, database)


def settle(instance: Instance, port: int | None, db_url: str | None) -> Settings:
    """Return the settings to run with: those given, else those remembered, else those of config.toml.

    Raises StackError when the instance runs with others.
    """
    known = instance.settings()
    project = instance.project
    fresh = known or Settings(project.api_port, project.db_port)
    if port is not None:
        fresh = replace(fresh, api_port=port, db_port=port + 1)
    if db_url is not None:
        fresh = replace(fresh, db_url=db_url)
    if known and fresh != known and any(is_alive(instance, part) for part in PARTS.values()):
        raise StackError(
            f"The instance {instance.name!r} is running with other settings (API port {known.api_port}).",
            "Stop it first, or give another --name.",
        )
    if known and known.db_url is None and fresh.db_url is not None and postgres.has_cluster(instance):
        raise StackError(
            f"The instance {instance.name!r} has a database of its own.",
            "Give another --name, or delete it with its data: groundwork stop --delete",
        )
    return fresh


def database_of(settings: Settings, secrets: Secrets) -> Database:
    """Return the database that the settings name; raise StackError when it cannot be used."""
    return given(settings.db_url) if settings.db_url else embedded(settings.db_port, secrets.passwords)


def wanted(settings: Settings) -> list[Part]:
    """Return the parts an instance consists of."""
    return [part for part in PARTS.values() if part.name != "postgres" or settings.db_url is None]


def bring_up(context: Context, say: Say) -> Context:
    """Start every part that is not running, on a database that is set up and migrated."""
    project = context.instance.project
    parts = wanted(context.settings)
    fresh = context.settings.db_url is None and ensure_postgres(context, say)
    ensure_set_up(context, say, fresh=fresh)
    pending = migrations.pending(context.database, project)
    launch(context, [part for part in parts if not (pending and part.after_migrations)])
    if pending:
        migrate(context, pending, say)
    launch(context, parts)
    await_parts(context, parts)
    for name in migrations.edited(context.instance):
        say(f"warning: {name} was edited after it was applied; `groundwork reset` applies it anew")
    return context


def ensure_postgres(context: Context, say: Say) -> bool:
    """Make the cluster if there is none, and start its server; return whether the cluster is new."""
    instance = context.instance
    fresh = not postgres.has_cluster(instance)
    if fresh:
        say("making the database cluster")
        postgres.make_cluster(instance, context.secrets.passwords["supabase_admin"])
    postgres.forget_dead_server(instance)
    launch(context, [PARTS["postgres"]])
    await_parts(context, [PARTS["postgres"]])
    return fresh


def ensure_set_up(context: Context, say: Say, *, fresh: bool) -> None:
    """Set an empty database up, or bring one that an older version set up to this one's state."""
    database, project = context.database, context.instance.project
    if bootstrap.is_done(database, project):
        if context.settings.db_url is not None:
            bootstrap.set_passwords(database)
        return
    say("setting the database up")
    stop_parts(context.instance, ["auth"])
    bootstrap.bootstrap(database, project)
    provision(context)
    bootstrap.finish(database, project)
    if fresh:
        bootstrap.keep_template(database, project)


def migrate(context: Context, pending: migrations.Pending, say: Say) -> None:
    """Apply what is pending and let the Data API see it. When that fails the rest of the stack still comes up."""
    for name in (*pending.migrations, *pending.seeds):
        say(f"applying {name}")
    try:
        migrations.apply(context.instance, context.database)
    except StackError:
        parts = wanted(context.settings)
        launch(context, parts)
        with contextlib.suppress(StackError):  # what matters now is what failed first
            await_parts(context, parts)
        raise
    with context.database.connect(context.database.owner) as connection:
        connection.execute("notify pgrst, 'reload schema'")
