"""The file of instruments: what it may say, and what is said of what it may not."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.contracts.instruments.registry import (
    MAX_INSTRUMENTS,
    InstrumentStatus,
    instrument_correlation,
)
from tradewind.errors import ConfigurationError
from tradewind.trading.instruments.declared import DeclaredInstruments, registration
from tradewind.trading.instruments.file import MAX_FILE_BYTES, declared_instruments
from tradewind.trading.instruments.registry import InstrumentRegistry
from tradewind.trading.strict_yaml import InvalidYaml, parse_yaml
from tradewind.trading.tokens import TokenRegistry, load_tokens

DATE = "registered_at: 2026-11-01T00:00:00Z\n"
PAIR = "{base: WETH, quote: USDC}"
KEY = "ethereum-WETH-USDC"


@pytest.fixture
def write(tmp_path: Path) -> Path:
    return tmp_path / "instruments.yaml"


def read(path: Path, text: str) -> DeclaredInstruments:
    path.write_text(text)
    return declared_instruments(None, path)


def test_a_file_names_the_only_pairs_there_are(write: Path) -> None:
    declared = read(
        write,
        DATE
        + """
instruments:
  - base: WETH
    quote: USDC
    status: reduce_only
    aliases: [ETH-USD, "123"]
    venues: [simulated]
    fee_tiers: [500, 3000]
    tick: 0.01
    lot: 0.001
    min_amount: 0.01
    max_amount: 20
    min_notional_usd: 10
    max_notional_usd: 5000.50
    max_position: 100
    max_slippage_bps: 50
    max_impact_bps: 100
    collar_bps: 200
""",
    )
    registry = InstrumentRegistry(declared)
    found = registry.resolve("ETH-USD")
    assert found is not None
    assert found == registry.resolve("123") == registry.instrument_of(KEY)
    assert found.status is InstrumentStatus.REDUCE_ONLY
    assert (str(found.lot), str(found.max_notional_usd)) == ("0.001", "5000.50")
    assert found.fee_tiers == (500, 3000)
    assert registry.instrument_of("ethereum-USDC-WETH") is None
    assert [one.key for one in registry.all()] == [KEY]


def test_without_a_file_every_pair_of_tokens_is_enabled() -> None:
    registry = InstrumentRegistry(declared_instruments(None, None))
    symbols = [token.symbol for token in load_tokens().tokens]
    for base in symbols:
        for quote in symbols:
            found = registry.instrument_of(f"ethereum-{base}-{quote}")
            assert (found is None) == (base == quote)
            assert found is None or found.status is InstrumentStatus.ENABLED
    for name in ("ethereum-WETH", "ethereum-WETH-USDC-DAI", "ethereum-NOPE-USDC", "", "_"):
        assert registry.instrument_of(name) is None


def test_too_many_tokens_have_pairs_that_are_not_registered_one_by_one() -> None:
    (token, *_) = load_tokens().tokens
    many = [
        token.model_copy(update={"symbol": f"T{number}", "address": f"0x{number:040x}"})
        for number in range(50)
    ]
    declared = DeclaredInstruments(TokenRegistry(many), datetime(2026, 1, 1, tzinfo=UTC))
    assert len(many) * (len(many) - 1) > MAX_INSTRUMENTS
    assert declared.listed == ()
    assert declared.instrument_of("ethereum-T1-T2") is not None


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "body"),
        ("instruments: []", "registered_at"),
        (DATE + "instruments: []", "instruments"),
        (DATE + f"instruments: [{PAIR}]\nothers: enabled", "others"),
        (DATE + "instruments: [{base: WETH, quote: USDC, max_notional: 5}]", "max_notional"),
        (DATE + "instruments: [{base: WETH, quote: NOPE}]", "instruments.0.quote: NOPE"),
        (DATE + "instruments: [{base: WETH, quote: WETH}]", "instruments.0.quote"),
        (DATE + f"instruments: [{PAIR}, {PAIR}]", "ethereum-WETH-USDC is there twice"),
        (DATE + "instruments: [{base: WETH, quote: USDC, lot: -1}]", "lot"),
        (DATE + "instruments: [{base: WETH, quote: USDC, lot: 1e2}]", "lot"),
        (DATE + "instruments: [{base: WETH, quote: USDC, status: off}]", "status"),
        (DATE + "instruments: [{base: WETH, quote: USDC, collar_bps: 1.5}]", "collar_bps"),
        (DATE + "instruments: [{base: WETH, quote: USDC, version: 3}]", "version"),
        (DATE + "instruments: [{base: WETH, quote: USDC, lot: 1, lot: 2}]", "lot is there twice"),
        (
            DATE + "instruments: [{base: WETH, quote: USDC, min_amount: 2, max_amount: 1}]",
            "min_amount",
        ),
        (
            DATE
            + "instruments: [{base: WETH, quote: USDC, aliases: [A]},"
            + " {base: WETH, quote: DAI, aliases: [A]}]",
            "A is there twice",
        ),
        (DATE + f"a: &anchor {PAIR}\ninstruments: [*anchor]", "anchors"),
        (DATE + "instruments: [!!python/object:os.system {}]", "tags"),
        (DATE + f"instruments: [{PAIR}]\n---\nmore: 1", "one document"),
        (DATE + "instruments: " + "[" * 40 + "]" * 40, "nested"),
        (DATE + "instruments: [", "line"),
        ("registered_at: yesterday\ninstruments: []", "registered_at"),
    ],
)
def test_what_is_wrong_is_named(write: Path, text: str, named: str) -> None:
    with pytest.raises(ConfigurationError, match="TRADEWIND_INSTRUMENTS_FILE") as refused:
        read(write, text)
    assert named in str(refused.value)


def test_a_file_that_cannot_be_read_is_named(write: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot read"):
        declared_instruments(None, write)
    write.write_bytes(b"#" * (MAX_FILE_BYTES + 1))
    with pytest.raises(ConfigurationError, match="larger"):
        declared_instruments(None, write)
    for data, why in ((b"\xff\xfea\x00", "UTF-16"), (b"\xff", "UTF-8")):
        write.write_bytes(data)
        with pytest.raises(ConfigurationError, match=why):
            declared_instruments(None, write)


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parse_yaml(text.encode("utf-8", "surrogatepass"))
    except InvalidYaml:
        return


def test_a_registration_depends_on_the_file_alone() -> None:
    declared = declared_instruments(None, None)
    one, again = (
        [registration(each, source.registered_at).to_bytes() for each in source.listed]
        for source in (declared, declared_instruments(None, None))
    )
    assert one == again


def test_a_long_key_has_a_history_of_its_own() -> None:
    short = f"{'c' * 30}-{'A' * 16}-{'B' * 16}"
    long = f"{'c' * 31}-{'A' * 16}-{'B' * 16}"
    assert instrument_correlation(short) == f"instrument-{short}"
    hashed = instrument_correlation(long)
    assert len(hashed) == len("instrument-") + 64
    assert hashed != instrument_correlation(long[1:] + "C")


def test_the_tokens_are_those_of_this_process() -> None:
    """Given a row that names other contracts of the same symbols, then ours are traded."""
    declared = declared_instruments(None, None)
    ours = declared.instrument_of(KEY)
    assert ours is not None
    elsewhere = ours.base.model_copy(update={"address": "0x" + "1" * 40})
    row = ours.model_copy(update={"base": elsewhere, "version": 4, "aliases": ("ETH-USD",)})
    found = InstrumentRegistry(declared, [row]).instrument_of(KEY)
    assert found is not None
    assert (found.base, found.version, found.aliases) == (ours.base, 4, ("ETH-USD",))
