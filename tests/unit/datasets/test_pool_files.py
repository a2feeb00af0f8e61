"""Events of pools: replayed as the market role replays them, from every file there is."""

import io
from collections.abc import Sequence
from typing import Any

import polars as pl
import pytest
from eth_abi.abi import encode

from tests.unit.datasets.workshop import MIDNIGHT_MS, Workshop
from tradewind.contracts.instruments.assets import Asset
from tradewind.datasets.columns import PoolPast
from tradewind.datasets.errors import DatasetRefused
from tradewind.datasets.export import export
from tradewind.datasets.frames import PoolHeader
from tradewind.datasets.load import load_pool_states
from tradewind.datasets.pool_events import PoolEvent, past_of
from tradewind.datasets.snapshots import PoolSnapshots
from tradewind.datasets.verify import verify
from tradewind.trading.chain.contract_interface import Event
from tradewind.trading.chain.uniswap_v3 import BURN, INITIALIZE, MINT, SWAP

ADDRESS = "0x88e6A0c2dDD26FEEb64F039a2c41296FcB3f5640"
OTHER = "0x" + "11" * 20
OWNER = "0x" + "22" * 20
PRICE = 2**96
USDC = Asset(symbol="USDC", chain="ethereum", address="0x" + "aa" * 20, decimals=6)
WETH = Asset(symbol="WETH", chain="ethereum", address="0x" + "bb" * 20, decimals=18)
POOL = PoolHeader(address=ADDRESS, token0=USDC, token1=WETH, fee_pips=500, tick_spacing=10)
MINTED = {"sender": OWNER, "owner": OWNER, "tick_lower": -100, "tick_upper": 100, "amount": 5_000,
          "amount0": 1, "amount1": 1}  # fmt: skip
MOVED = {"sender": OWNER, "recipient": OWNER, "amount0": 1, "amount1": -1,
         "sqrt_price_x96": PRICE + 1, "liquidity": 5_000, "tick": 3}  # fmt: skip
BURNT = {"owner": OWNER, "tick_lower": -100, "tick_upper": 100, "amount": 2_000, "amount0": 1,
         "amount1": 1}  # fmt: skip
HISTORY: Sequence[tuple[int, Event, dict[str, Any]]] = (
    (100, INITIALIZE, {"sqrt_price_x96": PRICE, "tick": 0}),
    (100, MINT, MINTED),
    (102, SWAP, MOVED),
    (105, BURN, BURNT),
    (105, SWAP, MOVED | {"liquidity": 3_000, "sqrt_price_x96": PRICE + 9, "tick": 9}),
)


def words(event: Event, values: dict[str, Any]) -> tuple[list[bytes], bytes]:
    """Return the topics and the data of a log."""
    indexed = [encode([one.type], [values[one.name]]) for one in event.fields if one.indexed]
    plain = [one for one in event.fields if not one.indexed]
    data = encode([one.type for one in plain], [values[one.name] for one in plain])
    return [bytes.fromhex(event.topic[2:]), *indexed], data


def logs(history: Sequence[tuple[int, Event, dict[str, Any]]] = HISTORY) -> pl.DataFrame:
    """Return a history as cryo writes it."""
    rows = []
    for index, (block, event, values) in enumerate(history):
        topics, data = words(event, values)
        filled = topics + [None] * (4 - len(topics))  # type: ignore[list-item]
        rows.append((block, index, bytes.fromhex(ADDRESS[2:]), *filled, data))
    names = ["block_number", "log_index", "address", "topic0", "topic1", "topic2", "topic3", "data"]
    frame = pl.DataFrame(rows, schema=names, orient="row")
    return frame.with_columns(pl.col("block_number", "log_index").cast(pl.UInt32))


def blocks() -> pl.DataFrame:
    numbers = [100, 101, 102, 105]
    return pl.DataFrame(
        {"block_number": numbers, "timestamp": [MIDNIGHT_MS // 1_000 + 12 * n for n in numbers]}
    )


def parquet(frame: pl.DataFrame) -> bytes:
    target = io.BytesIO()
    frame.write_parquet(target)
    return target.getvalue()


def demeter() -> str:
    rows = ["block_number,block_timestamp,pool_log_index,pool_topics,pool_data"]
    for index, (block, event, values) in enumerate(HISTORY):
        topics, data = words(event, values)
        named = ", ".join(f"'0x{one.hex()}'" for one in topics)
        seconds = MIDNIGHT_MS // 1_000 + 12 * block
        rows.append(f'{block},{seconds},{index},"[{named}]",0x{data.hex()}')
    return "\n".join(rows) + "\n"


def check(past: PoolPast) -> None:
    assert past.block_numbers.tolist() == [100, 102, 105]
    assert past.times_ms.tolist() == [MIDNIGHT_MS + 12_000 * n for n in (100, 102, 105)]
    assert list(past.sqrt_prices_x96) == [PRICE, PRICE + 1, PRICE + 9]
    assert past.ticks.tolist() == [0, 3, 9]
    assert list(past.liquidity) == [5_000, 5_000, 3_000]
    ladders = [past.ladders[number] for number in past.ladder_numbers]
    assert ladders == [((-100, 5_000), (100, -5_000))] * 2 + [((-100, 3_000), (100, -3_000))]


def test_logs_of_cryo_become_states_of_blocks(workshop: Workshop) -> None:
    files = (
        workshop.file("blocks", parquet(blocks())),
        workshop.file("logs", parquet(logs())),
    )

    made = workshop.make(*files, pools=(POOL,))

    (past,) = load_pool_states(workshop.folder, made.dataset_id)
    check(past)
    assert verify(workshop.folder, made) == []
    assert (made.pools, made.rows) == ((ADDRESS,), 5)


def test_demeter_and_our_own_export_are_the_same_dataset(workshop: Workshop) -> None:
    made = workshop.make(workshop.file("raw.csv", demeter()), pools=(POOL,))
    (past,) = load_pool_states(workshop.folder, made.dataset_id)
    check(past)

    for kind in ("csv", "parquet"):
        export(workshop.folder, made.dataset_id, kind, workshop.path / "out")
        assert workshop.make(workshop.path / "out").dataset_id == made.dataset_id


def test_snapshots_are_what_the_router_takes(workshop: Workshop) -> None:
    made = workshop.make(workshop.file("raw.csv", demeter()), pools=(POOL,))
    (past,) = load_pool_states(workshop.folder, made.dataset_id)

    last = PoolSnapshots(past)[2]

    assert (last.sqrt_price_x96, last.tick, last.liquidity) == (PRICE + 9, 9, 3_000)
    assert [(one.index, one.liquidity_net) for one in last.ticks] == [(-100, "3000"), (100, "-3000")]
    assert past.index_at(MIDNIGHT_MS + 12_000 * 104) == 1
    assert past.index_at(MIDNIGHT_MS) is None


@pytest.mark.parametrize("missing", range(5))
def test_a_history_that_lacks_an_event_is_refused(workshop: Workshop, missing: int) -> None:
    history = [one for number, one in enumerate(HISTORY) if number != missing]
    times = workshop.file("blocks", parquet(blocks()))

    # Without the first price it begins with the first swap; without the last one it ends before.
    if missing in (0, 2, 4):
        made = workshop.make(times, workshop.file("logs", parquet(logs(history))), pools=(POOL,))
        assert made.rows == 4
    else:
        with pytest.raises(DatasetRefused, match="block 10[25]"):
            workshop.make(times, workshop.file("logs", parquet(logs(history))), pools=(POOL,))
        assert workshop.kept() == []


def test_logs_need_the_times_of_their_blocks(workshop: Workshop) -> None:
    with pytest.raises(DatasetRefused, match="nothing says when block 100 was"):
        workshop.make(workshop.file("logs", parquet(logs())), pools=(POOL,))


def test_logs_of_other_contracts_are_left_out(workshop: Workshop) -> None:
    strange = logs().with_columns(address=pl.lit(bytes.fromhex(OTHER[2:])))
    strange = strange.with_columns(pl.col("log_index") + 100)
    files = (
        workshop.file("blocks", parquet(blocks())),
        workshop.file("logs", parquet(pl.concat([logs(), strange]))),
    )

    made = workshop.make(*files, pools=(POOL,))

    assert made.rows == 5
    assert [(note.code, note.rows) for note in made.repairs] == [("other_logs", 5)]


def test_any_ladder_can_be_asked_for() -> None:
    place = (ADDRESS, "mint", None, None, None)
    events = [PoolEvent(0, 0, 0, ADDRESS, "initialize", PRICE, None, 0)]
    events += [PoolEvent(n, n, 0, *place, -10 * n, 10 * n, n) for n in range(1, 1_100)]
    past = past_of(POOL.facts(), events)

    for number in (1_099, 3, 600, 599, 0, 512):
        ladder = past.ladders[past.ladder_numbers[number]]
        assert len(ladder) == 2 * number
        assert sum(net for index, net in ladder if index <= 0) == past.liquidity[number]
