/** Halts a scope, or resumes it. */
import { type ReactNode, useState } from "react";
import type { TradingStateDocument } from "../../generated/rest";
import { lookOfStanding, parseScope, scopeWords } from "../../model/scopes";
import { Badge } from "../../ui/parts";
import { HaltDialog, ResumeDialog } from "../risk/state_dialogs";

interface Properties {
  readonly scope: string;
  readonly states: readonly TradingStateDocument[];
  /** Where the state is shown already. */
  readonly isBare?: boolean;
}

export function StateControl({ scope, states, isBare = false }: Properties): ReactNode {
  const [asking, setAsking] = useState<"halt" | "resume" | null>(null);
  const close = (): void => setAsking(null);
  const state = states.find((one) => one.scope === scope && one.is_in_force);
  return (
    <>
      {state !== undefined && !isBare && (
        <Badge look={lookOfStanding(state)} title={state.reason} />
      )}
      <button
        type="button"
        className="button h-7 px-2"
        aria-label={`${state === undefined ? "Halt…" : "Resume…"} ${scopeWords(scope)}`}
        onClick={() => setAsking(state === undefined ? "halt" : "resume")}
      >
        {state === undefined ? "Halt…" : "Resume…"}
      </button>
      {asking === "halt" && <HaltDialog scope={parseScope(scope)} onClose={close} />}
      {asking === "resume" && state !== undefined && <ResumeDialog state={state} onClose={close} />}
    </>
  );
}
