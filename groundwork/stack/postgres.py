"""The embedded Postgres server: its programs, its cluster, its process."""

from __future__ import annotations

import contextlib
import hashlib
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from importlib.metadata import version
from pathlib import Path

from groundwork.stack.errors import StackError
from groundwork.stack.instance import Instance
from groundwork.stack.process import serving
from groundwork.stack.project import package_folder

SYSTEM_USER = "embedded_postgres"
SYSTEM_FOLDER = Path("/var/lib/groundwork")
"""Postgres refuses to run as root. Root's servers run as a system user, who could not enter root's private
folders: their data, and where needed their programs, are kept here."""

OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "wal_level": "logical",
    "shared_preload_libraries": "pg_stat_statements",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d ",
}


def system_user() -> str | None:
    """Return the user that Postgres must run as, None for the present one; raise StackError when it lacks."""
    if os.geteuid() != 0:
        return None
    with contextlib.suppress(KeyError):
        return pwd.getpwnam(SYSTEM_USER).pw_name
    command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        # Two commands may make the user at once.
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(SYSTEM_USER).pw_name
        raise StackError(
            f"Postgres does not run as root, and the system user {SYSTEM_USER} cannot be made.",
            f"Make it ({' '.join(command)}), or run groundwork as an ordinary user.",
            str(getattr(error, "stderr", "") or error).strip(),
        ) from error
    return SYSTEM_USER


def data_folder(instance: Instance) -> Path:
    """Return the folder of the instance's cluster."""
    if os.geteuid() != 0:
        return instance.state / "postgres"
    digest = hashlib.sha256(os.fsencode(instance.state)).hexdigest()[:16]
    return SYSTEM_FOLDER / "data" / digest


def programs() -> Path:
    """Return the folder of Postgres' programs, reachable for the user that runs them."""
    installed = package_folder("embedded_postgres") / "pginstall" / "bin"
    if os.geteuid() != 0 or reachable(installed / "postgres"):
        return installed
    home = SYSTEM_FOLDER / f"programs-{version('embedded-postgres')}"
    if not home.exists():
        make_system_folder(SYSTEM_FOLDER, 0o755)
        scratch = Path(tempfile.mkdtemp(dir=SYSTEM_FOLDER))
        package = installed.parent.parent
        for source in (package, package.with_name("embedded_postgres.libs")):
            shutil.copytree(source, scratch / source.name, ignore=shutil.ignore_patterns("*.py", "include"))
        for path in (scratch, *scratch.rglob("*")):
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | stat.S_IRGRP | stat.S_IROTH | stat.S_IXGRP | stat.S_IXOTH)
        with contextlib.suppress(OSError):  # somebody else was faster
            scratch.rename(home)
        shutil.rmtree(scratch, ignore_errors=True)
    return home / installed.relative_to(installed.parent.parent.parent)


def reachable(path: Path) -> bool:
    """Return whether every user may enter the folders above a file and run it."""
    return all(item.stat().st_mode & stat.S_IXOTH for item in (path, *path.parents))


def make_system_folder(path: Path, mode: int) -> None:
    """Make a folder of root's that the system user may enter."""
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(mode)


def has_cluster(instance: Instance) -> bool:
    """Return whether the instance has a complete cluster."""
    return (data_folder(instance) / "groundwork.ready").exists()


def make_cluster(instance: Instance, password: str) -> None:
    """Make the cluster, owned by `supabase_admin`, replacing whatever half-made one is there."""
    user = system_user()
    data = data_folder(instance)
    remove_cluster(instance)
    if user:
        make_system_folder(SYSTEM_FOLDER, 0o755)
        make_system_folder(SYSTEM_FOLDER / "data", 0o711)
    data.mkdir(mode=0o700, parents=True)
    with tempfile.NamedTemporaryFile("w", dir=data.parent, delete=True) as file:
        file.write(password)
        file.flush()
        if user:
            shutil.chown(data, user, user)
            shutil.chown(file.name, user, user)
        command = [
            str(programs() / "initdb"),
            f"--pgdata={data}",
            "--username=supabase_admin",
            f"--pwfile={file.name}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--no-instructions",
        ]
        result = subprocess.run(
            command, check=False, capture_output=True, text=True, user=user, group=user, cwd="/"
        )
    if result.returncode != 0:
        raise StackError("The database cluster could not be made.", detail=result.stderr.strip())
    (data / "groundwork.ready").write_text(f"{instance.state}\n")


def remove_cluster(instance: Instance) -> None:
    """Remove the cluster, if there is one. No server may be running on it."""
    shutil.rmtree(data_folder(instance), ignore_errors=True)


def command(instance: Instance, port: int) -> list[str]:
    """Return the command that serves the cluster, `-D` and its folder first, by which it is recognised."""
    options = {**OPTIONS, "port": str(port), "cluster_name": f"groundwork-{instance.name}"}
    flags = [word for key, value in options.items() for word in ("-c", f"{key}={value}")]
    return [str(programs() / "postgres"), "-D", str(data_folder(instance)), *flags]


def forget_dead_server(instance: Instance) -> None:
    """Remove a killed server's pid file, which would keep the next one from starting once the pid is reused."""
    data = data_folder(instance)
    if (data / "postmaster.pid").exists() and not serving(data):
        (data / "postmaster.pid").unlink(missing_ok=True)
