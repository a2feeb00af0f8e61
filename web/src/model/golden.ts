/** Reads the recorded histories of the platform's own tests; only tests use it. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { PlatformEvent } from "../generated/contracts";

const RECORDED = fileURLToPath(new URL("../../../tests/replay", import.meta.url));

export interface Golden {
  readonly name: string;
  readonly incarnation: string;
  readonly events: readonly PlatformEvent[];
  /** The documents' bytes as the server keeps them: intent, and plan where there is one. */
  readonly intent: string;
  readonly plan: string | null;
}

export const goldenHistories = (): readonly Golden[] =>
  readdirSync(`${RECORDED}/histories`).sort().map(read);

function read(file: string): Golden {
  const [header, ...lines] = linesOf(`histories/${file}`).map((line) => JSON.parse(line));
  const events = lines
    .filter((line) => "body" in line)
    .map((line) => JSON.parse(line.body) as PlatformEvent)
    .filter((event) => event.correlationId.startsWith("intent-"));
  const [intent, second] = linesOf(`documents/${file}`);
  if (intent === undefined) throw new Error(`${file} has no documents`);
  const plan = second !== undefined && "plan_id" in JSON.parse(second) ? second : null;
  return { name: file, incarnation: header.incarnation, events, intent, plan };
}

const linesOf = (path: string): string[] =>
  readFileSync(`${RECORDED}/${path}`, "utf8").trim().split("\n");
