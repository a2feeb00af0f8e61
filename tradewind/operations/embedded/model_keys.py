"""Keys of model vendors, which one role may have: the one that asks models, and cannot trade."""

from collections.abc import MutableMapping
from typing import Final

from tradewind.settings import PREFIX

MODEL_KEY_VARIABLES: Final = tuple(
    f"{PREFIX}{vendor}_API_KEY" for vendor in ("OPENAI", "GOOGLE", "ANTHROPIC", "COMPATIBLE")
)
"""Variables that only the evaluator may have in its environment."""


def take_model_keys(environment: MutableMapping[str, str]) -> dict[str, str]:
    """Remove the keys of model vendors from an environment, so that no child inherits them."""
    return {name: environment.pop(name) for name in MODEL_KEY_VARIABLES if name in environment}
