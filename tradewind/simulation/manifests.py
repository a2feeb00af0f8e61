"""The hash of a manifest, by which results are found again."""

import hashlib
import json
from typing import Any

from tradewind.contracts.backtests.model import Manifest
from tradewind.trading.tokens import TokenRegistry


def canonical_json(value: Any) -> str:
    """Return JSON with sorted keys and without spaces; ValueError for what is no number."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def sha256_of(text: str) -> str:
    """Return the hash of a text in UTF-8, as 64 hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def manifest_sha256(manifest: Manifest) -> str:
    """Return the hash of a manifest's canonical JSON.

    The package's version is left out: the engine's own decides whether results are equal.
    """
    content = manifest.model_dump(mode="json", by_alias=True, exclude={"package"})
    return sha256_of(canonical_json(content))


def tokens_sha256(registry: TokenRegistry) -> str:
    """Return the hash of a registry, whatever the order of its tokens."""
    tokens = sorted(
        (one.model_dump(mode="json") for one in registry.tokens),
        key=lambda token: (token["chain"], token["symbol"]),
    )
    return sha256_of(canonical_json(tokens))
