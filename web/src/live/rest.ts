/** Asks the gateway; what it refuses becomes a typed error. */
import type { PlatformEvent, SignalDocument } from "../generated/contracts";
import type { ProblemDocument } from "../generated/rest";
import type { AllAnswers } from "./pending";
import type { Readings } from "./store";

/** A refusal of the gateway: RFC 9457 problem details. */
export class Refusal extends Error {
  readonly problem: ProblemDocument;
  /** When the gateway asks to be tried again. */
  readonly retryAfterSeconds: number | null;

  constructor(problem: ProblemDocument, retryAfterSeconds: number | null) {
    super(problem.detail);
    this.problem = problem;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** The gateway did not answer, or something else did. */
export class Unreachable extends Error {}

export type Operation = keyof AllAnswers;
type Words = Readonly<Record<string, string | number | boolean | undefined>>;

export interface Asked {
  /** Values of the path's parameters. */
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Words;
  readonly body?: unknown;
  /** Repeating a request with the same key does nothing twice. */
  readonly idempotencyKey?: string;
  readonly signal?: AbortSignal | undefined;
  /** How a key proves itself; a page that is signed in has a cookie instead. */
  readonly authorization?: string;
}

let signedOut = (): void => undefined;

/** Say what is done once the gateway wants to know who asks. */
export function whenSignedOut(act: () => void): void {
  signedOut = act;
}

/** Ask an operation such as `GET /intents/{intent_id}`. Raises Refusal and Unreachable. */
export async function ask<Name extends Operation>(
  operation: Name,
  asked: Asked = {},
): Promise<AllAnswers[Name]> {
  const [method = "GET", template = "/"] = operation.split(" ");
  const response = await send(addressOf(template, asked), method, asked);
  const content = await contentOf(response);
  if (response.status === UNAUTHENTICATED && asked.authorization === undefined) signedOut();
  if (!response.ok) throw refusalOf(response, content);
  return content as AllAnswers[Name];
}

/** Ask for a file. Raises Refusal and Unreachable. */
export async function askForFile(operation: Operation, asked: Asked = {}): Promise<Blob> {
  const [method = "GET", template = "/"] = operation.split(" ");
  const response = await send(addressOf(template, asked), method, asked, "*/*");
  if (response.status === UNAUTHENTICATED) signedOut();
  if (!response.ok) throw refusalOf(response, await contentOf(response));
  return response.blob();
}

const UNAUTHENTICATED = 401;

export const readings: Readings = {
  intents: {
    history: (id) =>
      everyPage<PlatformEvent>((cursor) =>
        ask("GET /intents/{intent_id}/events", {
          path: { intent_id: id },
          query: { limit: PAGE_EVENTS, cursor },
        }),
      ),
    document: (id) => ask("GET /intents/{intent_id}", { path: { intent_id: id } }),
  },
  signals: {
    history: async (id) => {
      const recorded = await everyPage<{ readonly event: PlatformEvent }>((cursor) =>
        ask("GET /events", {
          query: {
            correlation_id: `signal-${id}`,
            order: "oldest_first",
            limit: PAGE_EVENTS,
            cursor,
          },
        }),
      );
      // Of what does not exist there are no events either: this says so.
      if (recorded.length === 0) await readSignal(id);
      return recorded.map(({ event }) => event);
    },
    document: readSignal,
  },
};

async function readSignal(id: string): Promise<SignalDocument> {
  return (await ask("GET /signals/{signal_id}", { path: { signal_id: id } })).signal;
}

const PAGE_EVENTS = 200;

interface EventsPage {
  readonly items: readonly unknown[];
  readonly next_cursor?: number | null;
}

async function everyPage<Item>(
  read: (cursor: number | undefined) => Promise<EventsPage>,
): Promise<readonly Item[]> {
  const items: Item[] = [];
  let cursor: number | undefined;
  do {
    const page = await read(cursor);
    items.push(...(page.items as readonly Item[]));
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
  return items;
}

function addressOf(template: string, { path = {}, query = {} }: Asked): string {
  const address = template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = path[name];
    if (value === undefined) throw new RangeError(`${template} needs ${name}`);
    return encodeURIComponent(value);
  });
  const words = Object.entries(query).filter(([, value]) => value !== undefined);
  const search = new URLSearchParams(
    words.map(([name, value]) => [name, String(value)]),
  ).toString();
  return search ? `${address}?${search}` : address;
}

async function send(
  address: string,
  method: string,
  asked: Asked,
  accept = "application/json",
): Promise<Response> {
  const headers = new Headers({ accept });
  if (asked.body !== undefined) headers.set("content-type", "application/json");
  if (asked.idempotencyKey !== undefined) headers.set("idempotency-key", asked.idempotencyKey);
  if (asked.authorization !== undefined) headers.set("authorization", asked.authorization);
  const body = asked.body === undefined ? null : JSON.stringify(asked.body);
  try {
    return await fetch(address, { method, headers, body, signal: asked.signal ?? null });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Unreachable("the gateway does not answer", { cause: error });
  }
}

async function contentOf(response: Response): Promise<unknown> {
  const text = await response.text();
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Unreachable(`something else than the gateway answered (${response.status})`, {
      cause: error,
    });
  }
}

function refusalOf(response: Response, content: unknown): Error {
  if (typeof content !== "object" || content === null || !("code" in content)) {
    return new Unreachable(`something else than the gateway answered (${response.status})`);
  }
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  return new Refusal(content as ProblemDocument, Number.isNaN(seconds) ? null : seconds);
}
