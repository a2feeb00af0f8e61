/** The limits in force for a portfolio, and what is used of them. */
import type { ReactNode } from "react";
import type { AppliedLimits, PortfolioSummary } from "../../generated/rest";
import { limitText, wordsOfLimit } from "../../model/limits";
import { type Usage, unmeasuredLimits, usagesOf } from "../../model/usage";
import { Fact, Facts } from "../../ui/facts";
import { Meter } from "../../ui/meter";
import { Empty } from "../../ui/parts";

export function LimitsInForce({
  portfolio,
  applied,
}: {
  readonly portfolio: PortfolioSummary;
  readonly applied: AppliedLimits;
}): ReactNode {
  if (applied.limits.length === 0) {
    return (
      <Empty title="No policy limits it">
        <code className="mono">tradewind limits apply risk.yaml</code> puts limits into force.
      </Empty>
    );
  }
  const usages = usagesOf(portfolio, applied);
  return (
    <>
      {usages.length > 0 && (
        <ul className="grid gap-3 border-b border-line p-4">
          {usages.map((usage) => (
            <Used key={usage.name} usage={usage} />
          ))}
        </ul>
      )}
      <Others limits={unmeasuredLimits(applied)} />
      <p className="border-t border-line px-4 py-2 text-xs text-text3">
        Version {applied.policy_version} of the policy. A pair may have tighter limits.
      </p>
    </>
  );
}

function Used({ usage }: { readonly usage: Usage }): ReactNode {
  const { name, scope, limit, used, shown } = usage;
  const words = wordsOfLimit(name);
  return (
    <li className="flex flex-col gap-1">
      <div className="flex items-baseline justify-between gap-3 text-sm">
        <span title={words.says}>{words.name}</span>
        <span className="figures text-text2" title={`${name}, by ${scope}`}>
          {shown}
        </span>
      </div>
      {used === null ? (
        <p className="text-xs text-warn">
          A token has no price, or there is no capital: this limit refuses what it is about.
        </p>
      ) : (
        <Meter name={words.name} value={used} limit={limit} shown={shown} />
      )}
    </li>
  );
}

function Others({ limits }: { readonly limits: AppliedLimits["limits"] }): ReactNode {
  return (
    <Facts isStacked>
      {limits.map(({ name, value, scope }) => (
        <Fact key={name} name={wordsOfLimit(name).name} hint={wordsOfLimit(name).says}>
          <span className="figures" title={`${name}: ${value}, by ${scope}`}>
            {limitText(name, value)}
          </span>
        </Fact>
      ))}
    </Facts>
  );
}
