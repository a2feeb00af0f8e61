"""Plans what to ask, and what it can cost at most, before anybody is asked. Pure."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from actors.evaluator.configured import ConfiguredModel, configured, questions_of
from tradewind.contracts.envelope import AnyEvent, Event
from tradewind.contracts.signals.payloads import SignalEnriched
from tradewind.errors import ConfigurationError
from tradewind.trading.evaluations.records import Question
from tradewind.trading.models.file import ModelsFile


class RetroKey(NamedTuple):
    """Which question: the same one is asked once."""

    signal_id: str
    model: str
    request_sha256: bytes


@dataclass(frozen=True, slots=True)
class PlannedQuestion:
    """A question about a signal of the past."""

    event: Event[SignalEnriched]
    model: ConfiguredModel
    question: Question

    @property
    def key(self) -> RetroKey:
        sha256 = self.question.request_sha256 or self.question.prompt_sha256
        return RetroKey(self.event.payload.signal_id, self.question.model, sha256)


class ModelCost(NamedTuple):
    """What asking a model comes to."""

    model: str
    prompt_version: str
    calls: int
    most_microusd: int | None
    """None where the file says no price."""


def chosen_models(
    file: ModelsFile, names: Collection[str], prompt: str | None
) -> tuple[ConfiguredModel, ...]:
    """Return the models of these names, or all, by another prompt where one is named.

    ConfigurationError for a name or a version that there is not.
    """
    known = {entry.name for entry in file.models}
    unknown = sorted(set(names) - known)
    if unknown:
        raise ConfigurationError(
            f"there is no model {unknown[0]}: models are {', '.join(sorted(known))}"
        )
    entries = [entry for entry in file.models if not names or entry.name in names]
    if prompt is not None:
        entries = [entry.model_copy(update={"prompt": prompt}) for entry in entries]
    return configured(entries)


def planned_questions(
    events: Iterable[AnyEvent], models: Sequence[ConfiguredModel]
) -> list[PlannedQuestion]:
    """Return what each model is asked about each enriched signal, as it stood before the models."""
    return [
        PlannedQuestion(event, model, question)
        for event in events
        if isinstance(event.payload, SignalEnriched)
        # at the moment of its features no signal was too old
        for model, question in zip(
            models, questions_of(event, models, event.payload.terms.received_at), strict=True
        )
    ]


def not_asked_yet(
    planned: Iterable[PlannedQuestion], asked: Collection[RetroKey]
) -> list[PlannedQuestion]:
    """Return the questions without those that were asked before."""
    return [one for one in planned if one.key not in asked]


def costs_of(planned: Iterable[PlannedQuestion]) -> list[ModelCost]:
    """Return calls and highest cost by model; what needs no call costs nothing."""
    found: dict[tuple[str, str], ModelCost] = {}
    for one in planned:
        question, key = one.question, (one.question.model, one.question.prompt_version)
        before = found.get(key, ModelCost(*key, 0, 0))
        if question.is_counted:
            has_price = one.model.entry.price is not None
            before = before._replace(
                calls=before.calls + 1,
                most_microusd=(before.most_microusd or 0) + question.reserved_microusd
                if has_price
                else None,
            )
        found[key] = before
    return list(found.values())
