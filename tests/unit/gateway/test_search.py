"""A text is looked for wherever it may name something, and nobody finds what is another's."""

from typing import Any

import httpx2
import pytest
from tradewind_client.platform_calls import search

from tests.support.histories import History
from tests.support.keys import OwnedKey, Signing, owned_key
from tests.unit.gateway.access_rows import FOREIGN, OWN, ids_of
from tests.unit.gateway.keyed import KeyedGateway, keyed_gateway
from tests.unit.gateway.memory_records import dead_letter
from tests.unit.gateway.memory_signals import SIGNAL
from tests.unit.gateway.memory_wallets import ADDRESS, WALLET_ID
from tests.unit.gateway.support import check_problem
from tests.unit.gateway.test_access_matrix import world
from tests.unit.gateway.test_market import USDC_WETH_TICK, pool, put
from tradewind.contracts.ids import make_ulid
from tradewind.errors import TransientError
from tradewind.keys.model import Accounts
from tradewind.ledger.history.lookup import SignedBy, Transaction
from tradewind.readmodels.reader import Rebuilding

HASH, APPROVAL = "0x" + "cd" * 32, "0x" + "ef" * 32
EVERYBODY, ALPHA = owned_key(), owned_key(accounts=Accounts(("alpha",)))
UNKNOWN = make_ulid(1, bytes(10))
POOL = pool("USDC", "WETH", USDC_WETH_TICK)
ULIDS = ["intent", "signal", "plan", "event"]
NAMES = ["strategy", "portfolio", "instrument", "token"]


def fill(keyed: KeyedGateway) -> None:
    """Put beside two histories what belongs to neither, to one, and to wallets."""
    ledger = keyed.gateway.ledger
    wallet = SignedBy(31_337, ADDRESS)
    ledger.transactions = {
        HASH: Transaction(FOREIGN.correlation_id, wallet),
        APPROVAL: Transaction(None, wallet),
    }
    ledger.letters = [dead_letter(7)]
    put(keyed.gateway, POOL)


async def ask(keyed: KeyedGateway, owned: OwnedKey, text: str) -> httpx2.Response:
    async with keyed.gateway.client() as client:
        return await client.get("/search", params={"q": text}, auth=Signing(owned))


async def found(owned: OwnedKey, text: str) -> Any:
    async with world(EVERYBODY, ALPHA) as keyed:
        fill(keyed)
        answer = await ask(keyed, owned, text)
    assert answer.status_code == 200, answer.text
    search(text).read(answer.content)
    return answer.json()


def event_id(history: History) -> str:
    return history.completed()[1].event_id


@pytest.mark.parametrize(
    ("text", "kind", "looked_in"),
    [
        (OWN.intent_id, "intent", ULIDS),
        (OWN.intent_id.lower(), "intent", ULIDS),
        (OWN.plan_id, "plan", ULIDS),
        (event_id(OWN), "event", ULIDS),
        (OWN.correlation_id, "intent", ["history", *NAMES]),
        (f"  {OWN.intent_id}\n", "intent", ULIDS),
    ],
)
@pytest.mark.parametrize("owned", [EVERYBODY, ALPHA])
async def test_an_id_leads_to_its_intent(
    owned: OwnedKey, text: str, kind: str, looked_in: list[str]
) -> None:
    result = await found(owned, text)
    assert (result["query"], result["looked_in"]) == (text.strip(), looked_in)
    hit = next(one for one in result["items"] if one["kind"] == kind)
    assert (hit["intent_id"], hit["correlation_id"]) == (OWN.intent_id, OWN.correlation_id)


@pytest.mark.parametrize(
    "text",
    [FOREIGN.intent_id, FOREIGN.plan_id, event_id(FOREIGN), FOREIGN.correlation_id, HASH, "beta"],
)
async def test_what_is_anothers_is_not_found(text: str) -> None:
    hidden, seen = await found(ALPHA, text), await found(EVERYBODY, text)
    assert hidden["items"] == []
    assert hidden["looked_in"] == seen["looked_in"]
    assert seen["items"]


async def test_a_key_of_a_portfolio_finds_who_trades_for_it() -> None:
    of_portfolio = owned_key(accounts=Accounts(("*",), ("alpha",)))
    for text, expected in (
        ("alpha", {("strategy", "alpha"), ("portfolio", "alpha")}),
        ("beta", set()),
        ("a", {("strategy", "alpha")}),
    ):
        async with world(of_portfolio) as keyed:
            fill(keyed)
            items = (await ask(keyed, of_portfolio, text)).json()["items"]
        names = {(one["kind"], one["id"]) for one in items}
        assert {one for one in names if one[0] in ("strategy", "portfolio")} == expected


@pytest.mark.parametrize("owned", [EVERYBODY, ALPHA])
async def test_a_signal_is_found_by_its_id_and_what_it_led_to(owned: OwnedKey) -> None:
    """Given a signal's id, its history, and the id of a decision about it, as those of another."""
    for history, is_seen in ((OWN, True), (FOREIGN, owned is EVERYBODY)):
        ids = ids_of(history)
        signal_id = ids["signal_id"]
        for text, kind in (
            (signal_id, "signal"),
            (f"signal-{signal_id}", "signal"),
            (ids["decision_id"], "event"),
        ):
            hits = [one for one in (await found(owned, text))["items"] if one["kind"] == kind]
            assert [one["signal_id"] for one in hits] == ([signal_id] if is_seen else [])


async def test_a_signal_is_found_before_it_is_recorded() -> None:
    gamma = owned_key(accounts=Accounts(("gamma",)))
    async with keyed_gateway(EVERYBODY, gamma) as keyed:
        async with keyed.gateway.client() as client:
            created = await client.post("/signals", json=SIGNAL, auth=Signing(EVERYBODY))
        signal_id = created.json()["signal_id"]
        (hit,) = (await ask(keyed, EVERYBODY, signal_id)).json()["items"]
        assert (hit["kind"], hit["label"]) == ("signal", "received: long ETH")
        assert (await ask(keyed, gamma, signal_id)).json()["items"] == []


async def test_an_unknown_id_says_where_it_was_looked_for() -> None:
    for text, looked_in in (
        (UNKNOWN, ULIDS),
        ("0x" + "12" * 32, ["transaction"]),
        ("0x" + "12" * 20, ["wallet", "pool", "token"]),
        (f"intent-{UNKNOWN}", ["history", *NAMES]),
        ("portfolio-nobody", ["history", *NAMES]),
        ("planner-workers-8", ["dead_letter", *NAMES]),
    ):
        result = await found(EVERYBODY, text)
        assert (result["items"], result["looked_in"]) == ([], looked_in)


async def test_a_transaction_leads_to_its_intent_and_its_wallet() -> None:
    (hit,) = (await found(EVERYBODY, HASH.upper().replace("X", "x")))["items"]
    assert (hit["kind"], hit["id"], hit["wallet_id"]) == ("transaction", HASH, WALLET_ID)
    assert hit["intent_id"] == FOREIGN.intent_id
    (approval,) = (await found(EVERYBODY, APPROVAL))["items"]
    assert (approval["intent_id"], approval["wallet_id"]) == (None, WALLET_ID)
    assert (await found(ALPHA, APPROVAL))["items"] == []


async def test_an_address_is_of_a_wallet_a_pool_or_a_token() -> None:
    for text, kind in (
        (ADDRESS, "wallet"),
        (ADDRESS.lower(), "wallet"),
        (POOL.pool, "pool"),
        (POOL.token0.address, "token"),
    ):
        (hit,) = (await found(EVERYBODY, text))["items"]
        assert hit["kind"] == kind
    assert (await found(ALPHA, ADDRESS))["items"] == []


@pytest.mark.parametrize(
    ("text", "kind", "name"),
    [
        ("alph", "strategy", "alpha"),
        ("ALPHA", "strategy", "alpha"),
        ("alpha", "portfolio", "alpha"),
        ("WETH/USDC", "instrument", "ethereum-WETH-USDC"),
        ("weth-u", "instrument", "ethereum-WETH-USDC"),
        ("link", "token", "LINK"),
        ("planner-workers-7", "dead_letter", "planner-workers-7"),
    ],
)
async def test_a_part_of_a_name_is_enough(text: str, kind: str, name: str) -> None:
    hits = [(one["kind"], one["id"]) for one in (await found(EVERYBODY, text))["items"]]
    assert (kind, name) in hits
    assert len(hits) == len(set(hits))


@pytest.mark.parametrize(
    "text", ["", "   ", "x" * 101, "\x1c"], ids=["nothing", "blanks", "too long", "a separator"]
)
async def test_what_is_no_text_is_refused(text: str) -> None:
    async with world(EVERYBODY) as keyed:
        problem = check_problem(await ask(keyed, EVERYBODY, text), 400, "INVALID_PARAMETER")
        assert [one["field"] for one in problem["errors"]] == ["q"]
        async with keyed.gateway.client() as client:
            missing = await client.get("/search", auth=Signing(EVERYBODY))
        check_problem(missing, 400, "INVALID_PARAMETER")


@pytest.mark.parametrize(
    "text",
    ["\x00", "%", "_", "'; --", "0x" + "g" * 40, "a" * 100, "🙂", "..", "intent-", "*", "ı" * 26],
)
async def test_any_text_is_answered(text: str) -> None:
    assert (await found(EVERYBODY, text))["query"] == text


async def test_what_was_just_submitted_is_found_before_it_is_recorded() -> None:
    body = {
        "strategy_id": "alpha",
        "intent_type": "acquire",
        "assets": [one.model_dump(mode="json") for one in OWN.intent.assets],
        "amount": "1.0",
        "constraints": {"max_slippage": "0.01", "time_window": 300},
    }
    beta = owned_key(accounts=Accounts(("beta",)))
    async with keyed_gateway(ALPHA, beta) as keyed:
        async with keyed.gateway.client() as client:
            created = await client.post("/intents", json=body, auth=Signing(ALPHA))
        intent_id = created.json()["intent_id"]
        (hit,) = (await ask(keyed, ALPHA, intent_id)).json()["items"]
        assert (hit["kind"], hit["intent_id"]) == ("intent", intent_id)
        assert (await ask(keyed, beta, intent_id)).json()["items"] == []


async def test_stores_that_are_away_are_told() -> None:
    for error, code in (
        (TransientError("away"), "READ_UNAVAILABLE"),
        (Rebuilding("folding"), "REBUILDING"),
    ):
        async with world(EVERYBODY) as keyed:
            keyed.gateway.read_models.error = error
            check_problem(await ask(keyed, EVERYBODY, UNKNOWN), 503, code)
