/** Every metric with what it means; one that is not defined says why. */
import type { ReactNode } from "react";
import type { Costs, Metrics } from "../../model/backtests/contract";
import {
  exact,
  METRIC_GROUPS,
  METRICS,
  type MetricName,
  metricText,
  whyUndefined,
} from "../../model/backtests/metrics";
import { amount, count } from "../../model/format";
import { Card } from "../../ui/parts";

export function MetricsCard({
  metrics,
  quote,
}: {
  readonly metrics: Metrics & { readonly costs: Costs };
  readonly quote: string;
}): ReactNode {
  return (
    <Card title="Metrics" aside={<span className="mono text-text3">{metrics.version}</span>}>
      <div className="grid gap-x-8 gap-y-5 p-4 md:grid-cols-2 xl:grid-cols-3">
        {METRIC_GROUPS.map(({ title, names }) => (
          <Group key={title} title={title}>
            {names.map((name) => (
              <MetricRow key={name} name={name} metrics={metrics} />
            ))}
          </Group>
        ))}
        <CostsGroup costs={metrics.costs} quote={quote} />
        <RefusedGroup refused={metrics.refused} />
      </div>
    </Card>
  );
}

const Group = ({
  title,
  children,
}: {
  readonly title: string;
  readonly children: ReactNode;
}): ReactNode => (
  <div className="min-w-0">
    <h3 className="pb-1 text-xs font-medium text-text2">{title}</h3>
    <dl className="divide-y divide-line text-sm">{children}</dl>
  </div>
);

const Row = ({
  name,
  says,
  children,
}: {
  readonly name: string;
  readonly says?: string;
  readonly children: ReactNode;
}): ReactNode => (
  <div className="flex items-start justify-between gap-4 py-1.5">
    <dt className="min-w-0">
      {name}
      {says !== undefined && <span className="block text-xs text-text3">{says}</span>}
    </dt>
    <dd className="figures shrink-0 text-right">{children}</dd>
  </div>
);

function MetricRow({
  name,
  metrics,
}: {
  readonly name: MetricName;
  readonly metrics: Metrics;
}): ReactNode {
  const value = metrics[name];
  const text = metricText(name, value);
  const { name: word, says } = METRICS[name];
  return (
    <Row name={word} says={text === null ? whyUndefined(metrics, name) : says}>
      {text === null || value === null ? (
        <span className="text-text3">not defined</span>
      ) : (
        <span title={exact(value)}>{text}</span>
      )}
    </Row>
  );
}

const COSTS = {
  pool_fees: ["Pool fees", "What the pools kept of every swap."],
  gas: ["Gas", "Of swaps that were filled."],
  reverted_gas: ["Gas of reverts", "Of swaps that failed on arrival."],
  price_impact: ["Price impact", "Against the mid price before each swap."],
  volume: ["Volume", "All that was traded."],
} as const satisfies Readonly<Record<keyof Costs, readonly [name: string, says: string]>>;

function CostsGroup({
  costs,
  quote,
}: {
  readonly costs: Costs;
  readonly quote: string;
}): ReactNode {
  return (
    <Group title={`Costs, in ${quote}`}>
      {(Object.keys(COSTS) as (keyof Costs)[]).map((name) => (
        <Row key={name} name={COSTS[name][0]} says={COSTS[name][1]}>
          <span title={costs[name]}>{amount(costs[name], 2)}</span>
        </Row>
      ))}
    </Group>
  );
}

function RefusedGroup({
  refused,
}: {
  readonly refused: Readonly<Record<string, number>>;
}): ReactNode {
  const reasons = Object.entries(refused).sort((left, right) => right[1] - left[1]);
  return (
    <Group title="Refused signals">
      {reasons.length === 0 && <Row name="None was refused">{count(0)}</Row>}
      {reasons.map(([reason, times]) => (
        <div key={reason} className="flex justify-between gap-4 py-1.5">
          <dt className="mono min-w-0 break-all">{reason}</dt>
          <dd className="figures">{count(times)}</dd>
        </div>
      ))}
    </Group>
  );
}
