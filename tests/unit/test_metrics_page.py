"""Every metric has its row in docs/telemetry.md, every alert a runbook: neither can go stale."""

import ast
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "telemetry.md"
ALERTS = ROOT / "compose" / "prometheus" / "alerts.yml"
ROOMS = ("tradewind", "actors", "gateway", "research")
KINDS = {"Counter": "counter", "Gauge": "gauge", "Histogram": "histogram"}
UNITS = {"seconds", "bytes"}
DECLARED = re.compile(
    r"^(?: +self\.)?([A-Za-z_]+)(?:: Final)? = (?:Counter|Gauge|Histogram)\($|"
    r"^([A-Z_]+)(?:: Final)? = (?:Counter|Gauge|Histogram)\(",
    re.MULTILINE,
)
METRIC_NAME = re.compile(r"tradewind_[a-z0-9_]+")


class Metric(NamedTuple):
    """What a process registers, as it appears in its /metrics."""

    name: str
    kind: str
    labels: tuple[str, ...]
    description: str


def calls() -> Iterator[tuple[ast.Call, str, dict[str, ast.expr]]]:
    """Yield every construction of a metric, its kind, and the module's constants."""
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            text = path.read_text()
            if "prometheus_client" not in text:
                continue
            tree = ast.parse(text)
            constants = {
                target.id: node.value
                for node in tree.body
                if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None
                for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
                if isinstance(target, ast.Name)
            }
            for node in ast.walk(tree):
                if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                    continue
                if node.func.id in KINDS:
                    yield node, KINDS[node.func.id], constants


@cache
def registered() -> Sequence[Metric]:
    return [_metric(*one) for one in calls()]


def _metric(call: ast.Call, kind: str, constants: dict[str, ast.expr]) -> Metric:
    name, description, *rest = call.args
    labels: tuple[str, ...] = ()
    if rest:
        (given,) = rest
        node = constants[given.id] if isinstance(given, ast.Name) else given
        labels = tuple(ast.literal_eval(node))
    word = ast.literal_eval(name)
    if kind == "counter":
        word = f"{word.removesuffix('_total')}_total"
    return Metric(word, kind, labels, ast.literal_eval(description))


def documented() -> list[list[str]]:
    """Return the cells of every row that names a metric."""
    rows = (line.strip("|").split("|") for line in PAGE.read_text().splitlines())
    cells = ([cell.strip() for cell in row] for row in rows if len(row) > 3)
    return [row for row in cells if row[0].startswith("`tradewind_")]


def test_every_metric_is_documented_once_and_nothing_else_is() -> None:
    names = [row[0].strip("`") for row in documented()]
    assert sorted(names) == sorted(metric.name for metric in registered())


def test_kind_and_labels_are_as_registered() -> None:
    metrics = {metric.name: metric for metric in registered()}
    for name, kind, _, labels, *_ in documented():
        metric = metrics[name.strip("`")]
        assert kind == metric.kind, name
        assert tuple(re.findall(r"`(\w+)`", labels)) == metric.labels, name


def test_names_follow_the_conventions() -> None:
    for metric in registered():
        assert re.fullmatch(r"tradewind(_[a-z0-9]+)+", metric.name), metric.name
        assert metric.description, metric.name
        forbidden = ("_ms", "_milliseconds", "_kib", "_mib", "_percent")
        assert not metric.name.removesuffix("_total").endswith(forbidden), metric.name


def test_the_unit_is_the_last_word() -> None:
    for name, _, unit, *_ in documented():
        words = name.strip("`").removesuffix("_total").split("_")
        assert (unit in UNITS) == (words[-1] in UNITS), name
        assert unit not in UNITS or words[-1] == unit, name


def test_every_link_of_the_page_leads_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)", PAGE.read_text()):
        assert (PAGE.parent / target).is_file(), target


def test_dashboards_ask_for_metrics_that_exist() -> None:
    names = {metric.name for metric in registered()}
    for page in (ROOT / "compose" / "grafana").rglob("*.json"):
        assert {_family(name, names) for name in METRIC_NAME.findall(page.read_text())} <= names


def _family(name: str, names: set[str]) -> str:
    return name if name in names else re.sub(r"_(bucket|count|sum)$", "", name)


LABELS_ASKED = re.compile(r"(?:by|without) \(([^)]*)\)|\{([^}]*)\}")
OF_PROMETHEUS = {"job", "instance", "le", "role"}


def expressions() -> list[str]:
    """Return every expression of the dashboards and the alerts."""
    panels = [
        target["expr"]
        for page in (ROOT / "compose" / "grafana").rglob("*.json")
        for panel in json.loads(page.read_text())["panels"]
        for target in panel.get("targets", [])
    ]
    return panels + [alert["expr"] for alert in alerts()]


def test_dashboards_and_alerts_ask_for_labels_that_exist() -> None:
    metrics = {metric.name: metric for metric in registered()}
    for expression in expressions():
        families = {_family(name, set(metrics)) for name in METRIC_NAME.findall(expression)}
        known = OF_PROMETHEUS.union(*(metrics[name].labels for name in families))
        for grouped, matched in LABELS_ASKED.findall(expression):
            asked = {part.strip() for part in grouped.split(",") if part.strip()}
            asked |= set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", matched))
            assert asked <= known, expression


def test_no_metric_is_declared_and_never_used() -> None:
    """A metric is a constant or an attribute, so whoever counts with it names it once more."""
    texts = [path.read_text() for room in ROOMS for path in (ROOT / room).rglob("*.py")]
    names = [first or second for text in texts for first, second in DECLARED.findall(text)]
    assert len(names) == len(registered())
    words = Counter(word for text in texts for word in re.findall(r"\w+", text))
    assert [name for name in names if words[name] < 2] == []


def alerts() -> list[dict[str, str]]:
    """Return name, expression and runbook of every rule; the file is plain enough for this."""
    blocks = ALERTS.read_text().split("- alert: ")[1:]
    found = []
    for block in blocks:
        fields = dict(re.findall(r"^ +(expr|for|severity|summary|runbook): (.+)$", block, re.M))
        found.append({"alert": block.partition("\n")[0], **fields})
    return found


@pytest.mark.parametrize("alert", alerts(), ids=lambda one: one["alert"])
def test_an_alert_asks_for_metrics_that_exist_and_names_a_runbook(alert: dict[str, str]) -> None:
    assert set(alert) == {"alert", "expr", "for", "severity", "summary", "runbook"}
    names = {metric.name for metric in registered()}
    asked = set(METRIC_NAME.findall(alert["expr"]))
    assert asked or alert["expr"].startswith("up{")
    assert {_family(name, names) for name in asked} <= names
    assert (ROOT / alert["runbook"]).is_file()


def test_every_runbook_of_the_ledger_has_an_alert() -> None:
    told = {Path(alert["runbook"]).name for alert in alerts()}
    assert {
        "coordinator-failover.md",
        "database-restored.md",
        "parked-gap.md",
        "quarantine-and-dead-letters.md",
        "stalled-flow.md",
        "stream-full.md",
    } <= told
