/** Limits are changed, and what was decided is decided again by them. */
import { type ReactNode, type SubmitEvent, useState } from "react";
import { ask } from "../../live/rest";
import type { WhatIf } from "../../model/whatif/contract";
import {
  type Asked,
  firstAsked,
  LIMIT_NAMES,
  LIMIT_WORDS,
  problemsOf,
  questionOf,
} from "../../model/whatif/question";
import { Field, TextField } from "../../ui/field";
import { Page } from "../../ui/page";
import { Card } from "../../ui/parts";
import { Problem } from "../../ui/problem";
import { useAct } from "../../ui/use_act";
import { Outcome } from "./outcome";

const FIRST_DAYS = 30;

export function WhatIfPage(): ReactNode {
  const [asked, setAsked] = useState(() => firstAsked(Date.now(), FIRST_DAYS));
  const [isChecked, setChecked] = useState(false);
  const [found, setFound] = useState<WhatIf | null>(null);
  const problems = problemsOf(asked);
  const { isBusy, refusal, submit } = useAct(
    async () => setFound(await ask("POST /whatif", { body: questionOf(asked) })),
    () => undefined,
  );
  const check = (event: SubmitEvent): void => {
    setChecked(true);
    if (Object.keys(problems).length > 0) event.preventDefault();
    else submit(event);
  };
  return (
    <Page title="What-if">
      <Card title="Other limits, over what was decided">
        <form noValidate className="flex flex-col gap-4 p-4" onSubmit={check}>
          <QuestionFields
            asked={asked}
            problems={isChecked ? problems : {}}
            change={(changed) => setAsked((before) => ({ ...before, ...changed }))}
          />
          <div className="flex flex-wrap items-center justify-end gap-3">
            {isChecked && problems.limits !== undefined && (
              <p role="alert" className="text-sm text-bad">
                {problems.limits}
              </p>
            )}
            <button type="submit" disabled={isBusy} className="button button-primary">
              {isBusy ? "Deciding again…" : "Decide again"}
            </button>
          </div>
        </form>
      </Card>
      {refusal !== null && <Problem error={refusal} />}
      {found !== null && <Outcome found={found} />}
    </Page>
  );
}

function QuestionFields({
  asked,
  problems,
  change,
}: {
  readonly asked: Asked;
  readonly problems: Readonly<Record<string, string>>;
  readonly change: (changed: Partial<Asked>) => void;
}): ReactNode {
  const { from, to, strategy, limits } = asked;
  return (
    <div className="grid gap-4 sm:grid-cols-2 lg:grid-cols-4">
      <Day label="From (UTC)" value={from} onChange={(day) => change({ from: day })} />
      <Day
        label="To, inclusive (UTC)"
        value={to}
        error={problems.to}
        onChange={(day) => change({ to: day })}
      />
      <TextField
        label="Strategy (optional)"
        value={strategy}
        error={problems.strategy}
        hint="All of them if empty"
        onChange={(text) => change({ strategy: text })}
      />
      <span className="max-lg:hidden" />
      {LIMIT_NAMES.map((name) => (
        <TextField
          key={name}
          label={LIMIT_WORDS[name].name}
          unit={LIMIT_WORDS[name].unit}
          hint={`${LIMIT_WORDS[name].hint}; empty is as it was`}
          type="decimal"
          value={limits[name]}
          error={problems[name]}
          onChange={(text) => change({ limits: { ...limits, [name]: text } })}
        />
      ))}
    </div>
  );
}

const Day = ({
  label,
  value,
  error,
  onChange,
}: {
  readonly label: string;
  readonly value: string;
  readonly error?: string | undefined;
  readonly onChange: (day: string) => void;
}): ReactNode => (
  <Field label={label} error={error}>
    {(described) => (
      <input
        {...described}
        type="date"
        className="field figures"
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
    )}
  </Field>
);
