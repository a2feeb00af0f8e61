"""Adapters are opened when they are configured, and say what is missing without saying a secret."""

import subprocess
import sys
from typing import Any

import pytest
from pydantic import SecretStr

from actors.evaluator.models.opening import ModelConnection, ModelProtocol, open_model
from tradewind.errors import ConfigurationError

KEY = "sk-this-is-a-secret"


def connection(protocol: ModelProtocol = ModelProtocol.OPENAI, **fields: Any) -> ModelConnection:
    given: dict[str, Any] = {"api_key": SecretStr(KEY), "base_url": "http://127.0.0.1:9"}
    return ModelConnection(name="first", protocol=protocol, **given | fields)


@pytest.mark.parametrize("protocol", ModelProtocol)
async def test_every_protocol_has_an_adapter_that_hides_its_key(protocol: ModelProtocol) -> None:
    one = connection(protocol)
    model = open_model(one)
    try:
        assert KEY not in f"{one!r} {one} {model!r} {vars(model)}"
    finally:
        await model.close()


@pytest.mark.parametrize(
    "protocol", [ModelProtocol.OPENAI, ModelProtocol.GOOGLE, ModelProtocol.ANTHROPIC]
)
async def test_vendors_have_an_address_of_their_own(protocol: ModelProtocol) -> None:
    await open_model(connection(protocol, base_url=None)).close()


async def test_a_server_of_ones_own_may_need_no_key() -> None:
    await open_model(connection(ModelProtocol.OPENAI_COMPATIBLE, api_key=None)).close()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"api_key": None}, "model first: its api_key is missing"),
        ({"api_key": SecretStr("")}, "model first: its api_key is missing"),
        ({"api_key": SecretStr(f"{KEY}\n")}, "its api_key holds characters no header may hold"),
        ({"api_key": SecretStr("ключ")}, "its api_key holds characters no header may hold"),
        ({"base_url": "ftp://vendor"}, "base_url must be http"),
        ({"base_url": "https://user:sk-1@vendor/v1"}, "without login"),
        ({"base_url": "https://vendor/v1?key=sk-1"}, "without login or query"),
        ({"base_url": "https://[vendor"}, "base_url must be http"),
        ({"base_url": None, "protocol": ModelProtocol.OPENAI_COMPATIBLE}, "needs a base_url"),
    ],
)
def test_what_is_missing_is_said_without_a_secret(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message) as caught:
        open_model(connection(**fields))
    assert KEY not in str(caught.value)
    assert "sk-1" not in str(caught.value)


@pytest.mark.parametrize(
    ("protocol", "module", "extra"),
    [
        (ModelProtocol.OPENAI, "openai", "openai"),
        (ModelProtocol.OPENAI_COMPATIBLE, "openai", "openai"),
        (ModelProtocol.ANTHROPIC, "anthropic", "anthropic"),
        (ModelProtocol.GOOGLE, "google.genai", "google"),
    ],
)
def test_a_missing_sdk_is_named_by_its_extra(
    protocol: ModelProtocol, module: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in list(sys.modules):
        if name.startswith(("actors.evaluator.models.openai", "actors.evaluator.models.google")):
            monkeypatch.delitem(sys.modules, name)
        if name.startswith("actors.evaluator.models.anthropic"):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ConfigurationError, match=rf"needs the extra `tradewind\[{extra}\]`"):
        open_model(connection(protocol))


def test_no_sdk_is_imported_before_it_is_wanted() -> None:
    modules = ("output_checks", "models.opening", "models.failures")
    imports = ", ".join(f"actors.evaluator.{name}" for name in modules)
    found = subprocess.run(
        [sys.executable, "-c", f"import sys, {imports}; print(*sys.modules)"],
        capture_output=True,
        check=True,
        text=True,
    ).stdout.split()
    assert not {"openai", "anthropic", "google.genai"} & set(found)
