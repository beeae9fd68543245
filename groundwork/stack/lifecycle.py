"""Starts, stops and resets an instance."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from groundwork.stack import bootstrap, migrations, ports, postgres
from groundwork.stack.database import Database, embedded, given
from groundwork.stack.errors import StackError
from groundwork.stack.instance import Instance, Settings
from groundwork.stack.parts import PARTS, Context, Part
from groundwork.stack.process import LOG_MARK, alive, belonging_to, end, marks, spawn
from groundwork.stack.project import Project
from groundwork.stack.secrets import Secrets

PATIENCE = 60.0
Say = Callable[[str], None]


def start(instance: Instance, port: int | None, db_url: str | None, say: Say) -> Context:
    """Start what is not running, heal what died, apply what is pending; return the running stack's context.

    Raises StackError when something is in the way; a taken port is found before anything is changed.
    """
    with instance.lock():
        return bring_up(instance, port, db_url, say)


def bring_up(instance: Instance, port: int | None, db_url: str | None, say: Say) -> Context:
    """Do what `start` says, with the lock held."""
    settings = settle(instance, port, db_url)
    parts = wanted(settings)
    running = {part.name for part in parts if is_alive(instance, part)}
    clear_strays(instance)
    if "gateway" not in running:
        ports.check(settings.api_port, "the API")
    if settings.db_url is None and "postgres" not in running:
        ports.check(settings.db_port, "the database")
    instance.make_folders()
    instance.remember(settings)
    context = assemble(instance, settings)
    if settings.db_url is None:
        ensure_postgres(context, say)
    context = prepare_database(context, say)
    pending = migrations.pending(context.database, instance.project)
    first = [part for part in parts if not (pending and part.after_migrations) and part.name != "postgres"]
    launch(context, first)
    if pending:
        migrate(context, pending, say)
    launch(context, parts)
    await_parts(context, parts)
    for name in migrations.edited(instance):
        say(f"warning: {name} was edited after it was applied; `groundwork reset` applies it anew")
    return context


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
    if known and known.db_url != fresh.db_url and postgres.has_cluster(instance):
        raise StackError(
            f"The instance {instance.name!r} has an embedded database.",
            "Give another --name, or remove it with `groundwork stop --delete`.",
        )
    return fresh


def wanted(settings: Settings) -> list[Part]:
    """Return the parts an instance consists of."""
    return [part for part in PARTS.values() if part.name != "postgres" or settings.db_url is None]


def is_alive(instance: Instance, part: Part) -> bool:
    """Return whether a part's recorded process lives."""
    record = instance.records().get(part.name)
    return record is not None and alive(record)


def clear_strays(instance: Instance) -> None:
    """End processes of the instance that no record names: their parent was killed, or the record was lost."""
    recorded = {record.pid for record in instance.records().values() if alive(record)}
    strays = [
        process
        for process in belonging_to(instance.state, postgres.data_folder(instance))
        if process.pid not in recorded and not recorded.intersection(parent.pid for parent in process.parents())
    ]
    servers = [process for process in strays if process.name() == "postgres"]
    end([process for process in strays if process not in servers], PARTS["rest"].stop_signal)
    end(servers, PARTS["postgres"].stop_signal)


def assemble(instance: Instance, settings: Settings) -> Context:
    """Return the context of an instance, making its secrets when it has none."""
    secrets = Secrets.load(instance.secrets_file)
    if secrets is None:
        secrets = Secrets.generate()
        if settings.db_url is None and postgres.has_cluster(instance):
            raise StackError(
                f"{instance.secrets_file} is missing or damaged, and with it the database's passwords.",
                "Put it back, or `groundwork reset` to begin with an empty database.",
            )
        secrets.save(instance.secrets_file)
    return Context(instance, settings, secrets, database_of(settings, secrets))


def database_of(settings: Settings, secrets: Secrets) -> Database:
    """Return the database that the settings name."""
    if settings.db_url is None:
        return embedded(settings.db_port, secrets.passwords)
    return given(settings.db_url)


def ensure_postgres(context: Context, say: Say) -> None:
    """Make the cluster if there is none, and start its server."""
    instance = context.instance
    if not postgres.has_cluster(instance):
        say("making the database cluster")
        postgres.make_cluster(instance, context.secrets.passwords["supabase_admin"])
    postgres.forget_dead_server(instance)
    launch(context, [PARTS["postgres"]])
    await_parts(context, [PARTS["postgres"]])


def prepare_database(context: Context, say: Say) -> Context:
    """Set an empty database up; return the context, which says whether Auth and Storage must make tables."""
    if not bootstrap.is_done(context.database, context.instance.project):
        say("setting the database up")
        bootstrap.bootstrap(context.database, context.instance.project)
        stop_parts(context.instance, ["auth"])
        context = replace(context, provision=True)
        launch(context, [PARTS["auth"]])
        await_parts(context, [PARTS["auth"]])
        bootstrap.verify_provisioned(context.database)
        bootstrap.mark_done(context.database, context.instance.project)
    elif context.settings.db_url is not None:
        bootstrap.set_passwords(context.database)
    return context


def migrate(context: Context, pending: migrations.Pending, say: Say) -> None:
    """Apply what is pending and let the Data API see it. When that fails the rest of the stack still comes up."""
    for name in (*pending.migrations, *pending.seeds):
        say(f"applying {name}")
    try:
        migrations.apply(context.instance, context.database)
    except StackError:
        launch(context, [PARTS["rest"]])
        raise
    with context.database.connect(context.database.owner) as connection:
        connection.execute("notify pgrst, 'reload schema'")


def launch(context: Context, parts: list[Part]) -> None:
    """Start those of the parts that are not alive."""
    instance = context.instance
    for part in parts:
        if is_alive(instance, part):
            continue
        (instance.run / f"{part.name}.sock").unlink(missing_ok=True)
        record = spawn(
            part.command(context),
            instance.log(part.name),
            {**context.environment(), **part.environment(context)},
            instance.project.root if part.name != "postgres" else postgres.data_folder(instance).parent,
            part.user(),
        )
        instance.record({**instance.records(), part.name: record})


def await_parts(context: Context, parts: list[Part]) -> None:
    """Wait until every part works; raise StackError, with the end of its log, for one that does not."""
    with ThreadPoolExecutor(max_workers=len(parts)) as pool:
        list(pool.map(lambda part: await_part(context, part), parts))


def await_part(context: Context, part: Part) -> None:
    """Wait until a part works; raise StackError when it dies or takes too long."""
    deadline = time.monotonic() + PATIENCE
    trouble = part.probe(context)
    while trouble:
        dead = not is_alive(context.instance, part)
        if dead or time.monotonic() > deadline:
            raise StackError(
                f"{part.title} ({part.name}) {'died' if dead else trouble}.",
                f"See `groundwork logs {part.name}`.",
                tail(context.instance, part.name),
            )
        time.sleep(0.03)
        trouble = part.probe(context)


def tail(instance: Instance, part: str, lines: int = 15) -> str:
    """Return the end of what a part's present or last run logged."""
    try:
        text = instance.log(part).read_text(errors="replace")
    except FileNotFoundError:
        return ""
    return "\n".join(text[max(text.rfind(LOG_MARK), 0) :].splitlines()[-lines:])


def stop(instance: Instance, *, delete: bool = False) -> int:
    """End every process of the instance and return how many parts were running; delete all it keeps if asked."""
    with instance.lock():
        count = stop_parts(instance, list(PARTS))
        clear_strays(instance)
        if delete:
            delete_state(instance)
    return count


def stop_parts(instance: Instance, names: list[str]) -> int:
    """End the named parts, the database last; return how many were running."""
    records = instance.records()
    found = {name: records[name].process() for name in names if name in records}
    living = {name: process for name, process in found.items() if process is not None}
    end([process for name, process in living.items() if name != "postgres"], PARTS["rest"].stop_signal)
    end([process for name, process in living.items() if name == "postgres"], PARTS["postgres"].stop_signal, 30)
    if instance.exists():
        instance.record({name: record for name, record in records.items() if name not in names})
    return len(living)


def instances(project: Project) -> list[Instance]:
    """Return every instance of a checkout: those with a folder, and those that lost it but still run."""
    home = str(project.root / ".groundwork") + "/"
    names = {instance.name for instance in Instance.all(project)}
    names |= {mark.removeprefix(home) for mark in marks() if mark.startswith(home)}
    return [Instance(project, name) for name in sorted(names)]


def delete_state(instance: Instance) -> None:
    """Remove everything the instance keeps. Nothing of it may be running."""
    postgres.remove_cluster(instance)
    shutil.rmtree(instance.run, ignore_errors=True)
    shutil.rmtree(instance.state, ignore_errors=True)


def reset(instance: Instance, say: Say) -> Context:
    """Begin anew with an empty database: migrate and seed it. Keys, ports and settings stay as they were."""
    with instance.lock():
        settings = instance.settings()
        stop_parts(instance, list(PARTS))
        clear_strays(instance)
        if settings is not None and settings.db_url is not None:
            say("emptying the database")
            bootstrap.empty(given(settings.db_url))
        postgres.remove_cluster(instance)
        shutil.rmtree(instance.storage, ignore_errors=True)
        (instance.state / migrations.LEDGER).unlink(missing_ok=True)
        return bring_up(instance, None, None, say)
