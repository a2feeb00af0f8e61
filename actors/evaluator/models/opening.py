"""Opens the adapter of a protocol; the vendor's SDK is imported only here, when it is wanted."""

import importlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, cast
from urllib.parse import urlsplit

import httpx2
from pydantic import SecretStr

from actors.evaluator.models.http_client import vendor_http_client
from actors.evaluator.models.port import Model
from tradewind.errors import ConfigurationError

MAX_KEY_CHARACTERS: Final = 4_096
KEYLESS: Final = "none"
"""What a local server, which asks for no key, is sent as one: the SDK insists."""
_KEY: Final = re.compile(rf"[!-~]{{1,{MAX_KEY_CHARACTERS}}}", re.ASCII)


class ModelProtocol(StrEnum):
    """What a vendor speaks."""

    OPENAI = "openai"
    GOOGLE = "google"
    ANTHROPIC = "anthropic"
    OPENAI_COMPATIBLE = "openai_compatible"


@dataclass(frozen=True, slots=True)
class _Adapter:
    module: str
    name: str
    extra: str
    sdk: str


ADAPTERS: Final = {
    ModelProtocol.OPENAI: _Adapter("openai_responses", "OpenAIResponsesModel", "openai", "openai"),
    ModelProtocol.GOOGLE: _Adapter("google_content", "GoogleContentModel", "google", "google"),
    ModelProtocol.ANTHROPIC: _Adapter(
        "anthropic_messages", "AnthropicMessagesModel", "anthropic", "anthropic"
    ),
    ModelProtocol.OPENAI_COMPATIBLE: _Adapter(
        "openai_compatible", "OpenAICompatibleModel", "openai", "openai"
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelConnection:
    """Where a vendor is and how it knows us.

    `name` is ours, for messages. Without `base_url` it is the vendor's own address; a server that
    is merely compatible has none, and may need no key.
    """

    name: str
    protocol: ModelProtocol
    base_url: str | None = None
    api_key: SecretStr | None = None


def open_model(
    connection: ModelConnection, transport: httpx2.AsyncBaseTransport | None = None
) -> Model:
    """Return the adapter, not connected yet; ConfigurationError says what to set or install.

    A test gives a `transport`.
    """
    adapter = ADAPTERS[connection.protocol]
    module = _imported(connection, adapter)
    base_url = _base_url(connection, getattr(module, "BASE_URL", None))
    api_key = _api_key(connection)
    make = cast("Callable[..., Model]", getattr(module, adapter.name))
    return make(base_url, api_key, vendor_http_client(transport))


def _imported(connection: ModelConnection, adapter: _Adapter) -> Any:
    try:
        return importlib.import_module(f"actors.evaluator.models.{adapter.module}")
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != adapter.sdk:
            raise
        raise ConfigurationError(
            f"model {connection.name} needs the extra `tradewind[{adapter.extra}]`: install it, or"
            " take the model out of the configuration"
        ) from None


def _base_url(connection: ModelConnection, default: str | None) -> str:
    base_url = connection.base_url or default
    if base_url is None:
        raise ConfigurationError(f"model {connection.name} needs a base_url: it has no default")
    try:
        parts = urlsplit(base_url)
        is_usable = parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.query
        has_login = "@" in parts.netloc
    except ValueError:
        is_usable, has_login = False, False
    if not is_usable or has_login:
        raise ConfigurationError(
            f"model {connection.name}: base_url must be http:// or https://, without login or query"
        )
    return base_url


def _api_key(connection: ModelConnection) -> str:
    api_key = connection.api_key.get_secret_value() if connection.api_key else ""
    if not api_key and connection.protocol is ModelProtocol.OPENAI_COMPATIBLE:
        return KEYLESS
    if not _KEY.fullmatch(api_key):
        what = "holds characters no header may hold" if api_key else "is missing"
        raise ConfigurationError(f"model {connection.name}: its api_key {what}")
    return api_key
