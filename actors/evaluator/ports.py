"""Opens what the evaluator judges by: its models, where answers are kept, and the gauges."""

import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

from actors.evaluator.asking import OpenModel
from actors.evaluator.configured import ConfiguredModel, VendorModel, configured
from actors.evaluator.evaluation import Evaluator
from actors.evaluator.metrics import show_budgets
from actors.evaluator.models.opening import ModelConnection, ModelProtocol, open_model
from actors.evaluator.settings import EvaluatorSettings, ModelKeySettings
from tradewind.contracts.roles import Role
from tradewind.errors import ConfigurationError
from tradewind.postgres import open_pool
from tradewind.runtime import NatsConnection, clock
from tradewind.runtime.gauges import refreshed
from tradewind.settings import PREFIX, SECRETS_VARIABLE
from tradewind.trading.evaluations.store import EvaluationStore
from tradewind.trading.models.file import VARIABLE, ModelEntry, configured_models

EVALUATOR_ROLE: Final = "tradewind_evaluator"
"""The group role at PostgreSQL that its statements are made as."""
MAX_CONNECTIONS: Final = 6
CHECK_SECONDS: Final = 5.0
KEYLESS: Final = "openai_compatible"
"""A server that merely speaks the protocol may be a local one, which asks for no key."""


@asynccontextmanager
async def open_ports(
    settings: EvaluatorSettings, connection: NatsConnection
) -> AsyncIterator[Evaluator]:
    """Open the models and their rows while the role runs; a wrong configuration ends the start."""
    entries = configured_models(settings.models_file).models
    models = configured(entries)
    async with AsyncExitStack() as stack:
        opened = await _open_models(models, settings, stack)
        pool = await open_pool(
            settings.postgres_dsn.get_secret_value(),
            max_size=MAX_CONNECTIONS,
            role=EVALUATOR_ROLE,
            writes=True,
        )
        stack.callback(pool.terminate)
        store = EvaluationStore(pool, f"{Role.EVALUATOR}-{secrets.token_hex(6)}")

        async def observe() -> None:
            show_budgets(entries, await store.budgets(clock.now().date()))

        async with refreshed("budgets", observe, CHECK_SECONDS):
            yield Evaluator(models, opened, store, settings.model_deadline_ms, clock.now)


async def _open_models(
    models: tuple[ConfiguredModel, ...], settings: ModelKeySettings, stack: AsyncExitStack
) -> Mapping[str, OpenModel]:
    opened: dict[str, OpenModel] = {}
    for one in models:
        if isinstance(one, VendorModel):
            adapter = open_model(connection_of(one.entry, settings))
            opened[one.entry.name] = OpenModel(one, adapter, clock.now)
            stack.push_async_callback(adapter.close)
    return opened


def connection_of(entry: ModelEntry, settings: ModelKeySettings) -> ModelConnection:
    """Return where a model is and its key; ConfigurationError where that is not set."""
    name = entry.key_setting
    key = None if name is None else getattr(settings, name)
    if name is not None and key is None and (entry.vendor != KEYLESS or entry.api_key is not None):
        raise ConfigurationError(
            f"{VARIABLE}: model {entry.name} needs a key: set {PREFIX}{name.upper()}, or put it"
            f" into a file of that name in the directory that {SECRETS_VARIABLE} names"
        )
    return ModelConnection(
        name=entry.name,
        protocol=ModelProtocol(entry.vendor),
        base_url=entry.base_url,
        api_key=key,
    )
