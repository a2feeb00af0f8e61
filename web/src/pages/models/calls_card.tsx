/** Questions to models one by one, the newest first, without what was said. */
import { type ReactNode, useState } from "react";
import type { DecisionStatus } from "../../generated/contracts";
import { DECISION_STATUSES } from "../../generated/reasons";
import type { ModelCall } from "../../generated/rest";
import { usePages } from "../../live/use_pages";
import { count } from "../../model/format";
import { microUsd } from "../../model/models";
import { lookOfStatus, statusWord } from "../../model/signal_words";
import type { Look } from "../../model/words";
import { NotKnown } from "../../ui/money";
import { Ago } from "../../ui/now";
import { Pages } from "../../ui/pages";
import { Badge, Card, Empty } from "../../ui/parts";
import { Select } from "../../ui/select";
import type { Column } from "../../ui/table";
import { Milliseconds } from "./compared";

const TOPICS = ["decision.made"];
const STATUSES = Object.keys(DECISION_STATUSES) as readonly DecisionStatus[];

export function CallsCard({ models }: { readonly models: readonly string[] }): ReactNode {
  const [model, setModel] = useState<string | undefined>(undefined);
  const [status, setStatus] = useState<string | undefined>(undefined);
  const read = usePages("GET /agents/llm/telemetry", { query: { model, status } }, TOPICS);
  return (
    <Card title="Questions">
      <search className="flex flex-wrap gap-2 border-b border-line px-4 py-2">
        <Select
          label="Model"
          any="Any model"
          isFilter
          value={model}
          options={models.map((one) => [one, one])}
          choose={setModel}
        />
        <Select
          label="How it ended"
          any="Any end"
          value={status}
          options={STATUSES.map((one) => [one, statusWord(one)])}
          choose={setStatus}
        />
      </search>
      <Pages
        read={read}
        label="Questions to models, the newest first"
        columns={COLUMNS}
        keyOf={({ signal_id, model: asked, attempt }) => `${signal_id} ${asked} ${attempt}`}
        empty={<Empty title="No such question">Nothing was asked that ended so.</Empty>}
      />
    </Card>
  );
}

const WAITING: Look = { mark: "○", word: "Waits", tone: "idle" };

const COLUMNS: readonly Column<ModelCall>[] = [
  { name: "Model", phone: "top", cell: ({ model }) => model },
  {
    name: "End",
    phone: "topEnd",
    cell: ({ status, detail }) => (
      <Badge look={status == null ? WAITING : lookOfStatus(status)} title={detail ?? ""} />
    ),
  },
  {
    name: "Signal",
    cell: ({ signal_id }) => (
      <a href={`/signal/${signal_id}`} className="mono text-accent hover:underline">
        …{signal_id.slice(-6)}
      </a>
    ),
  },
  {
    name: "Prompt",
    phone: "below",
    cell: ({ prompt_version }) => <span className="mono">{prompt_version}</span>,
  },
  { name: "Attempt", isFigure: true, cell: ({ attempt }) => count(attempt) },
  {
    name: "Took",
    isFigure: true,
    cell: ({ latency_ms }) => <Milliseconds ms={latency_ms} />,
  },
  {
    name: "Tokens in, out",
    isFigure: true,
    cell: ({ tokens_in, tokens_out }) =>
      tokens_in == null ? <NotKnown /> : `${count(tokens_in)}, ${count(tokens_out ?? 0)}`,
  },
  {
    name: "Cost",
    isFigure: true,
    cell: ({ cost_microusd }) => (cost_microusd == null ? <NotKnown /> : microUsd(cost_microusd)),
  },
  {
    name: "Asked",
    isFigure: true,
    phone: "belowEnd",
    cell: ({ claimed_at }) => <Ago at={claimed_at} />,
  },
];
