"""Google's generateContent, of the Gemini API."""

from typing import Any, Final

import httpx2
from google.genai import Client
from google.genai.types import (
    AutomaticFunctionCallingConfig,
    GenerateContentConfig,
    GenerateContentResponse,
    HttpOptions,
    ThinkingConfig,
    ThinkingLevel,
)

from actors.evaluator.models.calling import call_within_deadline
from actors.evaluator.models.failures import request_id_of
from actors.evaluator.models.port import Finish, ModelAnswer, ModelFailed, ModelRequest
from actors.evaluator.models.vendor_text import safe_identifier, text_bytes, token_count
from tradewind.contracts.decisions.model import DecisionStatus

BASE_URL: Final = "https://generativelanguage.googleapis.com"
API_VERSION: Final = "v1beta"
MILLISECONDS: Final = 1_000
FINISHES: Final = {
    "STOP": Finish.ENDED,
    "MAX_TOKENS": Finish.TRUNCATED,
    "CONTINUATION": Finish.TRUNCATED,
    "SAFETY": Finish.REFUSED,
    "RECITATION": Finish.REFUSED,
    "LANGUAGE": Finish.REFUSED,
    "BLOCKLIST": Finish.REFUSED,
    "PROHIBITED_CONTENT": Finish.REFUSED,
    "SPII": Finish.REFUSED,
    "MODEL_ARMOR": Finish.REFUSED,
}
THINKING: Final = {
    "none": ThinkingConfig(thinking_budget=0),
    "minimal": ThinkingConfig(thinking_level=ThinkingLevel.MINIMAL),
    "low": ThinkingConfig(thinking_level=ThinkingLevel.LOW),
    "medium": ThinkingConfig(thinking_level=ThinkingLevel.MEDIUM),
    "high": ThinkingConfig(thinking_level=ThinkingLevel.HIGH),
}


class GoogleContentModel:
    """Asks models of Google.

    The HTTP client is given, or the SDK would take aiohttp and send a request again, unasked, when
    a connection breaks.
    """

    def __init__(self, base_url: str, api_key: str, http_client: httpx2.AsyncClient) -> None:
        self._http_client = http_client
        self._client = Client(
            vertexai=False,
            api_key=api_key,
            http_options=HttpOptions(
                base_url=base_url, api_version=API_VERSION, httpx_async_client=http_client
            ),
        )

    async def ask(self, request: ModelRequest) -> ModelAnswer:
        """Return the answer, or raise ModelFailed. An answer that could go on is truncated."""
        call = self._client.aio.models.generate_content(
            model=request.model,
            contents=request.user_text,
            config=GenerateContentConfig(
                system_instruction=request.system_text,
                response_mime_type="application/json",
                response_json_schema=dict(request.json_schema),
                max_output_tokens=request.max_output_tokens,
                temperature=request.temperature,
                thinking_config=(
                    None if request.reasoning_effort is None else THINKING[request.reasoning_effort]
                ),
                automatic_continuation=False,
                automatic_function_calling=AutomaticFunctionCallingConfig(disable=True),
                http_options=HttpOptions(timeout=round(request.deadline_seconds * MILLISECONDS)),
            ),
        )
        return await call_within_deadline(request, call, read_content)

    async def close(self) -> None:
        """Close the connections; the SDK leaves a client that it was given open."""
        await self._client.aio.aclose()
        await self._http_client.aclose()
        self._client.close()


def read_content(response: GenerateContentResponse) -> ModelAnswer:
    """Return what a response says; ModelFailed where it ended in another way than it may."""
    usage = response.usage_metadata
    answered = token_count(getattr(usage, "candidates_token_count", None))
    thought = token_count(getattr(usage, "thoughts_token_count", None))
    headers = getattr(response.sdk_http_response, "headers", None) or {}
    return ModelAnswer(
        raw=_text_of(response),
        finish=_finish_of(response),
        tokens_in=token_count(getattr(usage, "prompt_token_count", None)),
        tokens_cached=token_count(getattr(usage, "cached_content_token_count", None)),
        # The vendor counts thoughts beside the answer, and bills both.
        tokens_out=None if answered is None else answered + (thought or 0),
        tokens_reasoning=thought,
        vendor_request_id=safe_identifier(response.response_id) or request_id_of(headers),
        vendor_model_version=safe_identifier(response.model_version),
    )


def _text_of(response: GenerateContentResponse) -> bytes:
    (candidate, *_) = response.candidates or (None,)
    content: Any = getattr(candidate, "content", None)
    parts = getattr(content, "parts", None) or ()
    return b"".join(text_bytes(part.text) for part in parts if not part.thought)


def _finish_of(response: GenerateContentResponse) -> Finish:
    if not response.candidates:
        blocked: Any = getattr(response.prompt_feedback, "block_reason", None)
        if blocked:
            return Finish.REFUSED
        raise ModelFailed(DecisionStatus.PROVIDER_ERROR, "no candidate")
    reason = response.candidates[0].finish_reason
    name = None if reason is None else str(reason.value)
    if name not in FINISHES:
        raise ModelFailed(DecisionStatus.PROVIDER_ERROR, f"finish reason {safe_identifier(name)}")
    return FINISHES[name]
