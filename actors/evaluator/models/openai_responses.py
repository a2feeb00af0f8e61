"""OpenAI's Responses. It has no seed: the same request may be answered otherwise."""

from typing import Any, Final

import httpx2
from openai import AsyncOpenAI, omit
from openai.types.responses import Response

from actors.evaluator.models.calling import call_within_deadline
from actors.evaluator.models.port import Finish, ModelAnswer, ModelFailed, ModelRequest
from actors.evaluator.models.vendor_text import safe_identifier, text_bytes, token_count
from tradewind.contracts.decisions.model import DecisionStatus

BASE_URL: Final = "https://api.openai.com/v1"
SCHEMA_NAME: Final = "decision"
INCOMPLETE: Final = {"max_output_tokens": Finish.TRUNCATED, "content_filter": Finish.REFUSED}


class OpenAIResponsesModel:
    """Asks models of OpenAI by the protocol that is its own."""

    def __init__(self, base_url: str, api_key: str, http_client: httpx2.AsyncClient) -> None:
        self._client = AsyncOpenAI(
            api_key=api_key, base_url=base_url, max_retries=0, http_client=http_client
        )

    async def ask(self, request: ModelRequest) -> ModelAnswer:
        """Return the answer, or raise ModelFailed. The vendor is asked to keep nothing."""
        call = self._client.responses.create(
            model=request.model,
            instructions=request.system_text,
            input=request.user_text,
            text={
                "format": {
                    "type": "json_schema",
                    "name": SCHEMA_NAME,
                    "schema": dict(request.json_schema),
                    "strict": True,
                }
            },
            max_output_tokens=request.max_output_tokens,
            temperature=omit if request.temperature is None else request.temperature,
            reasoning=(
                omit if request.reasoning_effort is None else {"effort": request.reasoning_effort}
            ),
            store=False,
            timeout=request.deadline_seconds,
        )
        return await call_within_deadline(request, call, read_response)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()


def read_response(response: Response) -> ModelAnswer:
    """Return what a response says; ModelFailed where the vendor says that it failed."""
    usage = response.usage
    inputs = getattr(usage, "input_tokens_details", None)
    outputs = getattr(usage, "output_tokens_details", None)
    return ModelAnswer(
        raw=text_bytes(response.output_text),
        finish=_finish_of(response),
        tokens_in=token_count(getattr(usage, "input_tokens", None)),
        tokens_cached=token_count(getattr(inputs, "cached_tokens", None)),
        tokens_out=token_count(getattr(usage, "output_tokens", None)),
        tokens_reasoning=token_count(getattr(outputs, "reasoning_tokens", None)),
        vendor_request_id=safe_identifier(response._request_id) or safe_identifier(response.id),
        vendor_model_version=safe_identifier(response.model),
    )


def _finish_of(response: Response) -> Finish:
    """A refusal is `completed`, with a part of its own instead of text."""
    if response.status == "completed":
        return Finish.REFUSED if _is_refusal(response.output) else Finish.ENDED
    reason: Any = getattr(response.incomplete_details, "reason", None)
    if response.status == "incomplete" and reason in INCOMPLETE:
        return INCOMPLETE[reason]
    code: Any = getattr(response.error, "code", None)
    is_limit = code == "rate_limit_exceeded"
    raise ModelFailed(
        DecisionStatus.RATE_LIMITED if is_limit else DecisionStatus.PROVIDER_ERROR,
        f"response {safe_identifier(response.status)} {safe_identifier(code or reason)}",
    )


def _is_refusal(output: Any) -> bool:
    parts = (part for item in output for part in getattr(item, "content", None) or ())
    return any(part.type == "refusal" for part in parts)
