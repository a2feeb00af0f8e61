/** Small parts that every page is made of. */
import { type ReactNode, useEffect, useState } from "react";
import type { IntentDocument, IntentState } from "../generated/contracts";
import { INTENT } from "../generated/lifecycles";
import { type Look, lookOf, lookOfState, type Tone } from "../model/words";
import { Icon } from "./icons";

export const TONES: Readonly<Record<Tone, string>> = {
  idle: "text-idle",
  run: "text-run",
  ok: "text-ok",
  warn: "text-warn",
  bad: "text-bad",
  unknown: "text-unknown",
  off: "text-off",
};

export function Badge({
  look,
  title,
}: {
  readonly look: Look;
  readonly title?: string;
}): ReactNode {
  return (
    <span
      title={title}
      className={`tint inline-flex h-5 w-fit items-center gap-1.5 rounded px-1.5 text-xs font-medium whitespace-nowrap ${TONES[look.tone]}`}
    >
      <span aria-hidden="true" className="w-3 text-center leading-none">
        {look.mark}
      </span>
      {look.word}
    </span>
  );
}

export const StateBadge = ({ state }: { readonly state: IntentState }): ReactNode => (
  <Badge look={lookOfState(state)} title={INTENT.states[state]} />
);

export const IntentBadge = ({ intent }: { readonly intent: IntentDocument }): ReactNode => (
  <Badge look={lookOf(intent)} title={INTENT.states[intent.state]} />
);

const COPIED_MS = 1_200;

const MAX_TITLE_LENGTH = 80;

const shortened = (text: string): string =>
  text.length <= MAX_TITLE_LENGTH ? text : `${text.slice(0, MAX_TITLE_LENGTH)}…`;

/** What is shown may be short; what is copied is the whole. */
export function Copy({
  text,
  what,
  children,
}: {
  readonly text: string;
  readonly what: string;
  readonly children: ReactNode;
}): ReactNode {
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setCopied(false), COPIED_MS);
    return () => clearTimeout(timer);
  }, [isCopied]);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
  };
  return (
    <button
      type="button"
      title={`Copy ${what} ${shortened(text)}`}
      onClick={() => void copy()}
      className="mono within-text inline-flex cursor-pointer items-center gap-1 rounded hover:text-accent"
    >
      {children}
      <span className="text-text3">
        <Icon name={isCopied ? "done" : "copy"} />
      </span>
      <span role="status" className="sr-only">
        {isCopied ? "copied" : ""}
      </span>
    </button>
  );
}

export function Card({
  title,
  aside,
  children,
}: {
  readonly title: string;
  readonly aside?: ReactNode;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <section className="card min-w-0" aria-label={title}>
      <header className="flex min-h-10 items-center max-md:py-0.5 justify-between gap-3 border-b border-line px-4">
        <h2 className="text-sm font-semibold">{title}</h2>
        {aside}
      </header>
      {children}
    </section>
  );
}

/** A figure with its name, and where it leads. */
export function Figure({
  name,
  value,
  note,
  tone,
}: {
  readonly name: string;
  readonly value: ReactNode;
  readonly note?: ReactNode;
  readonly tone?: Tone;
}): ReactNode {
  return (
    <div className="card flex min-w-0 flex-col gap-1 px-4 py-3">
      <span className="text-xs text-text2">{name}</span>
      <span
        className={`figures truncate text-2xl font-semibold max-sm:text-lg ${tone ? TONES[tone] : ""}`}
      >
        {value}
      </span>
      {note !== undefined && <span className="text-xs text-text3">{note}</span>}
    </div>
  );
}

export function Empty({
  title,
  isPage = false,
  children,
}: {
  readonly title: string;
  /** Where it is all there is of the page. */
  readonly isPage?: boolean;
  readonly children?: ReactNode;
}): ReactNode {
  return (
    <div className="flex flex-col items-center gap-2 px-6 py-12 text-center">
      {isPage ? (
        <h1 className="text-lg font-medium">{title}</h1>
      ) : (
        <p className="text-lg font-medium">{title}</p>
      )}
      <div className="max-w-md text-text2">{children}</div>
    </div>
  );
}

/** Rows of the height that the real ones will have. */
export function Skeleton({ rows }: { readonly rows: number }): ReactNode {
  const places = Array.from({ length: rows }, (_, place) => place);
  return (
    <div aria-busy="true" className="divide-y divide-line">
      <span className="sr-only">Loading</span>
      {places.map((place) => (
        <div key={place} className="h-9 px-4 py-2.5">
          <div className="h-4 w-full rounded bg-raised" />
        </div>
      ))}
    </div>
  );
}
