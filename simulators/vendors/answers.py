"""Writes answers and errors as each vendor does."""

from typing import Any, Final, Literal

from simulators.vendors.questions import Question

type Ending = Literal["ended", "truncated", "refused", "blocked", "unfinished"]
"""`blocked` is the vendor's filter, `refused` the model; `unfinished` could be continued."""

VERSION: Final = "2026-11-01"
REASONING_TOKENS: Final = 8
THINKING: Final = {"thought": True, "text": "This is a thought, and no part of the answer."}


def answer_of(question: Question, text: str, ending: Ending, number: int) -> dict[str, Any]:
    """Return the body of an answer with status 200; `number` makes its id."""
    return _WRITERS[question.protocol](question, text, ending, number)


def error_of(
    protocol: str, status: int, code: str, details: list[Any], message: str
) -> dict[str, Any]:
    """Return the body of an error."""
    if protocol == "google":
        error = {"code": status, "message": message, "status": code, "details": details}
        return {"error": error}
    if protocol == "anthropic":
        return {"type": "error", "error": {"type": code, "message": message}}
    return {"error": {"message": message, "type": code, "param": None, "code": code}}


def _tokens_out(text: str) -> int:
    return len(text) // 4 + 1


def _responses(question: Question, text: str, ending: Ending, number: int) -> dict[str, Any]:
    status, reason = {
        "ended": ("completed", None),
        "refused": ("completed", None),
        "truncated": ("incomplete", "max_output_tokens"),
        "blocked": ("incomplete", "content_filter"),
        "unfinished": ("queued", None),
    }[ending]
    refusal = {"type": "refusal", "refusal": "I cannot help with that."}
    said = {"type": "output_text", "text": text, "annotations": []}
    return {
        "id": f"resp_{number}",
        "object": "response",
        "created_at": 0,
        "status": status,
        "error": None,
        "incomplete_details": None if reason is None else {"reason": reason},
        "model": f"{question.model}-{VERSION}",
        "output": [
            {
                "type": "message",
                "id": f"msg_{number}",
                "status": "completed",
                "role": "assistant",
                "content": [refusal if ending == "refused" else said],
            }
        ],
        "usage": {
            "input_tokens": question.tokens_in,
            "input_tokens_details": {"cached_tokens": question.tokens_cached},
            "output_tokens": _tokens_out(text),
            "output_tokens_details": {"reasoning_tokens": REASONING_TOKENS},
            "total_tokens": question.tokens_in + _tokens_out(text),
        },
    }


def _chat(question: Question, text: str, ending: Ending, number: int) -> dict[str, Any]:
    reason = {
        "ended": "stop",
        "refused": "stop",
        "truncated": "length",
        "blocked": "content_filter",
        "unfinished": "function_call",
    }[ending]
    is_refusal = ending == "refused"
    message = {
        "role": "assistant",
        "content": None if is_refusal else text,
        "refusal": "I cannot help with that." if is_refusal else None,
    }
    return {
        "id": f"chatcmpl-{number}",
        "object": "chat.completion",
        "created": 0,
        "model": f"{question.model}-{VERSION}",
        "choices": [{"index": 0, "message": message, "finish_reason": reason, "logprobs": None}],
        "usage": {
            "prompt_tokens": question.tokens_in,
            "completion_tokens": _tokens_out(text),
            "total_tokens": question.tokens_in + _tokens_out(text),
            "prompt_tokens_details": {"cached_tokens": question.tokens_cached},
            "completion_tokens_details": {"reasoning_tokens": REASONING_TOKENS},
        },
    }


def _content(question: Question, text: str, ending: Ending, number: int) -> dict[str, Any]:
    about = {"modelVersion": f"{question.model}-{VERSION}", "responseId": f"gen-{number}"}
    usage = {
        "promptTokenCount": question.tokens_in,
        "cachedContentTokenCount": question.tokens_cached,
        "candidatesTokenCount": _tokens_out(text),
        "thoughtsTokenCount": REASONING_TOKENS,
    }
    if ending == "blocked":
        feedback = {"blockReason": "PROHIBITED_CONTENT"}
        return {"promptFeedback": feedback, "usageMetadata": usage, **about}
    reason = {
        "ended": "STOP",
        "refused": "SAFETY",
        "truncated": "MAX_TOKENS",
        "unfinished": "CONTINUATION",
    }[ending]
    candidate: dict[str, Any] = {"finishReason": reason, "index": 0}
    if ending != "refused":
        candidate["content"] = {"role": "model", "parts": [THINKING, {"text": text}]}
    if ending == "unfinished":
        candidate["continuationToken"] = about["continuationToken"] = "bW9yZQ=="
    return {"candidates": [candidate], "usageMetadata": usage, **about}


def _messages(question: Question, text: str, ending: Ending, number: int) -> dict[str, Any]:
    reason = {
        "ended": "end_turn",
        "refused": "refusal",
        "truncated": "max_tokens",
        "blocked": "refusal",
        "unfinished": "pause_turn",
    }[ending]
    is_silent = ending in ("refused", "blocked")
    return {
        "id": f"msg_{number}",
        "type": "message",
        "role": "assistant",
        "model": f"{question.model}-{VERSION}",
        "content": [] if is_silent else [{"type": "text", "text": text}],
        "stop_reason": reason,
        "stop_sequence": None,
        "usage": {
            "input_tokens": question.tokens_in - question.tokens_cached,
            "cache_read_input_tokens": question.tokens_cached,
            "cache_creation_input_tokens": 0,
            "output_tokens": _tokens_out(text),
        },
    }


_WRITERS = {
    "openai": _responses,
    "openai_compatible": _chat,
    "google": _content,
    "anthropic": _messages,
}
