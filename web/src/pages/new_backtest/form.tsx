/** The form: strategy, data, market and money, and the button that says how much it starts. */
import { useNavigate } from "@tanstack/react-router";
import { type ReactNode, type SubmitEvent, useState } from "react";
import { newRequestKey } from "../../live/request_key";
import { ask, Refusal } from "../../live/rest";
import type { RunDetail } from "../../model/backtests/contract";
import { fieldsOf, initialValues } from "../../model/backtests/params";
import { count } from "../../model/format";
import { SelectField, TextField } from "../../ui/field";
import { Problem } from "../../ui/problem";
import { begun, bodyOf, type Draft, type Offered, problemsOf, runsOf } from "./draft";
import { MarketFields } from "./market_fields";
import { ParamFields } from "./param_fields";
import { PeriodFields } from "./period_fields";
import { Section } from "./section";
import { TermFields } from "./term_fields";

export function Form({
  strategies,
  datasets,
  like,
}: Offered & { readonly like?: RunDetail | undefined }): ReactNode {
  const offered = { strategies, datasets };
  const [draft, setDraft] = useState(() => begun(offered, like));
  const [isChecked, setChecked] = useState(false);
  const { refusal, isBusy, send } = useSubmission();
  const problems = problemsOf(draft, offered);
  const shown = { ...(isChecked ? problems : {}), ...fieldProblems(refusal) };
  const change = (changed: Partial<Draft>): void =>
    setDraft((before) => ({ ...before, ...changed }));
  const strategy = strategies.find(({ name }) => name === draft.strategy);
  const dataset = datasets.find(({ dataset_id }) => dataset_id === draft.dataset);
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    setChecked(true);
    const body = bodyOf(draft, offered);
    if (Object.keys(problems).length === 0 && body !== null && !isBusy) void send(body);
  };
  const runs = runsOf(draft, strategy);
  return (
    <form noValidate className="grid items-start gap-4 lg:grid-cols-2" onSubmit={submit}>
      <Section title="Strategy">
        <SelectField
          label="Strategy"
          value={draft.strategy}
          options={strategies.map(({ name, version }) => ({
            value: name,
            name: `${name} (${version})`,
          }))}
          hint={strategy?.doc?.split("\n")[0]}
          error={shown.strategy}
          onChange={(name) => {
            const chosen = strategies.find((one) => one.name === name);
            change({
              strategy: name,
              params: chosen === undefined ? {} : initialValues(fieldsOf(chosen)),
            });
          }}
        />
        <ParamFields draft={draft} strategy={strategy} problems={shown} change={change} />
        <TextField
          label="Name (optional)"
          value={draft.label}
          error={shown.label}
          maxLength={100}
          onChange={(label) => change({ label })}
        />
      </Section>
      <Section title="Data">
        <SelectField
          label="Candles"
          value={draft.dataset}
          options={datasets.map((one) => ({ value: one.dataset_id, name: nameOf(one) }))}
          error={shown.dataset}
          onChange={(chosen) => change({ dataset: chosen, from: "", to: "" })}
        />
        <PeriodFields draft={draft} dataset={dataset} problems={shown} change={change} />
      </Section>
      <Section title="Market">
        <MarketFields draft={draft} problems={shown} change={change} />
      </Section>
      <Section title="Money and terms">
        <TermFields draft={draft} dataset={dataset} problems={shown} change={change} />
      </Section>
      <div className="flex flex-col gap-3 lg:col-span-2">
        {refusal !== null && <Problem error={refusal} />}
        <div className="flex flex-wrap items-center justify-end gap-3">
          {isChecked && Object.keys(problems).length > 0 && (
            <p role="alert" className="text-sm text-bad">
              Mend the fields that are marked.
            </p>
          )}
          <button type="submit" disabled={isBusy} className="button button-primary">
            {isBusy ? "Asking…" : runs > 1 ? `Start ${count(runs)} runs` : "Start the run"}
          </button>
        </div>
      </div>
    </form>
  );
}

const nameOf = ({ instrument, interval, from, to, rows }: Offered["datasets"][number]): string =>
  `${instrument ?? "?"} ${interval ?? ""}, ${from.slice(0, 10)} to ${to.slice(0, 10)}, ${count(rows)} rows`;

function useSubmission() {
  const navigate = useNavigate();
  const [isBusy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<unknown>(null);
  const send = async (body: NonNullable<ReturnType<typeof bodyOf>>): Promise<void> => {
    setBusy(true);
    setRefusal(null);
    try {
      const taken = await ask("POST /backtests", { body, idempotencyKey: newRequestKey() });
      if (taken.run_id == null) {
        await navigate({ to: "/backtests", search: { sweep: taken.sweep_id ?? undefined } });
      } else await navigate({ to: "/backtest/$id", params: { id: taken.run_id } });
    } catch (error) {
      setRefusal(error);
    } finally {
      setBusy(false);
    }
  };
  return { isBusy, refusal, send };
}

/** What the gateway calls a field, and what this form does. */
const FIELDS: Readonly<Record<string, string>> = {
  "data.dataset": "dataset",
  "execution.latency_ms": "latencySeconds",
  "execution.max_slippage": "maxSlippage",
  "sizing.value": "fraction",
};

function fieldProblems(error: unknown): Readonly<Record<string, string>> {
  if (!(error instanceof Refusal)) return {};
  return Object.fromEntries(
    error.problem.errors.map(({ field, message }) => [
      FIELDS[field] ?? field.replace(/^strategy\.params\./, "params."),
      message,
    ]),
  );
}
