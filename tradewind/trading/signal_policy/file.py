"""Reads the policy of signals from YAML."""

from importlib import resources
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from tradewind.contracts.envelope import describe
from tradewind.errors import ConfigurationError
from tradewind.settings import OwnedSettings
from tradewind.trading.signal_policy.model import SignalPolicies
from tradewind.trading.strict_yaml import InvalidYaml, parse_yaml, read_yaml

VARIABLE: Final = "TRADEWIND_SIGNAL_POLICY_FILE"
MAX_FILE_BYTES: Final = 64 * 1024
BUILT_IN: Final = "default.yaml"


class SignalPolicySettings(OwnedSettings):
    """Sources of signals."""

    signal_policy_file: Path | None = None
    """YAML file of the registered sources of signals, and of the policies by which the desk
    concludes from what models say of them; unset means the built-in one, which only observes."""


def load_signal_policies(path: Path | None = None) -> SignalPolicies:
    """Return the policies in a file, or the built-in ones; ConfigurationError names the field."""
    try:
        content = parse_yaml(_built_in()) if path is None else read_yaml(path, MAX_FILE_BYTES)
        return parse_signal_policies(content)
    except InvalidYaml as error:
        raise ConfigurationError(f"{VARIABLE}: {error}") from None


def parse_signal_policies(content: Any) -> SignalPolicies:
    """Return the policies of what a file holds; ConfigurationError names field and limit."""
    try:
        return SignalPolicies.model_validate(content, strict=False)
    except ValidationError as error:
        raise ConfigurationError(f"{VARIABLE}: {describe(error)}") from None


def _built_in() -> bytes:
    return resources.files(__package__).joinpath(BUILT_IN).read_bytes()
