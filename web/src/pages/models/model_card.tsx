/** One model: how far it can be believed, what it may cost, and how each prompt does. */
import type { ReactNode } from "react";
import { DECISION_STATUSES } from "../../generated/reasons";
import type { Budget, Calibration, CallSummary, ModelDocument } from "../../generated/rest";
import { count } from "../../model/format";
import { span } from "../../model/limits";
import {
  endedOf,
  failuresOf,
  judgementOf,
  microUsd,
  newestCalls,
  newestScore,
  type PromptRow,
  promptRows,
  roleOf,
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
  const calls = newestCalls(model);
  return (
    <div id={`model-${model.model}`} className="scroll-mt-4">
      <Card
        title={model.model}
        aside={
          <span className="flex min-w-0 gap-3 text-xs text-text3">
            <span className="truncate">{calls?.vendor_model ?? calls?.vendor}</span>
            <RoleWord role={roleOf(model)} />
          </span>
        }
      >
        <div className="grid *:min-w-0 lg:grid-cols-[minmax(320px,2fr)_3fr]">
          <Curve model={model} horizon={horizon} />
          <div className="flex flex-col border-line max-lg:border-t lg:border-l">
            <DayBudget budget={model.budget ?? null} />
            <Table
              label={`Prompts of ${model.model}`}
              columns={PROMPT_COLUMNS}
              rows={promptRows(model, horizon)}
              keyOf={({ version }) => version}
            />
            <Failures model={model} />
          </div>
        </div>
      </Card>
    </div>
  );
}

function Curve({
  model,
  horizon,
}: {
  readonly model: ModelDocument;
  readonly horizon: number | undefined;
}): ReactNode {
  const found = newestScore(model, horizon)?.calibration;
  return (
    <section aria-label={`Calibration of ${model.model}`} className="flex flex-col gap-2 p-4">
      <h3 className="text-xs font-medium text-text2">
        What it held for likely, and what came true
      </h3>
      {found === undefined || found.outcomes === 0 ? (
        <p className="text-sm text-text2">
          None of its decisions has come due yet. They are scored {horizonWords(horizon)} after the
          conclusion, ignored signals included.
        </p>
      ) : (
        <>
          <p className="text-sm">{judgementOf(found)}</p>
          {found.bins !== undefined && found.bins.length > 0 && (
            <CalibrationChart calibration={found} name={model.model} />
          )}
        </>
      )}
    </section>
  );
}

const horizonWords = (horizon: number | undefined): string =>
  horizon === undefined ? "some time" : span(horizon);

function DayBudget({ budget }: { readonly budget: Budget | null }): ReactNode {
  if (budget === null) {
    return (
      <p className="border-b border-line p-4 text-sm text-text2">It has used no budget today.</p>
    );
  }
  const { calls, max_calls, spent_microusd, reserved_microusd, max_microusd } = budget;
  return (
    <ul
      aria-label="Budget of the day"
      className="grid gap-x-6 gap-y-3 border-b border-line p-4 sm:grid-cols-2"
    >
      <Used
        name="Cost today"
        used={spent_microusd + reserved_microusd}
        most={max_microusd}
        write={microUsd}
      />
      <Used name="Questions today" used={calls} most={max_calls} write={count} />
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

const PROMPT_COLUMNS: readonly Column<PromptRow>[] = [
  {
    name: "Prompt",
    phone: "top",
    cell: ({ version }) => <span className="mono">{version}</span>,
  },
  { name: "Asked", isFigure: true, cell: ({ calls }) => count(calls?.calls ?? 0) },
  {
    name: "Failed",
    isFigure: true,
    phone: "topEnd",
    hint: "How many questions that ended gave no answer",
    cell: ({ calls }) => <Failed calls={calls} />,
  },
  {
    name: "Half within",
    isFigure: true,
    cell: ({ calls }) => <Milliseconds ms={calls?.latency_p50_ms} />,
  },
  {
    name: "95 % within",
    isFigure: true,
    phone: "below",
    cell: ({ calls }) => (
      <>
        <PhoneLabel>95 % within</PhoneLabel>
        <Milliseconds ms={calls?.latency_p95_ms} />
      </>
    ),
  },
  {
    name: "Cost",
    isFigure: true,
    cell: ({ calls }) =>
      calls?.cost_microusd == null ? <NotKnown /> : microUsd(calls.cost_microusd),
  },
  {
    name: "Brier",
    isFigure: true,
    phone: "belowEnd",
    hint: "0 is best, 0.25 is what guessing has; in brackets how many have come due",
    cell: ({ score }) => <Brier calibration={score?.calibration} />,
  },
];

function Brier({ calibration }: { readonly calibration: Calibration | undefined }): ReactNode {
  if (calibration?.brier == null) return <NotKnown />;
  const { brier, brier_low, brier_high, outcomes } = calibration;
  return (
    <span title={`95 of a hundred lie between ${brier_low} and ${brier_high}`}>
      <PhoneLabel>Brier</PhoneLabel>
      {brier} <span className="text-text3">({count(outcomes)})</span>
    </span>
  );
}

/** How its questions failed, version by version. */
function Failures({ model }: { readonly model: ModelDocument }): ReactNode {
  const rows = promptRows(model, undefined).flatMap(({ version, calls }) =>
    (calls === null ? [] : failuresOf(calls)).map(({ status, count: times }) => ({
      key: `${version} ${status}`,
      word: statusWord(status),
      sentence: DECISION_STATUSES[status].sentence,
      version,
      times,
      share: shareOf(times, calls === null ? 0 : endedOf(calls).all),
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

function Failed({ calls }: { readonly calls: CallSummary | null }): ReactNode {
  if (calls === null) return <NotKnown />;
  const { all, ok } = endedOf(calls);
  if (all === ok) return <span className="text-text3">none failed</span>;
  return (
    <span className="text-warn">
      <PhoneLabel>failed</PhoneLabel>
      {shareOf(all - ok, all)}
    </span>
  );
}
