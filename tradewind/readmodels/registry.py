"""The list of read models. A new one is a file in `models/` and a line here."""

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import chain
from typing import Any, Final

from tradewind.contracts.ids import CorrelationKind
from tradewind.readmodels.folds import CorrelationFold, Fold, GroupFold
from tradewind.readmodels.models.backtest_history import BACKTEST_HISTORY
from tradewind.readmodels.models.intent_history import INTENT_HISTORY
from tradewind.readmodels.models.portfolio import PORTFOLIOS
from tradewind.readmodels.models.positions import FILLS_BY_STRATEGY
from tradewind.readmodels.models.signal_history import SIGNAL_HISTORY
from tradewind.readmodels.read_model import (
    MAX_INDEX_FIELDS,
    Index,
    ReadModel,
    ReadModelDocument,
)

_TELLING_LETTERS: Final = 3
_PREFIX: Final = re.compile(r"[a-z_]{3,}:")


class ReadModelRegistry:
    """Read models by fold, for all code that iterates over them. ValueError when inconsistent."""

    def __init__(self, *folds: Fold) -> None:
        self.folds = folds
        self._fold_of = {one.prefix: fold for fold in folds for one in fold.read_models}
        self._of_document = {one.document: one for one in self.read_models}
        prefixes = [*(one.prefix for one in self.read_models), *self.index_prefixes]
        if len({*prefixes}) < len(prefixes) or len(self._of_document) < len(self.read_models):
            raise ValueError("two read models or indexes share a prefix or a document")
        for one in self.read_models:
            _check(one)
        for fold in self.group_folds:
            if not all(map(fold.by.is_told_by, fold.payloads)):
                prefix = fold.read_models[0].prefix
                raise ValueError(f"{prefix} is folded from events that do not tell its key")

    @property
    def correlation_folds(self) -> list[CorrelationFold[Any]]:
        """The folds by correlation."""
        return [fold for fold in self.folds if isinstance(fold, CorrelationFold)]

    @property
    def group_folds(self) -> list[GroupFold[Any]]:
        """The folds of topics by portfolio or strategy."""
        return [fold for fold in self.folds if isinstance(fold, GroupFold)]

    @property
    def correlation_kinds(self) -> list[CorrelationKind]:
        """The kinds of correlation that the folds read, sorted."""
        return list(dict.fromkeys(fold.kind for fold in self.correlation_folds))

    @cached_property
    def read_models(self) -> Sequence[ReadModel[Any]]:
        return tuple(chain.from_iterable(fold.read_models for fold in self.folds))

    @property
    def indexes(self) -> Iterator[tuple[ReadModel[Any], Index]]:
        """Every index with the read model it lists."""
        return ((one, one.index) for one in self.read_models if one.index is not None)

    @property
    def index_prefixes(self) -> tuple[str, ...]:
        """The prefixes of all index keys."""
        return tuple(index.prefix for _, index in self.indexes)

    @property
    def prefixes(self) -> tuple[str, ...]:
        """The prefixes of all keys of documents and indexes."""
        return (*(one.prefix for one in self.read_models), *self.index_prefixes)

    @property
    def key_pattern(self) -> str:
        """A pattern that every key of a document or index matches, and few others.

        It goes by the first letters, as many as tell them from the other keys in Redis.
        """
        letters = zip(*(prefix[:_TELLING_LETTERS] for prefix in self.prefixes), strict=True)
        return "".join(f"[{''.join(sorted(set(some)))}]" for some in letters) + "*"

    def fold_of(self, read_model: ReadModel[Any]) -> Fold:
        """Return the fold of a read model."""
        return self._fold_of[read_model.prefix]

    def read_model_of(self, document: ReadModelDocument) -> ReadModel[Any]:
        """Return the read model of a document."""
        return self._of_document[type(document)]

    def key_of(self, document: ReadModelDocument) -> str:
        return self.read_model_of(document).key_of(document)


def _check(read_model: ReadModel[Any]) -> None:
    index, fields = read_model.index, list(read_model.document.model_fields)
    if fields[:2] != list(ReadModelDocument.model_fields) or read_model.identifier not in fields:
        raise ValueError(f"{read_model.prefix} needs its incarnation, version and identifier")
    if not _PREFIX.fullmatch(read_model.prefix):
        raise ValueError(f"{read_model.prefix} is no word and a colon")
    if (named := read_model.named_by) is not None and not (
        named.identifier in fields and named.field in named.read_model.document.model_fields
    ):
        raise ValueError(f"{read_model.prefix} is not named by a field there is")
    if index is None:
        return
    if not _PREFIX.fullmatch(index.prefix) or not 1 <= len(index.fields) <= MAX_INDEX_FIELDS:
        raise ValueError(f"{index.prefix} is no word and a colon, or lists by too many fields")
    if read_model.find_correlation is not None and read_model.event is None:
        raise ValueError(f"{index.prefix} lists by an identifier that is not the history's own")


READ_MODELS: Final = ReadModelRegistry(
    INTENT_HISTORY, FILLS_BY_STRATEGY, PORTFOLIOS, SIGNAL_HISTORY, BACKTEST_HISTORY
)
