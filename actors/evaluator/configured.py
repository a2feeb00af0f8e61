"""The models of the configuration with what they are asked by, and the questions that follow."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from actors.evaluator.baseline.scorecard import score
from actors.evaluator.baseline.weights import Weights, load_weights
from actors.evaluator.models.port import ModelRequest
from tradewind.contracts.decisions.model import DecisionStatus
from tradewind.contracts.envelope import Event
from tradewind.contracts.signals.payloads import SignalEnriched
from tradewind.trading.evaluations.records import Question
from tradewind.trading.models.file import BASELINE, ModelEntry
from tradewind.trading.prompts.library import Prompt, load_prompt, schema_of
from tradewind.trading.prompts.rendering import allowed_actions, render

EXPIRED: Final = "the signal expires before it could be asked"
MIN_LIFE: Final = timedelta(milliseconds=250)
"""A signal that lives no longer is over before a model can have judged it."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """The scorecard, at its place in the configuration."""

    entry: ModelEntry
    version: str
    sha256: bytes
    weights: Weights


@dataclass(frozen=True, slots=True)
class VendorModel:
    """A model of a vendor, with the prompt it is asked by."""

    entry: ModelEntry
    prompt: Prompt

    def request(self, event: Event[SignalEnriched], deadline_seconds: float) -> ModelRequest:
        """Return what it is asked about a signal."""
        payload, entry = event.payload, self.entry
        assert entry.vendor_model is not None, "the configuration insists"
        allowed = allowed_actions(payload.terms, payload.features)
        return ModelRequest(
            model=entry.vendor_model,
            core_text=self.prompt.core_text,
            wrapper_text=self.prompt.wrapper_text,
            user_text=render(payload.terms, payload.features),
            json_schema=schema_of(entry.vendor, allowed.decisions),
            max_output_tokens=entry.max_output_tokens,
            deadline_seconds=deadline_seconds,
            temperature=entry.temperature,
            reasoning_effort=entry.reasoning_effort,
        )


type ConfiguredModel = Baseline | VendorModel


def configured(entries: Iterable[ModelEntry]) -> tuple[ConfiguredModel, ...]:
    """Return the models of a file; ConfigurationError for a version that there is not."""
    return tuple(map(_configured, entries))


def _configured(entry: ModelEntry) -> ConfiguredModel:
    if entry.is_baseline:
        version = f"{BASELINE}@{entry.prompt.removeprefix('v')}"
        loaded = load_weights(version)
        return Baseline(entry, version, loaded.sha256, loaded.weights)
    return VendorModel(entry, load_prompt(entry.prompt, entry.vendor))


def questions_of(
    event: Event[SignalEnriched], models: Sequence[ConfiguredModel], now: datetime
) -> list[Question]:
    """Return what each model is asked about a signal, with the answers that need no call.

    Of a signal that expired only those are given: nobody is paid to judge what is over.
    """
    left = event.payload.terms.expires_at - now
    return list(_questions(event, models, is_expired=left < MIN_LIFE))


def _questions(
    event: Event[SignalEnriched], models: Sequence[ConfiguredModel], *, is_expired: bool
) -> Iterator[Question]:
    payload = event.payload
    for place, model in enumerate(models):
        entry = model.entry
        if isinstance(model, Baseline):
            answer = score(payload.terms, payload.features, model.weights)
            yield Question(
                model=entry.name,
                place=place,
                role=entry.role,
                vendor=entry.vendor,
                vendor_model=None,
                prompt_version=model.version,
                prompt_sha256=model.sha256,
                status=DecisionStatus.OK,
                answer=answer.model_dump_json().encode(),
            )
            continue
        request = model.request(event, deadline_seconds=0)
        yield Question(
            model=entry.name,
            place=place,
            role=entry.role,
            vendor=entry.vendor,
            vendor_model=entry.vendor_model,
            prompt_version=model.prompt.version,
            prompt_sha256=model.prompt.sha256,
            request_sha256=request.sha256(),
            is_counted=True,
            reserved_microusd=entry.reserved_microusd(_size_of(request)),
            max_calls=entry.budget.calls_per_day,
            max_microusd=entry.budget.microusd_per_day,
            status=DecisionStatus.TIMEOUT if is_expired else None,
            detail=EXPIRED if is_expired else None,
        )


def _size_of(request: ModelRequest) -> int:
    """Return the bytes of a question, which has no more tokens than that."""
    texts = (request.system_text, request.user_text, str(request.json_schema))
    return sum(len(text.encode()) for text in texts)
