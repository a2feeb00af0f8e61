"""What a registry derives from its read models, and which it refuses."""

import re
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

import pytest

from tests.unit.readmodels.toys import APPROVALS, APPROVALS_BY_PORTFOLIO, DOSSIERS, REGISTRY
from tradewind.contracts.ids import CorrelationKind
from tradewind.contracts.wire import Document
from tradewind.ledger.history.group_key import GroupKey
from tradewind.ledger.history.reader import LedgerReader
from tradewind.operations.access.redis_users import DOCUMENTS, WHOLE_CACHE
from tradewind.readmodels.models.intent import INTENT
from tradewind.readmodels.models.plan import PLAN
from tradewind.readmodels.read_model import Index, NamedBy, ReadModel, ReadModelDocument
from tradewind.readmodels.registry import READ_MODELS, ReadModelRegistry


class Headless(Document):
    """A document whose incarnation and version do not come first."""

    portfolio: str
    incarnation: str
    version: int


class Headed(ReadModelDocument):
    """A document that could be one."""

    portfolio: str


def of_portfolio(read_model: ReadModel[Any]) -> ReadModelRegistry:
    return ReadModelRegistry(
        *READ_MODELS.folds, replace(APPROVALS_BY_PORTFOLIO, read_models=(read_model,))
    )


def test_keys_and_privileges_follow_from_the_read_models() -> None:
    """Given the product's read models, then their keys and access are those of the first day."""
    documents = (
        "intent:",
        "plan:",
        "positions:",
        "portfolio:",
        "signal:",
        "decision:",
        "backtest:",
    )
    assert READ_MODELS.prefixes == (*documents, "intents:", "signals:", "decisions:", "backtests:")
    names = tuple(f"{prefix}*" for prefix in READ_MODELS.prefixes)
    assert (*names, "projection", "rebuild") == DOCUMENTS
    assert (READ_MODELS.key_pattern, "projection", "rebuild", "kept:*") == WHOLE_CACHE
    assert INTENT.index is not None
    assert INTENT.index.key("019", "failed", None) == "intents:019:failed:*"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"prefix": "plan:"}, "share a prefix"),
        ({"prefix": "intents:"}, "share a prefix"),
        ({"prefix": "approvals"}, "no word and a colon"),
        ({"prefix": "two:words:"}, "no word and a colon"),
        ({"document": PLAN.document}, "share a prefix or a document"),
        ({"document": Headless}, "needs its incarnation, version and identifier"),
        ({"identifier": "owner"}, "needs its incarnation, version and identifier"),
        ({"index": Index("by_size", ("size",))}, "no word and a colon"),
        ({"index": Index("by_size:", ())}, "too many fields"),
        ({"index": Index("by_size:", ("size",) * 4)}, "too many fields"),
        ({"named_by": NamedBy(INTENT, "intent_id", "latest_plan_id")}, "not named by a field"),
        ({"named_by": NamedBy(INTENT, "portfolio", "portfolio")}, "not named by a field"),
        ({"find_correlation": LedgerReader.correlation_of_plan}, "not the history's own"),
    ],
    ids=lambda value: value if isinstance(value, str) else next(iter(value)),
)
def test_a_read_model_that_cannot_work_is_refused(changes: dict[str, Any], reason: str) -> None:
    declared: dict[str, Any] = {
        "document": Headed,
        "prefix": "toy:",
        "index": Index("toys:", ("portfolio",)),
    }
    of_portfolio(replace(APPROVALS, **declared))
    with pytest.raises(ValueError, match=re.escape(reason)):
        of_portfolio(replace(APPROVALS, **(declared | changes)))


def test_a_fold_by_strategy_needs_events_that_tell_it() -> None:
    assert READ_MODELS.group_folds[0].by is GroupKey.STRATEGY
    with pytest.raises(ValueError, match="approvals: is folded from events that do not tell"):
        ReadModelRegistry(replace(APPROVALS_BY_PORTFOLIO, by=GroupKey.STRATEGY))


def test_a_kind_of_correlation_is_read_once_for_all_its_folds() -> None:
    kinds = [fold.kind for fold in REGISTRY.correlation_folds]
    assert kinds == [
        *(DOSSIERS.kind, CorrelationKind.SIGNAL, CorrelationKind.BACKTEST, DOSSIERS.kind),
    ]
    assert REGISTRY.correlation_kinds == [*dict.fromkeys(kinds)]


def test_keys_of_others_do_not_match_the_pattern_of_documents() -> None:
    pattern = READ_MODELS.key_pattern
    assert all(fnmatchcase(f"{prefix}01", pattern) for prefix in READ_MODELS.prefixes)
    others = ("seen:019:01", "limit:key:a", "nonce:a", "projection", "rebuild")
    assert not any(fnmatchcase(name, pattern) for name in others)
