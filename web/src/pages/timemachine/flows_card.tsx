/** What was on its way, and what had been counted. */
import type { ReactNode } from "react";
import { count } from "../../model/format";
import type { AsOf, OpenFlowsThen, RefusalCount } from "../../model/time/contract";
import { byDomain, lookOfFlow } from "../../model/time/flows";
import { Badge, Card } from "../../ui/parts";
import { type Column, Table } from "../../ui/table";
import { HistoryLink } from "./event_card";

export function FlowsCard({ at }: { readonly at: AsOf }): ReactNode {
  return (
    <>
      <Card title="On their way">
        {at.open_flows.length === 0 ? (
          <p className="p-4 text-text2">Nothing was on its way.</p>
        ) : (
          <Table
            label="Open histories by state"
            columns={FLOW_COLUMNS}
            rows={at.open_flows}
            keyOf={({ kind, last_topic }) => `${kind} ${last_topic}`}
          />
        )}
      </Card>
      {at.counters !== null && (
        <Card
          title="Events until then"
          aside={<span className="figures text-sm">{count(at.counters.events)}</span>}
        >
          <Topics topics={at.counters.by_topic} />
          {at.counters.refusals.length > 0 && (
            <Table
              label="Refusals until then"
              columns={REFUSAL_COLUMNS}
              rows={at.counters.refusals}
              keyOf={({ stage, reason }) => `${stage} ${reason}`}
            />
          )}
        </Card>
      )}
    </>
  );
}

const FLOW_COLUMNS: readonly Column<OpenFlowsThen>[] = [
  { name: "Kind", phone: "top", cell: ({ kind }) => <span className="capitalize">{kind}</span> },
  {
    name: "State",
    phone: "below",
    cell: (flows) => {
      const look = lookOfFlow(flows);
      return look === null ? (
        <span className="mono text-text2">{flows.last_topic}</span>
      ) : (
        <Badge look={look} title={flows.last_topic} />
      );
    },
  },
  { name: "Open", isFigure: true, phone: "topEnd", cell: (flows) => count(flows.count) },
  {
    name: "The oldest",
    phone: "more",
    hint: "The one that had been open for longest",
    cell: ({ oldest }) => <HistoryLink correlationId={oldest} />,
  },
];

const REFUSAL_COLUMNS: readonly Column<RefusalCount>[] = [
  { name: "Refused by", cell: ({ stage }) => stage },
  { name: "Times", isFigure: true, cell: (one) => count(one.count) },
  { name: "Reason", cell: ({ reason }) => <span className="mono text-text2">{reason}</span> },
];

/** A line of figures for each domain: dozens of topics would be a page of their own. */
const Topics = ({ topics }: { readonly topics: Readonly<Record<string, number>> }): ReactNode => (
  <dl className="divide-y divide-line border-b border-line text-sm last:border-b-0">
    {byDomain(topics).map(([domain, counts]) => (
      <div key={domain} className="grid grid-cols-[96px_1fr] gap-x-4 px-4 py-1.5">
        <dt className="text-text2">{domain}</dt>
        <dd className="flex flex-wrap gap-x-4 gap-y-0.5">
          {counts.map(([topic, times]) => (
            <span key={topic} title={topic} className="figures">
              {count(times)}{" "}
              <span className="text-text3">
                {topic.slice(domain.length + 1).replaceAll("_", " ")}
              </span>
            </span>
          ))}
        </dd>
      </div>
    ))}
  </dl>
);
