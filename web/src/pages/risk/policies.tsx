/** Which policies were put into force, by whom and when; each shows what it said. */
import { type ReactNode, useState } from "react";
import type { RiskLimitsDefined } from "../../generated/contracts";
import type { RiskLimitsApplication } from "../../generated/rest";
import { useAsk } from "../../live/use_ask";
import { usePages } from "../../live/use_pages";
import { shortHash } from "../../model/format";
import { Dialog } from "../../ui/dialog";
import { Ago } from "../../ui/now";
import { Pages } from "../../ui/pages";
import { Card, Copy, Empty } from "../../ui/parts";
import { Answer } from "../../ui/query";
import type { Column } from "../../ui/table";
import { LIMIT_TOPICS } from "./limits";
import { PolicyLimits } from "./policy_limits";

export function Policies(): ReactNode {
  const read = usePages("GET /risk/limits/history", {}, LIMIT_TOPICS);
  const [shown, show] = useState<RiskLimitsApplication | null>(null);
  return (
    <Card title="Policies, the newest first">
      <Pages
        label="Policies"
        read={read}
        columns={[...COLUMNS, showing(show)]}
        keyOf={({ id }) => id}
        empty={
          <Empty title="No policy was ever applied">
            <code className="mono">tradewind limits apply risk.yaml</code> puts one into force, and
            this list tells by whom.
          </Empty>
        }
      />
      {shown !== null && <VersionDialog application={shown} onClose={() => show(null)} />}
    </Card>
  );
}

function VersionDialog({
  application: { version, content },
  onClose,
}: {
  readonly application: RiskLimitsApplication;
  readonly onClose: () => void;
}): ReactNode {
  const query = useAsk("GET /events", {
    query: { correlation_id: `system-${content}`, topics: "system.risk_limits_defined" },
  });
  return (
    <Dialog title={`Policy, version ${version}`} onClose={onClose} isWide>
      <div className="-mx-4 -mt-[17px] -mb-4">
        <Answer query={query}>
          {({ items: [defined] }) =>
            defined === undefined ? (
              <Empty title="The ledger does not have it yet">Look again in a moment.</Empty>
            ) : (
              <PolicyLimits policy={(defined.event.payload as RiskLimitsDefined).limits} />
            )
          }
        </Answer>
      </div>
    </Dialog>
  );
}

const showing = (show: (one: RiskLimitsApplication) => void): Column<RiskLimitsApplication> => ({
  name: "Show",
  isNameHidden: true,
  isFigure: true,
  phone: "belowEnd",
  cell: (one) => (
    <button
      type="button"
      className="button h-7 px-2"
      aria-label={`Show version ${one.version}`}
      onClick={() => show(one)}
    >
      Show
    </button>
  ),
});

const COLUMNS: readonly Column<RiskLimitsApplication>[] = [
  { name: "Version", phone: "top", cell: ({ version }) => `Version ${version}` },
  {
    name: "Hash",
    phone: "below",
    cell: ({ content }) => (
      <Copy text={content} what="the policy's hash">
        {shortHash(content)}
      </Copy>
    ),
  },
  { name: "By", phone: "more", cell: ({ applied_by }) => applied_by },
  {
    name: "Applied",
    isFigure: true,
    phone: "topEnd",
    cell: ({ applied_at }) => <Ago at={applied_at} />,
  },
];
