"""Anthropic's Messages."""

from typing import Any, Final

import httpx2
from anthropic import AsyncAnthropic
from anthropic.types import Message, OutputConfigParam

from actors.evaluator.models.calling import call_within_deadline
from actors.evaluator.models.port import Finish, ModelAnswer, ModelFailed, ModelRequest
from actors.evaluator.models.vendor_text import safe_identifier, text_bytes, token_count
from tradewind.contracts.decisions.model import DecisionStatus

BASE_URL: Final = "https://api.anthropic.com"
FINISHES: Final = {
    "end_turn": Finish.ENDED,
    "max_tokens": Finish.TRUNCATED,
    "model_context_window_exceeded": Finish.TRUNCATED,
    "refusal": Finish.REFUSED,
}
EFFORTS: Final = {"none": "low", "minimal": "low", "low": "low", "medium": "medium", "high": "high"}
"""The vendor knows no effort below low."""


class AnthropicMessagesModel:
    """Asks models of Anthropic."""

    def __init__(self, base_url: str, api_key: str, http_client: httpx2.AsyncClient) -> None:
        self._client = AsyncAnthropic(
            api_key=api_key,
            base_url=base_url,
            max_retries=0,
            http_client=http_client,
            open_telemetry=False,
        )

    async def ask(self, request: ModelRequest) -> ModelAnswer:
        """Return the answer, or raise ModelFailed."""
        call = self._client.messages.create(
            model=request.model,
            system=request.system_text,
            messages=[{"role": "user", "content": request.user_text}],
            output_config=_output_config(request),
            max_tokens=request.max_output_tokens,
            extra_body=_temperature(request),
            timeout=request.deadline_seconds,
        )
        return await call_within_deadline(request, call, read_message)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()


def _temperature(request: ModelRequest) -> dict[str, float] | None:
    """Return what the SDK has no parameter for any more; older models take it still."""
    return None if request.temperature is None else {"temperature": request.temperature}


def _output_config(request: ModelRequest) -> OutputConfigParam:
    config: Any = {"format": {"type": "json_schema", "schema": dict(request.json_schema)}}
    if request.reasoning_effort is not None:
        config["effort"] = EFFORTS[request.reasoning_effort]
    asked: OutputConfigParam = config
    return asked


def read_message(message: Message) -> ModelAnswer:
    """Return what a message says; ModelFailed where it ended in another way than it may."""
    usage = message.usage
    cached = token_count(getattr(usage, "cache_read_input_tokens", None))
    written = token_count(getattr(usage, "cache_creation_input_tokens", None))
    fresh = token_count(getattr(usage, "input_tokens", None))
    texts = [part.text for part in message.content if part.type == "text"]
    return ModelAnswer(
        raw=b"".join(map(text_bytes, texts)),
        finish=_finish_of(message),
        # The vendor counts what it read from its cache, and wrote there, beside the input.
        tokens_in=None if fresh is None else fresh + (cached or 0) + (written or 0),
        tokens_cached=cached,
        tokens_out=token_count(getattr(usage, "output_tokens", None)),
        vendor_request_id=safe_identifier(message._request_id) or safe_identifier(message.id),
        vendor_model_version=safe_identifier(message.model),
    )


def _finish_of(message: Message) -> Finish:
    if message.stop_reason not in FINISHES:
        reason = safe_identifier(message.stop_reason)
        raise ModelFailed(DecisionStatus.PROVIDER_ERROR, f"stop reason {reason}")
    return FINISHES[message.stop_reason]
