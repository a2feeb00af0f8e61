"""The file of perpetuals, and what is refused of it."""

from pathlib import Path

import pytest

from tradewind.errors import ConfigurationError
from tradewind.trading.instruments.file import declared_instruments
from tradewind.trading.marketdata.perpetuals import load_perpetuals

ETH = "{symbol: ETH, coin: ETH, instrument: ethereum-WETH-USDC}"


def test_the_built_in_file_names_instruments_that_there_are() -> None:
    perpetuals, instruments = load_perpetuals(), declared_instruments(None, None)
    for one in perpetuals.perpetuals:
        instrument = instruments.instrument_of(one.instrument)
        assert instrument is not None
        assert (instrument.base.symbol, instrument.quote.symbol) == (one.base, one.quote)
        assert perpetuals.by_instrument(one.instrument) is one
    found = perpetuals.by_symbol("eth-perp")
    assert found is not None
    assert (found.coin, perpetuals.by_symbol("ETH")) == ("ETH", found)
    assert perpetuals.by_symbol("PURR/USDC") is None


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("intervals: [15m]\nperpetuals: []", "perpetuals"),
        (f"intervals: [7m]\nperpetuals: [{ETH}]", "7m is none of"),
        (f"intervals: [15m, 15m]\nperpetuals: [{ETH}]", "15m is there twice"),
        (f"intervals: [15m]\nperpetuals: [{ETH}, {ETH}]", "ETH is there twice"),
        (f"intervals: [15m]\nother: 1\nperpetuals: [{ETH}]", "other"),
        ("intervals: [15m]\nperpetuals: [{symbol: P, coin: kPEPE, instrument: a-B-C}]", "thousand"),
        ("intervals: [15m]\nperpetuals: [{symbol: P, coin: 'xyz:T', instrument: a-B-C}]", "coin"),
        ("intervals: [15m]\nperpetuals: [{symbol: P, coin: T, instrument: a-B}]", "instrument"),
        ("intervals: [15m\n", "line"),
    ],
)
def test_a_wrong_file_is_refused_by_what_is_wrong(content: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "perpetuals.yaml"
    path.write_text(content)
    with pytest.raises(ConfigurationError, match=said) as refused:
        load_perpetuals(path)
    assert "TRADEWIND_PERPETUALS_FILE" in str(refused.value)
