/** One model: how far it can be believed, what it may cost, and how each prompt does. */
import type { ReactNode } from "react";
import { DECISION_STATUSES } from "../../generated/reasons";
import { count } from "../../model/format";
import { span } from "../../model/limits";
import {
  type BudgetDocument,
  calibrationAt,
  currentPrompt,
  failuresOf,
  judgementOf,
  type ModelDocument,
  microUsd,
  type PromptDocument,
  shareOf,
} from "../../model/models";
import { statusWord } from "../../model/signal_words";
import { Meter } from "../../ui/meter";
import { NotKnown } from "../../ui/money";
import { Card } from "../../ui/parts";
import { PhoneLabel } from "../../ui/phone_label";
import { type Column, Table } from "../../ui/table";
import { CalibrationChart } from "./calibration_chart";
import { Milliseconds } from "./compared";
import { RoleWord } from "./role_word";

export function ModelCard({
  model,
  horizon,
}: {
  readonly model: ModelDocument;
  readonly horizon: number | undefined;
}): ReactNode {
  return (
    <div id={`model-${model.model}`} className="scroll-mt-4">
      <Card
        title={model.model}
        aside={
          <span className="flex min-w-0 gap-3 text-xs text-text3">
            <span className="truncate">{model.vendor_model ?? model.vendor}</span>
            <RoleWord role={model.role} />
          </span>
        }
      >
        <div className="grid *:min-w-0 lg:grid-cols-[minmax(320px,2fr)_3fr]">
          <Calibration model={model} horizon={horizon} />
          <div className="flex flex-col border-line max-lg:border-t lg:border-l">
            <Budget budget={model.budget} />
            <Table
              label={`Prompts of ${model.model}`}
              columns={promptColumns(horizon)}
              rows={model.prompts.toReversed()}
              keyOf={({ version }) => version}
            />
            <Failures model={model} />
          </div>
        </div>
      </Card>
    </div>
  );
}

function Calibration({
  model,
  horizon,
}: {
  readonly model: ModelDocument;
  readonly horizon: number | undefined;
}): ReactNode {
  const found = calibrationAt(currentPrompt(model), horizon);
  return (
    <section aria-label={`Calibration of ${model.model}`} className="flex flex-col gap-2 p-4">
      <h3 className="text-xs font-medium text-text2">How sure it was, and how often right</h3>
      {found === null || found.scored === 0 ? (
        <p className="text-sm text-text2">
          None of its decisions has come due yet. They are scored {horizonWords(horizon)} after the
          conclusion, ignored signals included.
        </p>
      ) : (
        <>
          <p className="text-sm">{judgementOf(found)}</p>
          <CalibrationChart calibration={found} name={model.model} />
        </>
      )}
    </section>
  );
}

const horizonWords = (horizon: number | undefined): string =>
  horizon === undefined ? "some time" : span(horizon);

function Budget({ budget }: { readonly budget: BudgetDocument }): ReactNode {
  const { day_calls, max_calls, day_cost_microusd, max_cost_microusd } = budget;
  return (
    <ul
      aria-label="Budget of the day"
      className="grid gap-x-6 gap-y-3 border-b border-line p-4 sm:grid-cols-2"
    >
      <Used name="Cost today" used={day_cost_microusd} most={max_cost_microusd} write={microUsd} />
      <Used name="Questions today" used={day_calls} most={max_calls} write={count} />
    </ul>
  );
}

function Used({
  name,
  used,
  most,
  write,
}: {
  readonly name: string;
  readonly used: number;
  readonly most: number | null | undefined;
  readonly write: (value: number) => string;
}): ReactNode {
  const shown = most == null ? write(used) : `${write(used)} of ${write(most)}`;
  return (
    <li className="flex flex-col gap-1">
      <div className="flex items-baseline justify-between gap-3 text-sm">
        <span className="text-text2">{name}</span>
        <span className="figures">{shown}</span>
      </div>
      {most == null ? (
        <p className="text-xs text-text3">no limit is set</p>
      ) : (
        <Meter name={name} value={String(used)} limit={String(most)} shown={shown} />
      )}
    </li>
  );
}

const promptColumns = (horizon: number | undefined): readonly Column<PromptDocument>[] => [
  {
    name: "Prompt",
    phone: "top",
    cell: ({ version }) => <span className="mono">{version}</span>,
  },
  { name: "Asked", isFigure: true, cell: ({ asked }) => count(asked) },
  {
    name: "Failed",
    isFigure: true,
    phone: "topEnd",
    hint: "How many questions gave no answer",
    cell: (prompt) => <Failed prompt={prompt} />,
  },
  {
    name: "Half within",
    isFigure: true,
    cell: ({ latency_p50_ms }) => <Milliseconds ms={latency_p50_ms} />,
  },
  {
    name: "95 % within",
    isFigure: true,
    phone: "below",
    cell: ({ latency_p95_ms }) => (
      <>
        <PhoneLabel>95 % within</PhoneLabel>
        <Milliseconds ms={latency_p95_ms} />
      </>
    ),
  },
  {
    name: "Cost",
    isFigure: true,
    cell: ({ cost_microusd }) => (cost_microusd == null ? <NotKnown /> : microUsd(cost_microusd)),
  },
  {
    name: "Brier",
    isFigure: true,
    phone: "belowEnd",
    hint: "0 is best, 0.25 is what guessing has; in brackets how many were scored",
    cell: (prompt) => {
      const found = calibrationAt(prompt, horizon);
      if (found?.brier == null) return <NotKnown />;
      return (
        <>
          <PhoneLabel>Brier</PhoneLabel>
          {found.brier} <span className="text-text3">({count(found.scored)})</span>
        </>
      );
    },
  },
];

/** How its questions failed, version by version. */
function Failures({ model }: { readonly model: ModelDocument }): ReactNode {
  const rows = model.prompts.toReversed().flatMap((prompt) =>
    failuresOf(prompt).map(({ status, count: times }) => ({
      key: `${prompt.version} ${status}`,
      word: statusWord(status),
      sentence: DECISION_STATUSES[status].sentence,
      version: prompt.version,
      times,
      share: shareOf(times, prompt.asked),
    })),
  );
  if (rows.length === 0) return null;
  return (
    <section aria-label={`Failures of ${model.model}`} className="border-t border-line p-4">
      <h3 className="pb-1 text-xs font-medium text-text2">How questions failed</h3>
      <ul className="text-sm">
        {rows.map(({ key, word, sentence, version, times, share }) => (
          <li key={key} title={sentence} className="flex items-baseline gap-3 py-0.5">
            <span>{word}</span>
            <span className="mono min-w-0 truncate text-text3">{version}</span>
            <span className="figures ml-auto">{count(times)}</span>
            <span className="figures w-16 text-right text-text2">{share}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Failed({ prompt }: { readonly prompt: PromptDocument }): ReactNode {
  const failures = failuresOf(prompt);
  if (failures.length === 0) return <span className="text-text3">none failed</span>;
  const failed = failures.reduce((all, one) => all + one.count, 0);
  return (
    <span className="text-warn">
      <PhoneLabel>failed</PhoneLabel>
      {shareOf(failed, prompt.asked)}
    </span>
  );
}
