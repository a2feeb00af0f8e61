/**
 * One WebSocket for the whole page. It resumes where it was, tells what is missing, and hands
 * events over in batches, so that a storm of them does not become a storm of renderings.
 */
import { type ControlFrame, type EventFrame, type Frame, type Gap, isEvent } from "./frames";

export type Status = "connecting" | "catching_up" | "live" | "offline";

export interface Standing {
  readonly status: Status;
  /** The newest stream sequence the page has. */
  readonly sequence: number;
  /** When the next attempt is made, in milliseconds of the epoch; null while there is a connection. */
  readonly retryAt: number | null;
  /** Since when there is no connection; null while there is one. */
  readonly offlineSince: number | null;
  /** What the gateway said was wrong with the subscription. */
  readonly refusal: string | null;
}

export interface StreamListener {
  events(batch: readonly EventFrame[]): void;
  gap(gap: Gap): void;
  standing(standing: Standing): void;
}

/** The gateway sends a heartbeat every 15 s; a socket that is silent longer may be dead. */
export const SILENCE_MS = 45_000;
export const WATCH_MS = 5_000;
export const FIRST_BACKOFF_MS = 500;
export const MAX_BACKOFF_MS = 20_000;
/** By timer rather than by frame: a hidden tab gets no frames, and its buffer would grow. */
export const FLUSH_MS = 100;
export const HIDDEN_FLUSH_MS = 1_000;
export const MAX_PENDING_EVENTS = 5_000;

export class EventStream {
  readonly #url: string;
  readonly #topics: readonly string[];
  readonly #listener: StreamListener;
  #socket: WebSocket | null = null;
  #stream: string | null = null;
  #last: number | null = null;
  #pending: EventFrame[] = [];
  #flushTimer: ReturnType<typeof setTimeout> | undefined;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #watchdog: ReturnType<typeof setInterval> | undefined;
  #heardAt = 0;
  #attempts = 0;
  #isStopped = true;
  #standing: Standing = {
    status: "connecting",
    sequence: 0,
    retryAt: null,
    offlineSince: null,
    refusal: null,
  };

  constructor(url: string, topics: readonly string[], listener: StreamListener) {
    this.#url = url;
    this.#topics = topics;
    this.#listener = listener;
  }

  start(): void {
    this.#isStopped = false;
    document.addEventListener("visibilitychange", this.wake);
    document.addEventListener("resume", this.wake);
    window.addEventListener("online", this.wake);
    window.addEventListener("pageshow", this.wake);
    window.addEventListener("pagehide", this.#sleep);
    this.#watchdog = setInterval(() => this.#watch(), WATCH_MS);
    this.#connect();
  }

  stop(): void {
    this.#isStopped = true;
    document.removeEventListener("visibilitychange", this.wake);
    document.removeEventListener("resume", this.wake);
    window.removeEventListener("online", this.wake);
    window.removeEventListener("pageshow", this.wake);
    window.removeEventListener("pagehide", this.#sleep);
    clearInterval(this.#watchdog);
    this.#drop();
  }

  /** Connect at once instead of at the next attempt. */
  reconnect(): void {
    this.#attempts = 0;
    this.#retryIn(0);
  }

  /** A tab that slept has a socket that may be dead: the clock tells, the socket does not. */
  readonly wake = (): void => {
    if (this.#isStopped || document.visibilityState === "hidden") return;
    if (this.#socket === null || this.#isSilent) this.#retryIn(0);
    else this.#flush();
  };

  /** A page with an open socket is kept out of the browser's back/forward cache. */
  readonly #sleep = (): void => this.#drop();

  get #isSilent(): boolean {
    return Date.now() - this.#heardAt > SILENCE_MS;
  }

  #watch(): void {
    if (this.#socket !== null && this.#isSilent) this.#retryIn(0);
  }

  #connect(): void {
    clearTimeout(this.#retryTimer);
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    this.#heardAt = Date.now();
    this.#say({ status: "connecting", retryAt: null });
    socket.onopen = () => this.#subscribe(socket);
    socket.onmessage = ({ data }: MessageEvent<string>) => {
      if (this.#socket === socket) this.#hear(JSON.parse(data) as Frame);
    };
    socket.onclose = () => {
      if (this.#socket === socket && !this.#isStopped) this.#retryIn(this.#backoffMs());
    };
  }

  #subscribe(socket: WebSocket): void {
    const position =
      this.#stream === null || this.#last === null
        ? {}
        : { resumeFrom: { stream: this.#stream, sequence: this.#last } };
    socket.send(JSON.stringify({ action: "subscribe", topics: this.#topics, ...position }));
  }

  /** Full jitter: many pages that lost one gateway do not come back at one moment. */
  #backoffMs(): number {
    const longest = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** this.#attempts);
    this.#attempts += 1;
    return Math.random() * longest;
  }

  #retryIn(delayMs: number): void {
    this.#drop();
    const now = Date.now();
    const offlineSince = this.#standing.offlineSince ?? now;
    this.#say({ status: "offline", retryAt: now + delayMs, offlineSince });
    this.#retryTimer = setTimeout(() => this.#connect(), delayMs);
  }

  #drop(): void {
    clearTimeout(this.#retryTimer);
    this.#flush();
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  #hear(frame: Frame): void {
    this.#heardAt = Date.now();
    if (!isEvent(frame)) {
      this.#hearControl(frame);
      return;
    }
    this.#last = frame.streamSequence;
    this.#pending.push(frame);
    if (this.#pending.length >= MAX_PENDING_EVENTS) this.#flush();
    else this.#flushSoon();
  }

  #hearControl(frame: ControlFrame): void {
    switch (frame.type) {
      case "subscribed":
        this.#attempts = 0;
        if (this.#last === null) {
          this.#stream = frame.stream;
          this.#last = frame.sequence;
        }
        this.#connected(this.#last >= frame.sequence ? "live" : "catching_up");
        break;
      case "live":
        this.#stream = frame.stream;
        this.#last = Math.max(this.#last ?? 0, frame.sequence);
        this.#connected("live");
        break;
      case "heartbeat":
        this.#last = Math.max(this.#last ?? 0, frame.sequence);
        this.#connected("live");
        break;
      case "gap":
        this.#skip(frame);
        break;
      case "error":
        this.#say({ refusal: `${frame.code}: ${frame.detail}` });
    }
  }

  #skip(gap: Gap): void {
    this.#flush();
    this.#stream = gap.stream;
    this.#last = gap.sequence ?? gap.to;
    this.#listener.gap(gap);
  }

  #connected(status: Status): void {
    this.#say({ status, retryAt: null, offlineSince: null, refusal: null });
  }

  #flushSoon(): void {
    if (this.#flushTimer !== undefined) return;
    const delayMs = document.visibilityState === "hidden" ? HIDDEN_FLUSH_MS : FLUSH_MS;
    this.#flushTimer = setTimeout(() => this.#flush(), delayMs);
  }

  #flush(): void {
    clearTimeout(this.#flushTimer);
    this.#flushTimer = undefined;
    if (this.#pending.length === 0) return;
    const batch = this.#pending;
    this.#pending = [];
    this.#listener.events(batch);
    this.#say({});
  }

  #say(news: Partial<Standing>): void {
    this.#standing = { ...this.#standing, ...news, sequence: this.#last ?? 0 };
    this.#listener.standing(this.#standing);
  }
}
