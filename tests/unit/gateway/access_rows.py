"""What every operation needs, how it is asked for an object, and how it answers for one.

The table was written by hand, from who has what to do; it is not read from the product.
"""

import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.support.backtest_histories import DATASET_ID, REQUEST
from tests.support.histories import History
from tests.support.signal_histories import observed_signal
from tests.unit.gateway.memory_signals import SIGNAL, TOKEN
from tests.unit.gateway.memory_wallets import WALLET_ID
from tests.unit.gateway.support import BODY, JSON
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.ids import parse_ulid
from tradewind.keys.model import KeyScope

PUBLIC, READ, SUBMIT = None, KeyScope.READ, KeyScope.SUBMIT
TRADE, ADMIN = KeyScope.TRADE, KeyScope.ADMIN
OWN, FOREIGN = History(1, strategy_id="alpha"), History(2, strategy_id="beta")
UNKNOWN = History(3, strategy_id="nobody")
FINAL = 409
"""The intents of this world have ended."""
NOT_AWAITED = 409
"""And they wait for nobody."""
UNANSWERED = 503
"""No role answers in this world."""
REQUEST_ID = {"X-Request-ID": "request-1"}
ALL_SCOPE_SETS = [scopes for size in (1, 2, 4) for scopes in itertools.combinations(KeyScope, size)]


@dataclass(frozen=True)
class Row:
    """What an operation needs, how it is asked for an object, and how it answers for one."""

    scope: KeyScope | None
    path: str
    status: int = 200
    hides: bool = False
    """Whether the path names an object, so that another's is as good as none."""
    content: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    def target(self, history: History) -> str:
        strategy_id = history.intent.strategy_id
        return self.path.format(history=history, strategy_id=strategy_id, **ids_of(history))


def signal_of(intent_id: str, strategy_id: str, portfolio_id: str) -> list[AnyEvent]:
    """Return the history of a signal that stands beside an intent."""
    number = int.from_bytes(bytes(parse_ulid(intent_id))[6:])
    return observed_signal(number, strategy_id=strategy_id, portfolio_id=portfolio_id)


def ids_of(history: History) -> dict[str, str]:
    """Return the ids of the signal beside a history, and of a decision about it."""
    signal = signal_of(history.intent_id, history.intent.strategy_id, history.key.portfolio)
    return {"signal_id": signal[0].payload.signal_id, "decision_id": signal[2].event_id}


INTENT_BODY = json.dumps(BODY | {"strategy_id": "alpha"}).encode()
SIGNAL_LISTS = (
    *(
        "/signals",
        "/signals/waiting",
        "/decisions",
        "/models",
        "/agents/llm/telemetry",
        "/agents/llm/summary",
    ),
    *("/api/v1/events", "/api/v1/decisions"),
)
SIGNAL_VIEWS = (
    *("/signals/{signal_id}", "/signals/{signal_id}/status", "/signals/{signal_id}/timeline"),
    *("/api/v1/events/{signal_id}", "/api/v1/events/{signal_id}/status"),
)
SIGNAL_BODY = json.dumps(SIGNAL).encode()
ALERT_BODY = json.dumps(SIGNAL | {"source": "chart"}).encode()
PAIR_BODY = b'{"base":"DAI","quote":"WETH"}'
RUN_PATH = "/backtests/01M8G5E8C33SMXKYM4C561G409"
RUN_REST = ("", "/results", "/equity", "/trades", "/trades.csv", "/trades/{number}/events")
SWEEP_PATH = "/sweeps/01M8G5E8C33SMXKYM4C561G409"
NOTE_BODY = b'{"note":"no"}'
HALT_BODY = b'{"state":"halted","reason":"drill"}'
ROWS = {
    "POST /intents": Row(TRADE, "/intents", 201, content=INTENT_BODY, headers=JSON),
    "POST /intents:preview": Row(
        TRADE, "/intents:preview", UNANSWERED, content=INTENT_BODY, headers=JSON
    ),
    **{
        f"POST {path}": Row(SUBMIT, path, 201, content=SIGNAL_BODY, headers=JSON)
        for path in ("/signals", "/api/v1/signals")
    },
    "POST /hooks/tradingview/{token}": Row(
        PUBLIC, f"/hooks/tradingview/{TOKEN}", 201, content=ALERT_BODY
    ),
    **{f"GET {path}": Row(READ, path) for path in SIGNAL_LISTS},
    **{f"GET {path}": Row(READ, path, hides=True) for path in SIGNAL_VIEWS},
    "GET /decisions/{decision_id}": Row(READ, "/decisions/{decision_id}", hides=True),
    **{
        f"POST {path}": Row(TRADE, path, NOT_AWAITED, True, NOTE_BODY, JSON)
        for path in ("/signals/{signal_id}/approve", "/signals/{signal_id}/decline")
    },
    "POST /backtests": Row(
        TRADE, "/backtests", 202, content=json.dumps(REQUEST).encode(), headers=JSON
    ),
    **{f"GET {path}": Row(READ, path) for path in ("/backtests", "/strategies", "/datasets")},
    **{
        f"GET /backtests/{{run_id}}{rest}": Row(READ, RUN_PATH + rest.format(number=1), 404)
        for rest in RUN_REST
    },
    "GET /backtests/compare": Row(READ, f"/backtests/compare?a={RUN_PATH[11:]}&b=x", 404),
    "POST /backtests/{run_id}/cancel": Row(TRADE, f"{RUN_PATH}/cancel", 404),
    "DELETE /backtests/{run_id}": Row(TRADE, RUN_PATH, 404),
    "GET /sweeps/{sweep_id}": Row(READ, SWEEP_PATH, 404),
    "POST /sweeps/{sweep_id}/cancel": Row(TRADE, f"{SWEEP_PATH}/cancel", 404),
    "GET /datasets/{dataset_id}": Row(READ, f"/datasets/{DATASET_ID}"),
    "GET /api/v1/dlq": Row(READ, "/api/v1/dlq"),
    "POST /api/v1/dlq/{dead_letter_id}/retry": Row(
        ADMIN, "/api/v1/dlq/planner-workers-7/retry", 404
    ),
    "GET /intents": Row(READ, "/intents"),
    "POST /intents/{intent_id}/cancel": Row(
        TRADE, "/intents/{history.intent_id}/cancel", FINAL, hides=True
    ),
    **{
        f"POST /intents/{{intent_id}}/{verb}": Row(
            ADMIN, f"/intents/{{history.intent_id}}/{verb}", NOT_AWAITED, True, NOTE_BODY, JSON
        )
        for verb in ("approve", "deny")
    },
    "GET /live/approvals": Row(READ, "/live/approvals"),
    "GET /intents/{intent_id}": Row(READ, "/intents/{history.intent_id}", hides=True),
    "GET /intents/{intent_id}/events": Row(READ, "/intents/{history.intent_id}/events", hides=True),
    "GET /portfolios": Row(READ, "/portfolios"),
    "GET /portfolios/{portfolio_id}": Row(READ, "/portfolios/{history.key.portfolio}", hides=True),
    "POST /portfolios/{portfolio_id}/close": Row(
        TRADE,
        "/portfolios/{history.key.portfolio}/close",
        202,
        hides=True,
        content=b'{"instrument":"ethereum-WETH-USDC"}',
        headers=JSON,
    ),
    "POST /whatif": Row(
        READ,
        "/whatif",
        content=b'{"from":"2026-11-01T00:00:00Z","to":"2026-11-20T00:00:00Z",'
        b'"limits":{"max_notional_usd":"5000"}}',
        headers=JSON,
    ),
    "POST /portfolios/{portfolio_id}/flatten": Row(
        TRADE,
        "/portfolios/{history.key.portfolio}/flatten",
        202,
        hides=True,
        content=b"{}",
        headers=JSON,
    ),
    "GET /live/positions": Row(READ, "/live/positions"),
    "GET /live/portfolio": Row(READ, "/live/portfolio"),
    "GET /live/risk-budget": Row(READ, "/live/risk-budget"),
    "GET /live/fills": Row(READ, "/live/fills"),
    "GET /live/blocks": Row(READ, "/live/blocks"),
    "GET /live/block-reasons": Row(READ, "/live/block-reasons"),
    "GET /events": Row(READ, "/events"),
    "GET /agents/events": Row(READ, "/agents/events"),
    "GET /agents/events/correlation/{correlation_id}": Row(
        READ, "/agents/events/correlation/intent-1", 404
    ),
    "GET /agents/workflows": Row(READ, "/agents/workflows"),
    "GET /as-of/{sequence}": Row(READ, "/as-of/12"),
    "GET /correlations/{correlation_id}": Row(READ, "/correlations/intent-1", 404),
    "GET /correlations/{correlation_id}/history": Row(
        READ, "/correlations/{history.correlation_id}/history", hides=True
    ),
    "GET /stats": Row(READ, "/stats"),
    "GET /tokens": Row(READ, "/tokens"),
    "GET /market/pools": Row(READ, "/market/pools"),
    **{
        f"GET {root}/market/{path.partition('?')[0]}": Row(READ, f"{root}/market/{path}")
        for root in ("", "/api/v1")
        for path in (
            "ticks?symbol=WETH/USDC",
            "candles?symbol=WETH/USDC&interval=1m",
            "symbols",
        )
    },
    "GET /platform": Row(READ, "/platform"),
    "GET /search": Row(READ, "/search?q=weth"),
    "GET /roles": Row(READ, "/roles"),
    "GET /risk/limits": Row(READ, "/risk/limits"),
    "PUT /risk/limits": Row(ADMIN, "/risk/limits", content=b"{}", headers=JSON),
    "POST /risk/limits/tighten": Row(TRADE, "/risk/limits/tighten", content=b"{}", headers=JSON),
    "GET /risk/limits/history": Row(READ, "/risk/limits/history"),
    "POST /risk/limits:compare": Row(ADMIN, "/risk/limits:compare", content=b"{}", headers=JSON),
    "GET /risk/states": Row(READ, "/risk/states"),
    "PUT /risk/states/{scope}": Row(
        ADMIN, "/risk/states/everything", content=HALT_BODY, headers=JSON
    ),
    "POST /risk/states/{scope}/tighten": Row(
        TRADE, "/risk/states/everything/tighten", content=HALT_BODY, headers=JSON
    ),
    "GET /dead-letters": Row(READ, "/dead-letters"),
    "GET /dead-letters/{dead_letter_id}": Row(READ, "/dead-letters/planner-workers-7", 404),
    "POST /dead-letters/{dead_letter_id}/retry": Row(
        ADMIN, "/dead-letters/planner-workers-7/retry", 404
    ),
    "POST /dead-letters/{dead_letter_id}/resolve": Row(
        ADMIN,
        "/dead-letters/planner-workers-7/resolve",
        404,
        content=b'{"reason":"seen"}',
        headers=JSON,
    ),
    "GET /quarantine": Row(READ, "/quarantine"),
    "GET /quarantine/{message_id}": Row(READ, "/quarantine/7", 404),
    "GET /parked": Row(READ, "/parked"),
    "GET /stalled": Row(READ, "/stalled"),
    "GET /plans/{plan_id}": Row(READ, "/plans/{history.plan_id}", hides=True),
    "GET /positions/{strategy_id}": Row(READ, "/positions/{strategy_id}", hides=True),
    "GET /instruments": Row(READ, "/instruments"),
    "GET /instruments/{name}": Row(READ, "/instruments/ethereum-WETH-USDC"),
    "POST /instruments": Row(ADMIN, "/instruments", 201, content=PAIR_BODY, headers=JSON),
    "PATCH /instruments/{name}": Row(
        ADMIN, "/instruments/ethereum-WETH-USDC", content=b'{"lot":"1"}', headers=JSON
    ),
    "GET /wallets": Row(READ, "/wallets"),
    "GET /wallets/{wallet_id}": Row(READ, f"/wallets/{WALLET_ID}"),
    "GET /wallets/{wallet_id}/transactions": Row(READ, f"/wallets/{WALLET_ID}/transactions"),
    "GET /wallets/{wallet_id}/slots": Row(READ, f"/wallets/{WALLET_ID}/slots"),
    "GET /wallets/reconcile/history": Row(READ, "/wallets/reconcile/history"),
    "POST /wallets/reconcile": Row(ADMIN, "/wallets/reconcile", content=b"{}", headers=JSON),
    "POST /sessions": Row(READ, "/sessions", 201),
    "DELETE /sessions": Row(READ, "/sessions", 204),
    "POST /stream-tickets": Row(READ, "/stream-tickets", 201),
    "GET /health": Row(PUBLIC, "/health"),
    "GET /ready": Row(PUBLIC, "/ready"),
    "GET /openapi.json": Row(PUBLIC, "/openapi.json"),
    "GET /docs": Row(PUBLIC, "/docs"),
    "GET /docs/{name}": Row(PUBLIC, "/docs/docs.js"),
}
HIDING = [name for name, row in ROWS.items() if row.hides]
