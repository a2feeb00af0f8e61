/** A row for each model. */
import type { ReactNode } from "react";
import { count, duration } from "../../model/format";
import {
  calibrationAt,
  currentPrompt,
  type ModelDocument,
  microUsd,
  shareOf,
  totalsOf,
} from "../../model/models";
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
  { name: "Counts", phone: "below", cell: ({ role }) => <RoleWord role={role} /> },
  {
    name: "Asked",
    isFigure: true,
    hint: "How often, with all versions of its prompt",
    cell: (model) => count(totalsOf(model).asked),
  },
  {
    name: "Answered",
    isFigure: true,
    phone: "topEnd",
    hint: "How many of its answers passed every check",
    cell: (model) => {
      const { asked, answered } = totalsOf(model);
      return (
        <>
          <PhoneLabel>answered</PhoneLabel>
          {shareOf(answered, asked)}
        </>
      );
    },
  },
  {
    name: "Half within",
    isFigure: true,
    hint: "Half of its answers take no longer",
    cell: (model) => <Milliseconds ms={currentPrompt(model)?.latency_p50_ms} />,
  },
  {
    name: "95 % within",
    isFigure: true,
    hint: "95 of 100 answers take no longer",
    cell: (model) => <Milliseconds ms={currentPrompt(model)?.latency_p95_ms} />,
  },
  {
    name: "Cost",
    isFigure: true,
    phone: "belowEnd",
    hint: "Of all questions, where prices are known",
    cell: (model) => {
      const { costMicrousd, isCostKnown } = totalsOf(model);
      return (
        <>
          <PhoneLabel>cost</PhoneLabel>
          {isCostKnown || costMicrousd > 0 ? microUsd(costMicrousd) : <NotKnown />}
        </>
      );
    },
  },
  {
    name: "Brier",
    isFigure: true,
    hint: "Mean squared error of its confidence: 0 is best, 0.25 is what guessing has",
    cell: (model) => {
      const found = calibrationAt(currentPrompt(model), horizon);
      return found?.brier == null ? <NotKnown /> : found.brier;
    },
  },
  {
    name: "Scored",
    isFigure: true,
    hint: "How many of its decisions have come due",
    cell: (model) => count(calibrationAt(currentPrompt(model), horizon)?.scored ?? 0),
  },
];

export const Milliseconds = ({ ms }: { readonly ms: number | null | undefined }): ReactNode =>
  ms == null ? <NotKnown /> : duration(ms);
