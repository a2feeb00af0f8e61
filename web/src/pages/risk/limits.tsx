/** The policy in force, scope by scope, and what a portfolio uses of it. */
import { type ReactNode, useId, useState } from "react";
import type { RiskLimitsInForce } from "../../generated/rest";
import { useAsk } from "../../live/use_ask";
import { shortHash } from "../../model/format";
import { Ago } from "../../ui/now";
import { Card, Copy, Empty } from "../../ui/parts";
import { Answer } from "../../ui/query";
import { PolicyDialog } from "./policy_dialog";
import { PolicyLimits } from "./policy_limits";
import { LimitsInForce } from "./usage";

export const LIMIT_TOPICS = ["system.risk_limits"];

interface Choice {
  readonly portfolio: string | undefined;
  readonly choose: (portfolio: string) => void;
}

export function Limits(choice: Choice): ReactNode {
  const query = useAsk("GET /risk/limits", {}, { topics: LIMIT_TOPICS });
  const [changed, setChanged] = useState<RiskLimitsInForce | null>(null);
  const inForce = query.data;
  return (
    <div className="grid items-start gap-4 xl:grid-cols-[3fr_2fr]">
      <Card
        title="Policy in force"
        aside={
          inForce !== undefined && (
            <button type="button" className="button h-7 px-2" onClick={() => setChanged(inForce)}>
              Change…
            </button>
          )
        }
      >
        <Answer query={query} rows={8}>
          {(answered) => <InForce inForce={answered} />}
        </Answer>
      </Card>
      <UsedBy {...choice} />
      {changed !== null && <PolicyDialog inForce={changed} onClose={() => setChanged(null)} />}
    </div>
  );
}

function InForce({ inForce }: { readonly inForce: RiskLimitsInForce }): ReactNode {
  const { version, content, applied_by, applied_at, limits } = inForce;
  if (version === 0) {
    return (
      <Empty title="No policy was ever applied">
        The settings of the risk role and the bounds of the pairs limit all the same.{" "}
        <code className="mono">tradewind limits apply risk.yaml</code> puts a policy into force.
      </Empty>
    );
  }
  return (
    <>
      <p className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-3 text-sm text-text2">
        <span className="font-medium text-text">Version {version}</span>
        {content && (
          <Copy text={content} what="the policy's hash">
            {shortHash(content)}
          </Copy>
        )}
        {applied_by && <span>by {applied_by}</span>}
        {applied_at && <Ago at={applied_at} />}
      </p>
      <PolicyLimits policy={limits} />
      <p className="border-t border-line px-4 py-2 text-xs text-text3">
        What is said of a portfolio's pair decides; else the tighter of what is said of the
        portfolio and of the pair; else the defaults. The hard limits cap all of it.
      </p>
    </>
  );
}

function UsedBy({ portfolio, choose }: Choice): ReactNode {
  const list = useAsk("GET /portfolios", { query: { limit: 200 } });
  const ids = list.data?.items.map(({ portfolio_id }) => portfolio_id) ?? [];
  const shown = portfolio ?? ids[0];
  return (
    <Card
      title="What is used"
      aside={shown !== undefined && <Chosen ids={ids} id={shown} choose={choose} />}
    >
      <Answer query={list}>
        {() =>
          shown === undefined ? (
            <Empty title="No portfolio yet">It begins with the first intent.</Empty>
          ) : (
            <UsedByOne key={shown} id={shown} />
          )
        }
      </Answer>
    </Card>
  );
}

function Chosen({
  ids,
  id,
  choose,
}: {
  readonly ids: readonly string[];
  readonly id: string;
  readonly choose: (id: string) => void;
}): ReactNode {
  const select = useId();
  return (
    <>
      <label htmlFor={select} className="sr-only">
        Portfolio
      </label>
      <select
        id={select}
        className="field h-7 w-auto max-w-48 text-sm"
        value={id}
        onChange={(event) => choose(event.target.value)}
      >
        {(ids.includes(id) ? ids : [id, ...ids]).map((one) => (
          <option key={one}>{one}</option>
        ))}
      </select>
    </>
  );
}

function UsedByOne({ id }: { readonly id: string }): ReactNode {
  const query = useAsk(
    "GET /portfolios/{portfolio_id}",
    { path: { portfolio_id: id } },
    { topics: ["portfolio.", ...LIMIT_TOPICS] },
  );
  return (
    <Answer query={query} rows={6}>
      {(portfolio) => <LimitsInForce portfolio={portfolio} applied={portfolio.limits} />}
    </Answer>
  );
}
