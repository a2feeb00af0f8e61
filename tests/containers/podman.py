"""Runs podman with a store of its own, also where it is root in a container itself."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

CONFIGURATION: Final = """\
[containers]
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "crun"
[network]
network_backend = "netavark"
"""
"""Limits cannot be raised without CAP_SYS_RESOURCE, and there is no systemd."""
STORE: Final = '[storage]\ndriver = "overlay"\ngraphroot = "{root}/store"\nrunroot = "{root}/run"\n'
NEEDED: Final = ("podman", "crun", "netavark", "aardvark-dns", "iptables", "mmdebstrap")
PLACES: Final = ("/usr/sbin", "/usr/lib/podman", "/usr/libexec/podman", "/usr/local/lib/podman")
COMMAND_SECONDS: Final = 1_800.0


class NoContainers(Exception):
    """Containers cannot run here; the message says why."""


class PodmanFailed(Exception):
    """A command failed; the message has its last words."""


def missing() -> list[str]:
    """Return what containers need and this machine lacks."""
    path = os.pathsep.join((os.environ.get("PATH", ""), *PLACES))
    lacking = [name for name in NEEDED if shutil.which(name, path=path) is None]
    return lacking + ([] if os.geteuid() == 0 else ["root"])


@dataclass(frozen=True)
class Podman:
    """podman, whose images and containers are below a directory."""

    root: Path

    def prepare(self) -> None:
        """Write its configuration; NoContainers where something is missing."""
        lacking = missing()
        if lacking:
            raise NoContainers(f"no containers: {', '.join(lacking)} is missing")
        self.root.mkdir(parents=True, exist_ok=True)
        (self.root / "containers.conf").write_text(CONFIGURATION)
        (self.root / "storage.conf").write_text(STORE.format(root=self.root))

    @property
    def environment(self) -> Mapping[str, str]:
        """The environment in which podman, and what calls it, finds its configuration."""
        return os.environ | {
            "CONTAINERS_CONF": str(self.root / "containers.conf"),
            "CONTAINERS_STORAGE_CONF": str(self.root / "storage.conf"),
        }

    def run(
        self, *arguments: str | Path, check: bool = True, seconds: float = COMMAND_SECONDS
    ) -> str:
        """Return what podman prints; PodmanFailed unless it may fail."""
        return self.call(["podman", *map(str, arguments)], check=check, seconds=seconds)

    def call(
        self,
        command: list[str],
        *,
        check: bool = True,
        seconds: float = COMMAND_SECONDS,
        directory: Path | None = None,
    ) -> str:
        """Do the same for a command that calls podman."""
        done = subprocess.run(
            command,
            env=dict(self.environment),
            cwd=directory,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        if check and done.returncode:
            raise PodmanFailed(f"{' '.join(command[:6])}…: {(done.stderr or done.stdout)[-2000:]}")
        return done.stdout
