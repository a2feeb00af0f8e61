"""Chat completions: what OpenAI began with, and every local server speaks."""

from typing import Any, Final

import httpx2
from openai import AsyncOpenAI, omit
from openai.types.chat import ChatCompletion

from actors.evaluator.models.calling import call_within_deadline
from actors.evaluator.models.port import Finish, ModelAnswer, ModelFailed, ModelRequest
from actors.evaluator.models.vendor_text import safe_identifier, text_bytes, token_count
from tradewind.contracts.decisions.model import DecisionStatus

SCHEMA_NAME: Final = "decision"
FINISHES: Final = {
    "stop": Finish.ENDED,
    "length": Finish.TRUNCATED,
    "content_filter": Finish.REFUSED,
}


class OpenAICompatibleModel:
    """Asks a server that speaks chat completions with a JSON schema.

    Of Responses, which some speak as well, llama.cpp ignores the schema and answers prose.
    """

    def __init__(self, base_url: str, api_key: str, http_client: httpx2.AsyncClient) -> None:
        self._client = AsyncOpenAI(
            api_key=api_key, base_url=base_url, max_retries=0, http_client=http_client
        )

    async def ask(self, request: ModelRequest) -> ModelAnswer:
        """Return the answer, or raise ModelFailed.

        The limit is `max_tokens`, which is deprecated at OpenAI and what the others know.
        """
        call = self._client.chat.completions.create(
            model=request.model,
            messages=[
                {"role": "system", "content": request.system_text},
                {"role": "user", "content": request.user_text},
            ],
            response_format={
                "type": "json_schema",
                "json_schema": {
                    "name": SCHEMA_NAME,
                    "schema": dict(request.json_schema),
                    "strict": True,
                },
            },
            max_tokens=request.max_output_tokens,
            temperature=omit if request.temperature is None else request.temperature,
            reasoning_effort=(
                omit if request.reasoning_effort is None else request.reasoning_effort
            ),
            timeout=request.deadline_seconds,
        )
        return await call_within_deadline(request, call, read_completion)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()


def read_completion(completion: ChatCompletion) -> ModelAnswer:
    """Return what a completion says; ModelFailed where it ended in another way than it may."""
    (choice,) = completion.choices
    usage = completion.usage
    inputs = getattr(usage, "prompt_tokens_details", None)
    outputs = getattr(usage, "completion_tokens_details", None)
    return ModelAnswer(
        raw=text_bytes(choice.message.content),
        finish=_finish_of(choice),
        tokens_in=token_count(getattr(usage, "prompt_tokens", None)),
        tokens_cached=token_count(getattr(inputs, "cached_tokens", None)),
        tokens_out=token_count(getattr(usage, "completion_tokens", None)),
        tokens_reasoning=token_count(getattr(outputs, "reasoning_tokens", None)),
        vendor_request_id=safe_identifier(completion._request_id) or safe_identifier(completion.id),
        vendor_model_version=safe_identifier(completion.model),
    )


def _finish_of(choice: Any) -> Finish:
    if getattr(choice.message, "refusal", None):
        return Finish.REFUSED
    if choice.finish_reason not in FINISHES:
        reason = safe_identifier(choice.finish_reason)
        raise ModelFailed(DecisionStatus.PROVIDER_ERROR, f"finish reason {reason}")
    return FINISHES[choice.finish_reason]
