"""Released prompts: a core that is common, and a wrapper for each vendor.

A file that was released never changes: `manifest.json` has the SHA-256 of each, and another wording
is another version. The hash of a prompt stands for all that shapes a question but the data.
"""

import hashlib
import json
from collections.abc import Iterable
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any, Final, NamedTuple

from tradewind.contracts.decisions.model import Verdict
from tradewind.contracts.decisions.payloads import Vendor
from tradewind.errors import ConfigurationError
from tradewind.trading.prompts.answer_schema import answer_schema
from tradewind.trading.prompts.rendering import RENDERER_VERSION

PACKAGE: Final = "tradewind.trading.prompts"
MANIFEST: Final = "manifest.json"
WRAPPERS: Final[dict[Vendor, str]] = {
    "openai": "openai",
    "google": "google",
    "anthropic": "anthropic",
    "openai_compatible": "compatible",
}
"""The folder of each vendor's wrapper."""


class Prompt(NamedTuple):
    """The static text of a question to a vendor's models."""

    version: str
    """Such as `v1/openai`."""
    core_text: str
    wrapper_text: str
    sha256: bytes
    """Of core, wrapper, answer schema and the version of the renderer."""


@cache
def load_prompt(version: str, vendor: Vendor) -> Prompt:
    """Return a released prompt; ConfigurationError where there is no such version."""
    wrapper = WRAPPERS[vendor]
    core_text = _read(f"core/{version}.md")
    wrapper_text = _read(f"wrappers/{wrapper}/{version}.md")
    digest = prompt_sha256(core_text, wrapper_text, schema_of(vendor))
    return Prompt(f"{version}/{wrapper}", core_text, wrapper_text, digest)


def schema_of(vendor: Vendor, decisions: Iterable[Verdict] = Verdict) -> dict[str, Any]:
    """Return the schema that a vendor's models answer by; servers of one's own get bounds, too."""
    return answer_schema(decisions, is_bounded=vendor == "openai_compatible")


def prompt_sha256(core_text: str, wrapper_text: str, schema: dict[str, Any]) -> bytes:
    """Return the hash of a prompt; the length of each part keeps them apart."""
    parts = (core_text, wrapper_text, json.dumps(schema, separators=(",", ":")), RENDERER_VERSION)
    digest = hashlib.sha256()
    for part in (one.encode() for one in parts):
        digest.update(len(part).to_bytes(8) + part)
    return digest.digest()


def read_manifest() -> dict[str, str]:
    """Return the SHA-256 of every released file, in hexadecimal."""
    manifest: dict[str, str] = json.loads(_file(MANIFEST).read_bytes())
    return manifest


def released_files() -> dict[str, bytes]:
    """Return the bytes of every file that the manifest should have, by path in the package."""
    found: dict[str, bytes] = {}
    folders = [("core", _file("core"))]
    folders += [(f"wrappers/{one.name}", one) for one in _file("wrappers").iterdir()]
    for path, folder in folders:
        for one in folder.iterdir():
            if one.name.endswith(".md"):
                found[f"{path}/{one.name}"] = one.read_bytes()
    return found


def _read(path: str) -> str:
    """Return a released file, without the end of its last line; refuse one that was changed."""
    file = _file(path)
    if not file.is_file():
        raise ConfigurationError(
            f"there is no prompt {path}: released are {sorted(read_manifest())}"
        )
    data = file.read_bytes()
    if read_manifest().get(path) != hashlib.sha256(data).hexdigest():
        raise ConfigurationError(f"prompt {path} is not as it was released: make another version")
    return data.decode().rstrip("\n")


def _file(path: str) -> Traversable:
    return resources.files(PACKAGE).joinpath(path)
