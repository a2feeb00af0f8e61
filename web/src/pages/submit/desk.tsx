/** The form beside its preview, and the button that says what it does. */
import { type ReactNode, type SubmitEvent, useEffect, useId, useRef, useState } from "react";
import type { Intent } from "../../generated/rest";
import { ask, Refusal } from "../../live/rest";
import { useAsk } from "../../live/use_ask";
import { decimal } from "../../model/format";
import { Problem } from "../../ui/problem";
import { draftOf, type Search, searchOf } from "./address";
import { Doubt } from "./doubt";
import { type Draft, fieldOf, intentOf, type Problems, problemsOf } from "./draft";
import { Form } from "./form";
import type { TradedPair } from "./pairs";
import { Preview } from "./preview";
import { Submissions } from "./submission";
import { usePreview } from "./use_preview";
import { actionOf, amountsOf } from "./verdict";

/** The gateway answers within seconds; what takes longer is not certain any more. */
const ANSWER_WITHIN_MS = 15_000;

const submissions = new Submissions(
  (intent, idempotencyKey) =>
    ask("POST /intents", {
      body: intent,
      idempotencyKey,
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    }),
  sessionStorage,
);

interface Properties {
  readonly search: Search;
  readonly pairs: readonly TradedPair[];
  readonly keep: (search: Search) => void;
  readonly follow: (intentId: string) => void;
}

/** An error of a submission, and what was submitted: another intent may be right. */
interface Refused {
  readonly intent: Intent;
  readonly error: unknown;
}

export function Desk({ search, pairs, keep, follow }: Properties): ReactNode {
  const [draft, setDraft] = useState(() => begun(search, pairs));
  const [isChecked, setChecked] = useState(false);
  const [refused, setRefused] = useState<Refused | null>(null);
  const { isSending, doubted } = submissions.use();
  const [form, focusFirstWrong] = useFocusOnWrong();
  const formId = useId();
  const pair = pairs.find(({ name }) => name === draft.pair);
  const intent = intentOf(draft, pair);
  const previewed = usePreview(intent);
  const told = refused !== null && isSame(refused.intent, intent) ? refused.error : null;
  const problems = {
    ...(isChecked ? problemsOf(draft, pair) : untidy(draft, pair)),
    ...fieldProblems(previewed.query.error),
    ...fieldProblems(told),
  };
  const change = (changed: Partial<Draft>): void => {
    const next = { ...draft, ...changed };
    setDraft(next);
    keep(searchOf(next));
  };
  const send = async (submission: Promise<{ readonly intent_id: string }>): Promise<void> => {
    try {
      follow((await submission).intent_id);
    } catch (error) {
      if (intent !== null) setRefused({ intent, error });
      focusFirstWrong();
    }
  };
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    setChecked(true);
    if (doubted !== null) return;
    if (intent === null) focusFirstWrong();
    else void send(submissions.submit(intent));
  };
  return (
    <div className="grid grid-cols-[minmax(360px,440px)_1fr] grid-rows-[auto_1fr] items-start gap-4 max-[900px]:grid-cols-1 max-[900px]:grid-rows-none">
      <form ref={form} id={formId} noValidate onSubmit={submit} className="min-w-0">
        <Form draft={draft} change={change} problems={problems} pairs={pairs} pair={pair} />
      </form>
      <div className="row-span-2 min-w-0 max-[900px]:row-span-1">
        <Preview previewed={previewed} side={draft.side} pair={pair} isAsked={intent !== null} />
      </div>
      <div className="flex flex-col gap-3 max-[900px]:sticky max-[900px]:-bottom-3 max-[900px]:bg-ground max-[900px]:py-3">
        {doubted !== null && (
          <Doubt
            submission={doubted}
            isRepeatable={submissions.isRepeatable(doubted)}
            isSending={isSending}
            repeat={() => void send(submissions.repeat())}
            setAside={() => submissions.setAside()}
          />
        )}
        {told !== null && doubted === null && <Problem error={told} />}
        <SubmitButton
          form={formId}
          words={wordsOf(draft, pair, intent, amountsOf(previewed.current?.plan, draft.side))}
          isSending={isSending}
          isHeld={doubted !== null}
          wouldExecute={previewed.current?.would_execute ?? true}
        />
      </div>
    </div>
  );
}

function SubmitButton({
  form,
  words,
  isSending,
  isHeld,
  wouldExecute,
}: {
  readonly form: string;
  readonly words: string;
  readonly isSending: boolean;
  /** Another submission is in doubt. */
  readonly isHeld: boolean;
  readonly wouldExecute: boolean;
}): ReactNode {
  const { data } = useAsk("GET /platform");
  return (
    <>
      <button
        type="submit"
        form={form}
        disabled={isSending || isHeld}
        className={`button h-auto min-h-11 justify-center py-2 text-base ${wouldExecute ? "button-primary" : ""}`}
      >
        {isSending ? "Submitting…" : wouldExecute ? words : `${words} anyway`}
      </button>
      {!wouldExecute && (
        <p className="text-xs text-text2">
          As things stand it would not be executed. It is judged again when it arrives.
        </p>
      )}
      {data?.mode === "live_chain" && (
        <p className="text-xs text-warn">This spends real money on chain {data.chain_id}.</p>
      )}
    </>
  );
}

function wordsOf(
  draft: Draft,
  pair: TradedPair | undefined,
  intent: Intent | null,
  amounts: ReturnType<typeof amountsOf>,
): string {
  if (intent === null || pair === undefined) return draft.side === "acquire" ? "Buy" : "Sell";
  return actionOf(draft, decimal(intent.amount), pair, amounts);
}

/** Without a pair in the address the first one is taken: there is something to look at at once. */
function begun(search: Search, pairs: readonly TradedPair[]): Draft {
  const draft = draftOf(search);
  return draft.pair === "" ? { ...draft, pair: pairs[0]?.name ?? "" } : draft;
}

/** Nobody is told of what is missing while it is still being typed. */
function untidy(draft: Draft, pair: TradedPair | undefined): Problems {
  const { amount, ...others } = problemsOf(draft, pair);
  const isBegun = draft.amount.trim() !== "" && !/^[0.]*$/.test(draft.amount.trim());
  return isBegun && amount !== undefined ? { ...others, amount } : others;
}

/** What the gateway says of fields, at the fields of the form. */
function fieldProblems(error: unknown): Problems {
  if (!(error instanceof Refusal)) return {};
  const told = error.problem.errors.flatMap(({ field, message }) => {
    const own = fieldOf(field);
    return own === null ? [] : [[own, `${message[0]?.toUpperCase()}${message.slice(1)}.`]];
  });
  return Object.fromEntries(told);
}

const isSame = (left: Intent, right: Intent | null): boolean =>
  JSON.stringify(left) === JSON.stringify(right);

/** Focuses the first wrong field, once it is marked so. */
function useFocusOnWrong() {
  const form = useRef<HTMLFormElement>(null);
  const [requests, setRequests] = useState(0);
  useEffect(() => {
    if (requests === 0) return;
    form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [requests]);
  return [form, () => setRequests((count) => count + 1)] as const;
}
