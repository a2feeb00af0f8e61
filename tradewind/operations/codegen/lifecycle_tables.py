"""Generates the lifecycles as TypeScript tables, so that the dashboard folds by the same rules."""

import json
from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Final

from tradewind.contracts.execution.lifecycle import STEP
from tradewind.contracts.execution.payloads import ExecutionPayload, StepPayload
from tradewind.contracts.intents.lifecycle import INTENT
from tradewind.contracts.lifecycle import Guard, Lifecycle, Transition
from tradewind.contracts.payload import IntentPayload, Payload
from tradewind.contracts.plans.lifecycle import PLAN
from tradewind.contracts.registry import PAYLOAD_TYPES
from tradewind.contracts.signals.lifecycle import SIGNAL
from tradewind.contracts.signals.payloads import SignalPayload
from tradewind.operations.codegen.typescript import HEADER

FOLDED: Final[Sequence[tuple[Lifecycle[Any], str]]] = (
    (INTENT, "IntentState"),
    (PLAN, "PlanStatus"),
    (STEP, "StepState"),
    (SIGNAL, "SignalState"),
)
"""Each lifecycle that the dashboard folds by, and the type of its states."""

_TYPES: Final = """\
import type {{
  IntentState,
  PlanStatus,
  PlatformEvent,
  Role,
  SignalState,
  StepState,
}} from "./contracts";

export type Topic = PlatformEvent["topic"];

/** A condition on what else is known of an intent. */
export type Guard = {guards};

/** From which state (none before the first event), by which trigger, to which state, only if. */
export type Transition<S extends string> = readonly [S | null, string, S, Guard];

export interface Lifecycle<S extends string> {{
  readonly states: Readonly<Record<S, string>>;
  readonly terminal: ReadonlySet<S>;
  /** States in which money may have moved, and the role that has to find out. */
  readonly unknown: ReadonlyMap<S, Role>;
  readonly transitions: readonly Transition<S>[];
}}
"""


def lifecycle_tables() -> str:
    """Return the module of the lifecycles that histories of intents and signals are folded by."""
    guards = " | ".join(json.dumps(guard.value) for guard in Guard)
    tables = [_table(lifecycle, states) for lifecycle, states in FOLDED]
    topics = [
        _topics("INTENT_TOPICS", "name an intent", IntentPayload),
        _topics("EXECUTION_TOPICS", "name a plan that is executed", ExecutionPayload),
        _topics("STEP_TOPICS", "name a step of a plan", StepPayload),
        _topics("SIGNAL_TOPICS", "name a signal", SignalPayload),
    ]
    return "\n".join([HEADER + _TYPES.format(guards=guards), *tables, *topics])


def _table(lifecycle: Lifecycle[Any], states: str) -> str:
    terminal = [state.value for state in lifecycle.states if state in lifecycle.terminal]
    unknown = [(state.value, custody.owner.value) for state, custody in lifecycle.unknown.items()]
    return "\n".join(
        [
            f"export const {lifecycle.name.upper()}: Lifecycle<{states}> = {{",
            "  states: {",
            *(f"    {state.value}: {_text(text)}," for state, text in lifecycle.states.items()),
            "  },",
            f"  terminal: new Set({_text(terminal)}),",
            f"  unknown: new Map({_text(unknown)}),",
            "  transitions: [",
            *(f"    {_line(line)}," for line in lifecycle.transitions),
            "  ],",
            "};",
            "",
        ]
    )


def _line(line: Transition[StrEnum]) -> str:
    source = None if line.source is None else line.source.value
    return _text([source, str(line.trigger), line.target.value, line.guard.value])


def _topics(name: str, what: str, kind: type[Payload]) -> str:
    found = sorted(model.topic for model in PAYLOAD_TYPES if issubclass(model, kind))
    lines = "".join(f"\n  {_text(topic)}," for topic in found)
    return (
        f"/** Topics whose events {what}. */\n"
        f"export const {name}: ReadonlySet<Topic> = new Set<Topic>([{lines}\n]);\n"
    )


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
