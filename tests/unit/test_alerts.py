"""Every alert fires when it should and is silent when all is well: promtool evaluates both.

A case has the series that make an alert fire, and those of a platform that is well.
"""

import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from tests.unit.test_metrics_page import ALERTS, alerts

ROOT = Path(__file__).parents[2]
PROMETHEUS = ROOT / "compose" / "prometheus"
TIMEOUT_SECONDS = 120
AT = "20m"

type Series = dict[str, str]
"""Values by series, in promtool's notation: `0+1x5` is 0 1 2 3 4 5, one each 15 seconds."""


class Case(NamedTuple):
    """What makes an alert fire, what does not, and the labels it fires with."""

    fires: Series
    silent: Series
    labels: Sequence[dict[str, str]] = ({},)
    at: str = AT


def steady(value: float) -> str:
    return f"{value}+0x100"


def gauge(name: str, bad: float, good: float, **labels: str) -> Case:
    """Return the case of a gauge that is bad, or good, for long."""
    pairs = ",".join(f'{key}="{value}"' for key, value in labels.items())
    series = f"{name}{{{pairs}}}"
    return Case({series: steady(bad)}, {series: steady(good)}, [labels])


def dated(name: str, **labels: str) -> Case:
    """Return the case of a time that stands still, and of one that goes with the clock."""
    pairs = ",".join(f'{key}="{value}"' for key, value in labels.items())
    series = f"{name}{{{pairs}}}"
    return Case({series: steady(0)}, {series: "0+15x100"}, [labels])


def growing(series: str, step: float) -> Case:
    """Return the case of a counter that grows, and of one that stands still."""
    return Case({series: f"0+{step}x100"}, {series: steady(7)})


WRITER = "tradewind_ledger_is_writer"
REMAINING = "tradewind_ledger_lease_remaining_seconds"
HELD = 'tradewind_broker_stream_bytes{stream="EVENTS"}'
LIMIT = 'tradewind_broker_stream_limit_bytes{stream="EVENTS"}'
QUARANTINED = "tradewind_ledger_quarantined_messages_total"
INCARNATION = 'tradewind_ledger_incarnation_timestamp_seconds{instance="a"}'

FEED_ACTIVE = "tradewind_provider_feed_active"
REFUSED = "tradewind_signals_rejected_total"
ENDED = "tradewind_model_call_seconds_count"
REQUESTS = "tradewind_http_requests_total"

CASES: dict[str, Case] = {
    "NobodyRecordsPrices": gauge("tradewind_recorder_active", 0, 1),
    "RecorderBehind": gauge("tradewind_recorder_lag_seconds", 90, 5),
    "NobodyWritesTheLedger": Case(
        {f'{WRITER}{{instance="a"}}': steady(0), f'{WRITER}{{instance="b"}}': steady(0)},
        {f'{WRITER}{{instance="a"}}': steady(1), f'{WRITER}{{instance="b"}}': steady(0)},
    ),
    "WriterKeepsChanging": Case(
        {"tradewind_ledger_epoch": "0+1x100"}, {"tradewind_ledger_epoch": "1+0x70 2+0x30"}
    ),
    "LeaseNotRenewed": Case(
        {REMAINING: steady(-3), WRITER: steady(1)},
        {REMAINING: steady(-3), WRITER: steady(0)},
    ),
    "DatabaseRestored": Case(
        {INCARNATION: "1000+0x70 2000+0x30"}, {INCARNATION: "0+0x70 1000+0x30"}
    ),
    "CoordinatorBehind": Case(
        {'tradewind_consumer_pending_messages{durable="coordinator"}': steady(10_001)},
        {'tradewind_consumer_pending_messages{durable="risk-workers"}': steady(99_999)},
    ),
    "ReadModelsBehind": gauge("tradewind_projection_lag_seconds", 31, 30),
    "TimelineBehind": gauge("tradewind_historian_lag_events", 100_001, 100_000),
    "LoopStalled": dated("tradewind_loop_alive_timestamp_seconds", job="roles", loop="wallet"),
    "EventsParked": gauge("tradewind_ledger_oldest_waiting_seconds", 61, 60),
    "ConflictQuarantined": Case(
        {f'{QUARANTINED}{{reason="CONFLICT"}}': "0+1x100"},
        {
            f'{QUARANTINED}{{reason="CONFLICT"}}': steady(3),
            f'{QUARANTINED}{{reason="MALFORMED"}}': "0+1x100",
        },
    ),
    "MessagesQuarantined": Case(
        {f'{QUARANTINED}{{reason="MALFORMED"}}': "0+1x100"},
        {
            f'{QUARANTINED}{{reason="MALFORMED"}}': steady(3),
            f'{QUARANTINED}{{reason="CONFLICT"}}': "0+1x100",
        },
    ),
    "DeadLettersOpen": gauge("tradewind_dead_letters_open", 1, 0)._replace(labels=[{}]),
    "FlowsStandStill": gauge("tradewind_stalled_histories", 1, 0),
    "FlowsGivenUp": gauge("tradewind_stalled_given_up_histories", 1, 0),
    "AcceptedIntentsNotRecorded": gauge("tradewind_ingress_oldest_pending_seconds", 61, 60),
    "MonitoringBlind": dated("tradewind_monitoring_timestamp_seconds", source="ledger"),
    "StreamFillsUp": Case(
        {HELD: steady(81), LIMIT: steady(100)},
        {HELD: steady(80), LIMIT: steady(100), 'tradewind_broker_stream_bytes{stream="M"}': "9x9"},
        [{"stream": "EVENTS"}],
    ),
    "StreamFull": growing('tradewind_publish_failures_total{code="STREAM_FULL"}', 1),
    "BrokerSilent": growing('tradewind_publish_failures_total{code="PUBLISH_UNKNOWN"}', 5),
    "ProviderAway": Case(
        {'tradewind_provider_snapshot_age_seconds{kind="book"}': steady(61)},
        {
            'tradewind_provider_snapshot_age_seconds{kind="book"}': steady(60),
            'tradewind_provider_snapshot_age_seconds{kind="candles"}': steady(9_000),
        },
        [{"kind": "book"}],
    ),
    "NobodyFollowsTheProvider": Case(
        {f'{FEED_ACTIVE}{{instance="a"}}': steady(0), f'{FEED_ACTIVE}{{instance="b"}}': steady(0)},
        {f'{FEED_ACTIVE}{{instance="a"}}': steady(1), f'{FEED_ACTIVE}{{instance="b"}}': steady(0)},
    ),
    "ClaimWithoutEnd": gauge("tradewind_book_claims_overdue", 1, 0),
    "ApprovalWaits": gauge("tradewind_approval_waiting_seconds", 901, 900),
    "BookFenced": gauge("tradewind_book_fenced", 1, 0),
    "HistoryLost": Case(
        {'tradewind_trading_states{kind="history",state="halted"}': steady(1)},
        {'tradewind_trading_states{kind="history",state="halted"}': steady(0)},
    ),
    "FillConflict": growing("tradewind_fill_conflicts_total", 1),
    "BookContradicted": growing("tradewind_book_contradictions_total", 1),
    "WalletHalted": gauge("tradewind_wallet_halted", 1, 0),
    "TradingHalted": Case(
        {'tradewind_trading_states{kind="portfolio",state="halted"}': steady(1)},
        {
            'tradewind_trading_states{kind="portfolio",state="reducing"}': steady(1),
            'tradewind_trading_states{kind="lock",state="halted"}': steady(3),
            'tradewind_trading_states{kind="history",state="halted"}': steady(1),
            'tradewind_trading_states{kind="everything",state="halted"}': steady(0),
        },
        [{"kind": "portfolio"}],
    ),
    "WalletDrift": gauge("tradewind_wallet_frozen", 1, 0, wallet="1-0x"),
    "WalletOvercommitted": gauge(
        "tradewind_wallet_overcommitted_base_units", 1, 0, currency="USDC"
    ),
    "WalletUnreconciled": dated("tradewind_wallet_reconciled_timestamp_seconds", wallet="1-0x"),
    "TransactionStuck": gauge("tradewind_wallet_oldest_open_slot_seconds", 301, 300),
    "CloseSignalRefused": Case(
        {f'{REFUSED}{{event_type="CLOSE_SIGNAL",reason="TOO_OLD"}}': "0+0x70 1+0x30"},
        {
            f'{REFUSED}{{event_type="CLOSE_SIGNAL",reason="TOO_OLD"}}': steady(1),
            f'{REFUSED}{{event_type="OPEN_SIGNAL",reason="TOO_OLD"}}': "0+1x100",
        },
        [{"reason": "TOO_OLD"}],
    ),
    "ModelSpared": gauge("tradewind_model_circuit_open", 1, 0, model="nano"),
    "ModelBudgetExhausted": Case(
        {
            'tradewind_model_budget_remaining{model="nano",kind="calls"}': steady(0),
            'tradewind_model_budget_remaining{model="nano",kind="microusd"}': steady(9_000),
            f'{ENDED}{{model="mini",status="budget_exhausted"}}': "0+0x70 1+0x30",
            'tradewind_model_budget_remaining{model="mini",kind="microusd"}': steady(20),
        },
        {
            'tradewind_model_budget_remaining{model="nano",kind="calls"}': steady(1),
            f'{ENDED}{{model="mini",status="budget_exhausted"}}': steady(5),
        },
        [{"model": "nano"}, {"model": "mini"}],
    ),
    "ModelFails": Case(
        {
            f'{ENDED}{{model="nano",status="timeout"}}': "0+2x100",
            f'{ENDED}{{model="nano",status="invalid_json"}}': "0+1x100",
            f'{ENDED}{{model="nano",status="ok"}}': "0+11x100",
        },
        {
            # not more than a fifth, what was never asked, and too few to tell
            f'{ENDED}{{model="nano",status="timeout"}}': "0+2x100",
            f'{ENDED}{{model="nano",status="circuit_open"}}': "0+9x100",
            f'{ENDED}{{model="nano",status="ok"}}': "0+8x100",
            f'{ENDED}{{model="mini",status="timeout"}}': "0+0x60 1+0x5 3+0x35",
        },
        [{"model": "nano"}],
    ),
    "NodeOfAnotherChain": gauge("tradewind_rpc_endpoint_wrong_chain", 1, 0, endpoint="node"),
    "GatewayAnswersWithErrors": Case(
        {f'{REQUESTS}{{status="503"}}': "0+6x100", f'{REQUESTS}{{status="201"}}': "0+94x100"},
        {f'{REQUESTS}{{status="503"}}': "0+5x100", f'{REQUESTS}{{status="404"}}': "0+95x100"},
    ),
    "ProcessDown": gauge("up", 0, 1, job="roles", instance="10.0.0.7:9100"),
    "BacktestProcessesEnd": growing('tradewind_backtest_processes_total{event="failed"}', 0.2),
}

NO_COORDINATOR = (
    "NobodyWritesTheLedger",
    Case({'up{job="roles"}': steady(1)}, {f'{WRITER}{{instance="a"}}': steady(1)}),
)
"""There is nothing to sum while there is no coordinator at all."""


def rule(name: str) -> dict[str, str]:
    return next(one for one in alerts() if one["alert"] == name)


def promtool(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run promtool; skip with a word where there is none."""
    command = shutil.which("promtool") or shutil.which(str(ROOT / ".venv" / "bin" / "promtool"))
    if command is None:
        pytest.skip("no promtool: `scripts/promtool` fetches Debian's")
    return subprocess.run(
        [command, *arguments],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )


def _test(name: str, series: Series, expected: list[dict[str, Any]], at: str) -> dict[str, Any]:
    return {
        "interval": "15s",
        "input_series": [{"series": one, "values": values} for one, values in series.items()],
        "alert_rule_test": [{"eval_time": at, "alertname": name, "exp_alerts": expected}],
    }


def _tests_of(name: str, case: Case) -> list[dict[str, Any]]:
    said = rule(name)
    expected = [
        {
            "exp_labels": {"severity": said["severity"], **labels},
            "exp_annotations": {"summary": said["summary"], "runbook": said["runbook"]},
        }
        for labels in case.labels
    ]
    return [_test(name, case.fires, expected, case.at), _test(name, case.silent, [], case.at)]


def test_every_alert_has_a_case_and_nothing_else_has() -> None:
    assert sorted(CASES) == sorted(one["alert"] for one in alerts())


def _written_alone(name: str, directory: Path) -> Path:
    """Write the rule of an alert; promtool evaluates every rule it is given at every moment."""
    groups = yaml.safe_load(ALERTS.read_text())["groups"]
    rules = [one for group in groups for one in group["rules"] if one["alert"] == name]
    # What is JSON is YAML as well.
    (directory / f"{name}.yml").write_text(json.dumps({"groups": [{"name": name, "rules": rules}]}))
    return directory / f"{name}.yml"


def test_every_alert_fires_when_it_should_and_only_then(tmp_path: Path) -> None:
    files: list[str] = []
    for number, (name, case) in enumerate([*CASES.items(), NO_COORDINATOR]):
        document = {
            "rule_files": [str(_written_alone(name, tmp_path))],
            "evaluation_interval": "15s",
            "tests": _tests_of(name, case),
        }
        files.append(str(tmp_path / f"test-{number}.yml"))
        Path(files[-1]).write_text(json.dumps(document))
    checked = promtool("test", "rules", *files)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_other_names_have_the_values_and_labels_of_ours(tmp_path: Path) -> None:
    pairs = {
        "intents_submitted": "tradewind_intents_submitted_total",
        'intents_completed{status="failed"}': 'tradewind_intents_completed_total{status="failed"}',
        'intent_processing_time_bucket{le="5"}': (
            'tradewind_intent_processing_seconds_bucket{le="5"}'
        ),
        "intent_processing_time_sum": "tradewind_intent_processing_seconds_sum",
        "intent_processing_time_count": "tradewind_intent_processing_seconds_count",
    }
    document = {
        "rule_files": [str(PROMETHEUS / "rules.yml")],
        "tests": [
            {
                "interval": "15s",
                "input_series": [{"series": ours, "values": "1+1x20"} for ours in pairs.values()],
                "promql_expr_test": [
                    {
                        "expr": other.partition("{")[0],
                        "eval_time": "1m",
                        "exp_samples": [{"labels": other, "value": 5}],
                    }
                    for other in pairs
                ],
            }
        ],
    }
    (tmp_path / "tests.yml").write_text(json.dumps(document))
    checked = promtool("test", "rules", str(tmp_path / "tests.yml"))
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_prometheus_reads_its_configuration() -> None:
    checked = promtool("check", "config", str(PROMETHEUS / "prometheus.yml"))
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "2 rule files found" in checked.stdout


def test_the_dashboard_asks_in_promql(tmp_path: Path) -> None:
    """Every expression of a panel is one of a rule, which promtool parses."""
    dashboards = (ROOT / "compose" / "grafana").rglob("*.json")
    expressions = [
        target["expr"]
        for page in dashboards
        for panel in json.loads(page.read_text())["panels"]
        for target in panel.get("targets", [])
    ]
    assert expressions
    rules = [{"record": f"panel:{n}", "expr": one} for n, one in enumerate(expressions)]
    (tmp_path / "panels.yml").write_text(
        json.dumps({"groups": [{"name": "panels", "rules": rules}]})
    )
    checked = promtool("check", "rules", str(tmp_path / "panels.yml"))
    assert checked.returncode == 0, checked.stdout + checked.stderr
