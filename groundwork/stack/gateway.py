"""The gateway's configuration."""

from __future__ import annotations

from pathlib import Path
from string import Template

from groundwork.stack.instance import Instance
from groundwork.stack.secrets import Secrets, write_private

TEMPLATE = Path(__file__).with_name("Caddyfile")


def write_caddyfile(instance: Instance, secrets: Secrets, port: int) -> Path:
    """Write the instance's Caddyfile, which holds its API keys, and return its path."""
    text = Template(TEMPLATE.read_text()).substitute(
        state=instance.state,
        run=instance.run,
        port=port,
        name=instance.name,
        anon_key=secrets.anon_key,
        service_role_key=secrets.service_role_key,
    )
    path = instance.state / "Caddyfile"
    write_private(path, text)
    return path
