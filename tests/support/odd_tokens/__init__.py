"""Tokens that do not behave as ERC-20 says, with what becomes of trading them."""

from tests.support.odd_tokens.table import ODD_TOKENS, SOURCE, OddToken

__all__ = ["ODD_TOKENS", "SOURCE", "OddToken"]
