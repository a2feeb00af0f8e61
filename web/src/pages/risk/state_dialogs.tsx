/** Ask before trading is stopped, or goes on. From the answer on the state is in force. */
import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import type { TradingStateDocument } from "../../generated/rest";
import {
  SCOPES,
  type Scope,
  STATE_SENTENCES,
  scopeProblem,
  scopeText,
  scopeWords,
} from "../../model/scopes";
import { Confirm } from "../../ui/dialog";
import { SelectField } from "../../ui/field";
import { changeState, type Restriction, untilOf } from "./change_state";
import { ScopeFields } from "./scope_fields";

const RESTRICTIONS = [
  { value: "halted", name: "Halted" },
  { value: "reducing", name: "Reducing" },
] as const;

const FOREVER = "";
const DURATIONS = [
  { value: FOREVER, name: "Until somebody resumes it" },
  { value: "900", name: "15 minutes" },
  { value: "3600", name: "1 hour" },
  { value: "14400", name: "4 hours" },
  { value: "86400", name: "1 day" },
  { value: "604800", name: "7 days" },
] as const;
type Duration = (typeof DURATIONS)[number]["value"];
/** A lock needs an end. */
const LOCK_DURATIONS = DURATIONS.filter(({ value }) => value !== FOREVER);

const EFFECT =
  "It holds from the answer on, also after a restart. What was signed before is followed to its end; what was approved and not signed waits, and goes on when trading is resumed.";

const HISTORY =
  "The ledger lacks what only the chain knows. The platform ends this halt by itself once every wallet agrees with its books: end it by hand only if you know what is missing.";

const EVERYTHING: Scope = { kind: "everything", name: "" };

export function HaltDialog({
  scope: given,
  present,
  onClose,
}: {
  /** What is stopped; where it is missing, that is asked, too. */
  readonly scope?: Scope;
  /** The state that is in force there; it is changed only while it is that one. */
  readonly present?: TradingStateDocument;
  readonly onClose: () => void;
}): ReactNode {
  const [scope, setScope] = useState<Scope>(given ?? EVERYTHING);
  const [state, setState] = useState<Restriction>("halted");
  const [chosen, setDuration] = useState<Duration>(FOREVER);
  const queries = useQueryClient();
  const isLock = scope.kind === "lock";
  const duration = chosen === FOREVER && isLock ? "3600" : chosen;
  const act = async (reason: string): Promise<void> => {
    const until = duration === FOREVER ? undefined : untilOf(Number(duration));
    await changeState(scopeText(scope), { state, reason, until }, present?.version);
    await queries.invalidateQueries();
  };
  return (
    <Confirm
      title={titleOf(given, present)}
      verb={verbOf(scope, state)}
      reason={{ isRequired: true }}
      isIncomplete={scopeProblem(scope) !== null}
      act={act}
      onClose={onClose}
    >
      <div className="flex flex-col gap-4">
        <p>{EFFECT}</p>
        {given === undefined && <ScopeFields scope={scope} onChange={setScope} />}
        <SelectField
          label="State"
          hint={STATE_SENTENCES[state]}
          value={state}
          onChange={setState}
          options={RESTRICTIONS}
        />
        <SelectField
          label="How long"
          value={duration}
          onChange={setDuration}
          options={isLock ? LOCK_DURATIONS : DURATIONS}
        />
      </div>
    </Confirm>
  );
}

function titleOf(given: Scope | undefined, present: TradingStateDocument | undefined): string {
  if (given === undefined) return "Halt trading";
  const verb = present !== undefined ? "Change" : given.kind === "lock" ? "Lock" : "Halt";
  return `${verb}: ${scopeWords(scopeText(given))}`;
}

function verbOf({ kind, name }: Scope, state: Restriction): string {
  if (kind === "lock") return "Lock the pair";
  const object = kind === "everything" ? "everything" : name || SCOPES[kind].noun.toLowerCase();
  return state === "halted" ? `Halt ${object}` : `Let ${object} only reduce`;
}

export function ResumeDialog({
  state,
  onClose,
}: {
  readonly state: TradingStateDocument;
  readonly onClose: () => void;
}): ReactNode {
  const queries = useQueryClient();
  const { scope, version, reason, by, needs_person } = state;
  const act = async (why: string): Promise<void> => {
    await changeState(scope, { state: "active", reason: why, until: undefined }, version);
    await queries.invalidateQueries();
  };
  return (
    <Confirm
      title={`Resume: ${scopeWords(scope)}`}
      verb="Resume"
      reason={{ isRequired: true }}
      act={act}
      onClose={onClose}
    >
      <div className="flex flex-col gap-2">
        <p>
          {by} stopped it: “{reason}”.
        </p>
        {scope === "history" && <p className="text-warn">{HISTORY}</p>}
        {needs_person && (
          <p className="text-warn">
            A rule set it because of a loss or a drift. With the same limit the next fill may stop
            it again: raise the limit first if that is your decision.
          </p>
        )}
        <p>
          Intents that wait go on at once, at no worse than what they were planned with. Other
          states in force go on forbidding what they forbid.
        </p>
      </div>
    </Confirm>
  );
}
