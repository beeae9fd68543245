"""Starts parts, waits for them, ends them."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from groundwork.stack import postgres
from groundwork.stack.errors import StackError
from groundwork.stack.instance import Instance
from groundwork.stack.parts import PARTS, Context, Part
from groundwork.stack.process import LOG_MARK, alive, belonging_to, end, spawn

PATIENCE = 120.0
FAST_SHUTDOWN = PARTS["postgres"].stop_signal
TERMINATE = PARTS["rest"].stop_signal


def is_alive(instance: Instance, part: Part) -> bool:
    """Return whether a part's recorded process lives."""
    record = instance.records().get(part.name)
    return record is not None and alive(record)


def launch(context: Context, parts: list[Part]) -> None:
    """Start those of the parts that are not alive; raise StackError for a program that cannot be run."""
    instance = context.instance
    for part in parts:
        if is_alive(instance, part):
            continue
        (instance.run / f"{part.name}.sock").unlink(missing_ok=True)
        command = part.command(context)
        try:
            record = spawn(
                command,
                instance.log(part.name),
                {**context.environment(), **part.environment(context)},
                instance.project.root if part.name != "postgres" else postgres.data_folder(instance).parent,
                part.user(),
            )
        except OSError as error:
            raise StackError(
                f"{command[0]} cannot be run: {error.strerror}.", "Run `make install` again."
            ) from error
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


def stop_parts(instance: Instance, names: list[str]) -> int:
    """End the named parts, the database last; return how many were running."""
    records = instance.records()
    found = {name: records[name].process() for name in names if name in records}
    living = {name: process for name, process in found.items() if process is not None}
    end([process for name, process in living.items() if name != "postgres"], TERMINATE)
    end([process for name, process in living.items() if name == "postgres"], FAST_SHUTDOWN, 30)
    if instance.exists():
        instance.record({name: record for name, record in records.items() if name not in names})
    return len(living)


def end_strays(instance: Instance) -> int:
    """End processes of the instance that no record names, because their parent was killed or the record lost.

    Returns how many there were.
    """
    recorded = {record.pid for record in instance.records().values() if alive(record)}
    strays = [
        process
        for process in belonging_to(instance.state, postgres.data_folder(instance))
        if process.pid not in recorded and not recorded.intersection(parent.pid for parent in process.parents())
    ]
    servers = [process for process in strays if process.name() == "postgres"]
    end([process for process in strays if process not in servers], TERMINATE)
    end(servers, FAST_SHUTDOWN, 30)
    return len(strays)
