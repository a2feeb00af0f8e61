"""The tokens file: any token can be named in it, and what is wrong is said with field and limit."""

import codecs
import json
from pathlib import Path
from typing import Any

import pytest

from tradewind.errors import ConfigurationError
from tradewind.trading.tokens import load_tokens

ADDRESS = "0x00000000000000000000000000000000000000"
LONG = "A" * 17


def entry(number: int = 1, **changes: Any) -> dict[str, Any]:
    token = {
        "symbol": f"T{number}",
        "chain": "ethereum",
        "address": f"{ADDRESS}{number:02}",
        "decimals": 18,
    }
    return token | changes


def write(directory: Path, *tokens: Any, mark: bytes = b"") -> Path:
    path = directory / "tokens.json"
    path.write_bytes(mark + json.dumps({"tokens": tokens}, ensure_ascii=False).encode())
    return path


@pytest.mark.parametrize("symbol", ["USDC.e", "USD₮0", "$X", "USD+", "x" * 64, "T 1", "WETH"])
def test_any_symbol_of_a_chain_has_an_alias_here(symbol: str, tmp_path: Path) -> None:
    registry = load_tokens(write(tmp_path, entry(), entry(2, symbol=symbol, alias="Alias2")))
    found = registry.by_symbol("ethereum", "Alias2")
    assert found is not None
    assert (found.address, found.symbol) == (f"{ADDRESS}02", "Alias2")
    assert registry.by_symbol("ethereum", symbol) is None


def test_a_mark_before_the_json_is_read_over(tmp_path: Path) -> None:
    assert load_tokens(write(tmp_path, entry(), mark=codecs.BOM_UTF8)).tokens[0].symbol == "T1"


@pytest.mark.parametrize("mark", [codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE])
def test_other_encodings_are_named(mark: bytes, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"TRADEWIND_TOKENS_FILE: .* save it as UTF-8"):
        load_tokens(write(tmp_path, entry(), mark=mark))


@pytest.mark.parametrize(
    ("second", "message"),
    [
        (entry(2, symbol="USDC.e"), "tokens.1: .*symbol: 'USDC.e' is not 1 to 16 letters.*alias"),
        (entry(2, symbol=LONG), "tokens.1: .*symbol: .* 1 to 16 letters"),
        (entry(2, symbol="x" * 65, alias="X"), "tokens.1: .*symbol: must be 1 to 64 characters"),
        (entry(2, symbol="", alias="X"), "tokens.1: .*symbol: must be 1 to 64 characters"),
        (entry(2, symbol="USD+", alias="USD+"), r"tokens.1: .*alias: 'USD\+' is not 1 to 16"),
        (entry(2, symbol="USD+", alias=7), "tokens.1: .*alias: 7 is not 1 to 16"),
        (entry(2, decimals=37), "tokens.1.decimals: .*36"),
        (entry(2, decimals=-1), "tokens.1.decimals: .*0"),
        (entry(2, address="0x12"), "tokens.1.address: .*40 hexadecimal digits"),
        (entry(2, aliases="X"), "tokens.1.aliases: "),
        (entry(2, symbol="T1"), "names T1 twice; give one of the two an alias"),
        (entry(2, address=f"{ADDRESS}01"), f"names {ADDRESS}01 twice"),
        ("USDC", "tokens.1: "),
    ],
)
def test_what_is_wrong_is_named(second: Any, message: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=f"TRADEWIND_TOKENS_FILE: .*{message}"):
        load_tokens(write(tmp_path, entry(), second))
