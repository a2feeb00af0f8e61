/** What went wrong, and what to do. */
import type { ReactNode } from "react";
import { Refusal, Unreachable } from "../live/rest";
import { adviceOf } from "../model/problems";
import type { Tone } from "../model/words";
import { Icon } from "./icons";
import { TONES } from "./parts";

/** A sentence that needs attention, in the colour of its tone. */
export function Notice({
  tone,
  title,
  children,
  isAlert = false,
}: {
  readonly tone: Tone;
  readonly title: ReactNode;
  readonly children?: ReactNode;
  readonly isAlert?: boolean;
}): ReactNode {
  return (
    <div
      role={isAlert ? "alert" : undefined}
      className={`flex gap-3 rounded-lg border border-current px-4 py-3 ${TONES[tone]}`}
    >
      <span className="pt-0.5">
        <Icon name="warning" />
      </span>
      <div className="min-w-0 text-text">
        <p className="font-medium">{title}</p>
        {children !== undefined && <div className="text-text2">{children}</div>}
      </div>
    </div>
  );
}

/** An error of `ask()`: a refusal with its fields, or that nobody answered. */
export function Problem({
  error,
  retry,
}: {
  readonly error: unknown;
  readonly retry?: () => void;
}): ReactNode {
  return (
    <Notice tone="bad" title={titleOf(error)} isAlert>
      {error instanceof Refusal ? (
        <Refused refusal={error} />
      ) : (
        <p>Nothing was changed by this page as far as it knows. Try again in a moment.</p>
      )}
      {retry !== undefined && (
        <button type="button" className="button mt-2" onClick={retry}>
          Try again
        </button>
      )}
    </Notice>
  );
}

function Refused({ refusal }: { readonly refusal: Refusal }): ReactNode {
  const { code, detail, errors, request_id } = refusal.problem;
  const advice = adviceOf(code);
  return (
    <>
      <p className="break-words">{detail}</p>
      {advice !== null && <p>{advice}</p>}
      {errors.length > 0 && (
        <ul className="list-disc pl-5">
          {errors.map(({ field, message }) => (
            <li key={`${field} ${message}`}>
              <span className="mono">{field}</span> {message}
            </li>
          ))}
        </ul>
      )}
      {refusal.retryAfterSeconds !== null && <p>Try again in {refusal.retryAfterSeconds} s.</p>}
      <p className="pt-1 text-xs break-all text-text3">
        <span className="mono">{code}</span> · request <span className="mono">{request_id}</span>
      </p>
    </>
  );
}

function titleOf(error: unknown): string {
  if (error instanceof Refusal) return error.problem.title;
  if (error instanceof Unreachable) return "The gateway does not answer";
  return "This page made a mistake";
}

/** What is wrong with one field of a request, if the gateway said so. */
export function fieldError(error: unknown, field: string): string | undefined {
  if (!(error instanceof Refusal)) return undefined;
  return error.problem.errors.find((one) => one.field === field)?.message;
}
