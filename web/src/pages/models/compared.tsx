/** A row for each model. */
import type { ReactNode } from "react";
import type { ModelDocument } from "../../generated/rest";
import { count, duration } from "../../model/format";
import { microUsd, newestCalls, newestScore, roleOf, shareOf, totalsOf } from "../../model/models";
import { NotKnown } from "../../ui/money";
import { PhoneLabel } from "../../ui/phone_label";
import { type Column, Table } from "../../ui/table";
import { RoleWord } from "./role_word";

export const Compared = ({
  models,
  horizon,
}: {
  readonly models: readonly ModelDocument[];
  readonly horizon: number | undefined;
}): ReactNode => (
  <Table
    label="Models side by side"
    columns={columnsOf(horizon)}
    rows={models}
    keyOf={({ model }) => model}
  />
);

const columnsOf = (horizon: number | undefined): readonly Column<ModelDocument>[] => [
  {
    name: "Model",
    phone: "top",
    cell: ({ model }) => (
      <a href={`#model-${model}`} className="hover:text-accent hover:underline">
        {model}
      </a>
    ),
  },
  { name: "Counts", phone: "below", cell: (model) => <RoleWord role={roleOf(model)} /> },
  {
    name: "Asked",
    isFigure: true,
    hint: "How often, with all versions of its prompt",
    cell: (model) => count(totalsOf(model).calls),
  },
  {
    name: "Answered",
    isFigure: true,
    phone: "topEnd",
    hint: "How many of its answers passed every check",
    cell: (model) => {
      const { ended, answered } = totalsOf(model);
      return (
        <>
          <PhoneLabel>answered</PhoneLabel>
          {shareOf(answered, ended)}
        </>
      );
    },
  },
  {
    name: "Half within",
    isFigure: true,
    hint: "Half of its answers take no longer",
    cell: (model) => <Milliseconds ms={newestCalls(model)?.latency_p50_ms} />,
  },
  {
    name: "95 % within",
    isFigure: true,
    hint: "95 of 100 answers take no longer",
    cell: (model) => <Milliseconds ms={newestCalls(model)?.latency_p95_ms} />,
  },
  {
    name: "Cost",
    isFigure: true,
    phone: "belowEnd",
    hint: "Of all questions, where prices are known",
    cell: (model) => {
      const { costMicrousd } = totalsOf(model);
      return (
        <>
          <PhoneLabel>cost</PhoneLabel>
          {costMicrousd === null ? <NotKnown /> : microUsd(costMicrousd)}
        </>
      );
    },
  },
  {
    name: "Brier",
    isFigure: true,
    hint: "Mean squared error of its confidence: 0 is best, 0.25 is what guessing has",
    cell: (model) => {
      const brier = newestScore(model, horizon)?.calibration.brier;
      return brier == null ? <NotKnown /> : brier;
    },
  },
  {
    name: "Scored",
    isFigure: true,
    hint: "How many of its decisions have come due",
    cell: (model) => count(newestScore(model, horizon)?.calibration.outcomes ?? 0),
  },
];

export const Milliseconds = ({ ms }: { readonly ms: number | null | undefined }): ReactNode =>
  ms == null ? <NotKnown /> : duration(ms);
