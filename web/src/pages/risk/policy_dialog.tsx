/** Changes the policy as a whole: compared with the one in force first, then applied. */
import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import type { RiskLimitsComparison, RiskLimitsInForce } from "../../generated/rest";
import { ask } from "../../live/rest";
import { LIMITS } from "../../model/limits";
import { Dialog } from "../../ui/dialog";
import { Field } from "../../ui/field";
import { Problem } from "../../ui/problem";
import { useAct } from "../../ui/use_act";
import { Compared } from "./compared";

interface Read {
  readonly policy: unknown;
  readonly error: string | undefined;
}

export function PolicyDialog({
  inForce,
  onClose,
}: {
  readonly inForce: RiskLimitsInForce;
  readonly onClose: () => void;
}): ReactNode {
  const [text, setText] = useState(() => JSON.stringify(inForce.limits, null, 2));
  const [compared, setCompared] = useState<RiskLimitsComparison | null>(null);
  const queries = useQueryClient();
  const { policy, error } = read(text);
  const compare = async (): Promise<void> =>
    setCompared(await ask("POST /risk/limits:compare", { body: policy }));
  const apply = async (version: number): Promise<void> => {
    await ask("PUT /risk/limits", { query: { version }, body: policy });
    await queries.invalidateQueries();
  };
  const { isBusy, refusal, submit } = useAct(
    () => (compared === null ? compare() : apply(compared.version)),
    () => compared !== null && onClose(),
  );
  return (
    <Dialog title="Change the policy" onClose={onClose} isWide>
      <form className="flex flex-col gap-4" onSubmit={submit}>
        <p className="text-text2">
          A policy is applied as a whole: what it does not name is not limited any more. Every
          replica decides by it from the answer on; what was decided before stays decided.
        </p>
        <PolicyField
          text={text}
          error={error}
          onChange={(changed) => {
            setText(changed);
            setCompared(null);
          }}
        />
        <KnownLimits />
        {compared !== null && <Compared compared={compared} />}
        {refusal !== null && <Problem error={refusal} />}
        <Buttons
          compared={compared}
          isDisabled={isBusy || error !== undefined || compared?.is_in_force === true}
          onClose={onClose}
        />
      </form>
    </Dialog>
  );
}

function PolicyField({
  text,
  error,
  onChange,
}: {
  readonly text: string;
  readonly error: string | undefined;
  readonly onChange: (text: string) => void;
}): ReactNode {
  return (
    <Field label="Policy, as JSON. Decimals are strings." error={error}>
      {(described) => (
        <textarea
          {...described}
          className="field mono h-72 resize-y py-2"
          spellCheck={false}
          value={text}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}

/** Nobody knows their names by heart. */
const KnownLimits = (): ReactNode => (
  <details>
    <summary className="flex cursor-pointer items-center text-sm text-accent hover:underline">
      What can be limited
    </summary>
    <dl className="max-h-64 divide-y divide-line overflow-auto text-sm">
      {Object.entries(LIMITS).map(([name, { says }]) => (
        <div key={name} className="py-1.5">
          <dt className="mono break-all">{name}</dt>
          <dd className="text-text2">{says}</dd>
        </div>
      ))}
    </dl>
  </details>
);

function Buttons({
  compared,
  isDisabled,
  onClose,
}: {
  readonly compared: RiskLimitsComparison | null;
  readonly isDisabled: boolean;
  readonly onClose: () => void;
}): ReactNode {
  const loosens = compared !== null && compared.loosened.length > 0;
  const verb = loosens ? "Apply it, and let more through" : "Apply it";
  return (
    <div className="flex flex-wrap justify-end gap-2">
      <button type="button" className="button" onClick={onClose}>
        Back
      </button>
      <button
        type="submit"
        disabled={isDisabled}
        className={`button ${loosens ? "button-danger" : "button-primary"}`}
      >
        {compared === null ? "Compare" : verb}
      </button>
    </div>
  );
}

function read(text: string): Read {
  try {
    return { policy: JSON.parse(text), error: undefined };
  } catch {
    return { policy: null, error: "This is no JSON." };
  }
}
