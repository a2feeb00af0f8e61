"""Sets up logging as JSON on stderr; has the metrics that several packages count."""

import logging
import sys
from contextvars import ContextVar
from typing import Final

import structlog
from prometheus_client import Counter, Gauge
from structlog.typing import EventDict, WrappedLogger

from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.trace_context import trace_id_of
from tradewind.log_file import LogFile, LogFileHandler

DUPLICATES: Final = Counter(
    "tradewind_duplicate_events",
    "Copies of events, by who noticed: stream (the broker), hint (Redis) or ledger (PostgreSQL).",
    ["source"],
)
"""It is defined here because two packages count it that must not import each other."""
OBSERVED: Final = Gauge(
    "tradewind_monitoring_timestamp_seconds",
    "When gauges were last refreshed from their source: ledger, histories or broker; Unix seconds.",
    ["source"],
)
"""A gauge keeps its last value while its source is down: this one shows how old that is."""

CHATTY_LOGGERS: Final = (
    *("dramatiq", "nats", "asyncio"),
    *("anthropic", "google_genai", "httpcore2", "httpx2", "openai"),
)
"""What they say below a warning nobody needs; those of model vendors would tell prompts."""

current_event: ContextVar[AnyEvent | None] = ContextVar("current_event", default=None)
"""The event this task handles; every log record of the task has its ids."""


def configure_logging(role: str, level: str = "INFO", file: LogFile | None = None) -> None:
    """Write one JSON object per record to stderr, the standard library's records included.

    With a file, stderr is that file from now on.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_context(role),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        # A cached logger would keep this configuration after a later one.
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr) if file is None else LogFileHandler(file)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(default=str),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for chatty in CHATTY_LOGGERS:
        logging.getLogger(chatty).setLevel(max(logging.WARNING, root.level))
    _gather_only_what_is_written()


def _gather_only_what_is_written() -> None:
    """Leave out of records what no line shows, such as the caller: a fifth of what a line costs.

    The standard library documents these switches as its optimization of logging.
    """
    logging._srcfile = None
    logging.logThreads = logging.logProcesses = False
    logging.logMultiprocessing = False
    logging.logAsyncioTasks = False  # type: ignore[attr-defined]  # typeshed lacks it


def _add_context(role: str) -> structlog.typing.Processor:
    def add_context(_: WrappedLogger, __: str, record: EventDict) -> EventDict:
        record["role"] = role
        event = current_event.get()
        if event is not None:
            record.setdefault("topic", event.topic)
            record.setdefault("correlationId", event.correlation_id)
            record.setdefault("traceId", trace_id_of(event.correlation_id))
            record.setdefault("eventId", event.event_id)
        return record

    return add_context
