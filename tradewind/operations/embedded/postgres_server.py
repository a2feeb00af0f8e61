"""Runs PostgreSQL, which holds the ledger: every commit is synced, every login has a password."""

import hashlib
import os
import shutil
import signal
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from tradewind.operations.access.credentials import Credentials, write_secret
from tradewind.operations.access.identities import Identity
from tradewind.operations.access.postgres_logins import scram_verifier
from tradewind.operations.embedded import postgres_home
from tradewind.operations.processes.child import Program, User, run
from tradewind.operations.processes.ports import LOOPBACK

DATABASE: Final = "tradewind"
SUPERUSER: Final = Identity.ADMINISTRATOR.login
HOST_ACCESS: Final = f"host all all {LOOPBACK}/32 scram-sha-256\n"
HOST_ACCESS_FILE: Final = "pg_hba.conf"
CLOSED_MARK: Final = "administrator.sha256"
"""A file with the hash of the superuser's password, which is set again only when it changed."""
PID_FILE: Final = "postmaster.pid"
STATUS_LINE: Final = 7
SETTINGS: Final = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "200",
    "fsync": "on",
    "jit": "off",
    # A page of the cache, or of a solid disk, costs the same wherever it is. By default one that is
    # not the next is four times dearer, so what is planned while a table is small reads all of it
    # ever after, until statistics are made.
    "random_page_cost": "1.1",
    "timezone": "UTC",
    "log_line_prefix": "%m [%p] %d ",
}


@dataclass(frozen=True)
class PostgresServer:
    """PostgreSQL server whose cluster is `directory`, or a place its own user can reach."""

    directory: Path
    port: int
    log_path: Path
    credentials: Credentials
    name: str = "postgres"

    @property
    def address(self) -> str:
        """Address without a login."""
        return f"postgresql://{LOOPBACK}:{self.port}/{DATABASE}"

    @cached_property
    def cluster(self) -> Path:
        """The directory with the data."""
        return postgres_home.cluster_directory(self.directory)

    @cached_property
    def user(self) -> User | None:
        """The user it runs as; None for the current user."""
        return postgres_home.server_user(self.cluster)

    @cached_property
    def programs(self) -> Path:
        return postgres_home.programs(self.user)

    def prepare(self) -> None:
        """Create the cluster with an empty database atomically, and remove a stale pid file.

        An existing cluster gets the administrator's password and no login without one.
        """
        if self.cluster.exists():
            self._remove_stale_pid_file()
            if not self._is_closed():
                self._close(self.cluster)
            return
        fresh = self.cluster.with_name(f"{self.cluster.name}.new")
        if fresh.exists():
            shutil.rmtree(fresh)
        fresh.mkdir(mode=0o700, parents=True)
        if self.user:
            os.chown(fresh, self.user.user_id, self.user.group_id)
        self._initialise(fresh)
        fresh.rename(self.cluster)
        if self.cluster != self.directory:
            postgres_home.link_cluster(self.directory, self.cluster)

    def program(self) -> Program:
        """Return what to run."""
        settings = SETTINGS | {"port": str(self.port)}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        command = [str(self.programs / "postgres"), "-D", str(self.cluster), *options]
        # SIGTERM would wait until every client disconnects.
        quick = signal.SIGINT
        return Program(command, self.log_path, quick, quick, self.user)

    def is_ready(self, pid: int) -> bool:
        """Return whether the server's own status file says that it takes clients."""
        lines = self._pid_file_lines()
        return len(lines) > STATUS_LINE and (lines[0], lines[STATUS_LINE]) == (str(pid), "ready")

    def _initialise(self, cluster: Path) -> None:
        initdb = [str(self.programs / "initdb"), "-D", str(cluster), "-U", SUPERUSER]
        locale = ["--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        quick = ["--locale=C", "--auth=trust", "--no-sync", "--no-instructions"]
        run(Program([*initdb, *locale, *quick], self.log_path, user=self.user))
        self._close(cluster, f"CREATE DATABASE {DATABASE}\n")

    def _close(self, cluster: Path, statements: str = "") -> None:
        """Set the superuser's password and require one for every login. The server must be down."""
        single = [str(self.programs / "postgres"), "--single", "-F", "-D", str(cluster), "postgres"]
        verifier = scram_verifier(self._password)
        statements += f"ALTER ROLE {SUPERUSER} PASSWORD '{verifier}'\n"
        run(Program(single, self.log_path, user=self.user), input_text=statements)
        self._write(cluster / HOST_ACCESS_FILE, HOST_ACCESS)
        self._write(cluster / CLOSED_MARK, self._mark)

    def _is_closed(self) -> bool:
        try:
            return (self.cluster / CLOSED_MARK).read_text() == self._mark
        except OSError:
            return False

    def _write(self, path: Path, text: str) -> None:
        write_secret(path, text)
        if self.user:
            os.chown(path, self.user.user_id, self.user.group_id)

    @property
    def _password(self) -> str:
        return self.credentials.password("postgres", Identity.ADMINISTRATOR)

    @property
    def _mark(self) -> str:
        # the hash of a random 256-bit password cannot be reversed
        return hashlib.sha256(self._password.encode()).hexdigest()

    def _remove_stale_pid_file(self) -> None:
        """Remove the pid file of a crash: if its pid is in use again, the server does not start."""
        lines = self._pid_file_lines()
        if lines and not _is_postgres(lines[0]):
            (self.cluster / PID_FILE).unlink(missing_ok=True)

    def _pid_file_lines(self) -> list[str]:
        try:
            text = (self.cluster / PID_FILE).read_text()
        except OSError:
            return []
        return [line.strip() for line in text.splitlines()]


def _is_postgres(pid: str) -> bool:
    try:
        return Path("/proc", pid, "comm").read_text().startswith("postgres")
    except OSError:
        return False
