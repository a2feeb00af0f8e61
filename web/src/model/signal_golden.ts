/** Reads the recorded histories of signals of the platform's own tests; only tests use it. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { PlatformEvent } from "../generated/contracts";

const RECORDED = fileURLToPath(
  new URL("../../../tests/replay/dashboard_signals.jsonl", import.meta.url),
);

export interface GoldenSignal {
  readonly name: string;
  readonly events: readonly PlatformEvent[];
  /** The document's bytes as the server keeps them. */
  readonly document: string;
}

export const goldenSignals = (): readonly GoldenSignal[] =>
  readFileSync(RECORDED, "utf8")
    .trim()
    .split("\n")
    .map((line) => {
      const { name, events, document } = JSON.parse(line);
      return { name, events, document: JSON.stringify(document) };
    });

/** One of them, by its name. */
export function goldenSignal(name: string): GoldenSignal {
  const found = goldenSignals().find((one) => one.name === name);
  if (found === undefined) throw new Error(`no recorded signal is called ${name}`);
  return found;
}
