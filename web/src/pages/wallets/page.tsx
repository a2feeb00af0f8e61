/** What the platform's wallets hold beside what they should hold. */
import { getRouteApi } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import type { ReconciliationReport, WalletDocument } from "../../generated/rest";
import { useAsk } from "../../live/use_ask";
import { type PagesRead, usePages } from "../../live/use_pages";
import { Page } from "../../ui/page";
import { Card, Empty } from "../../ui/parts";
import { Answer } from "../../ui/query";
import { Tabs } from "../../ui/tabs";
import { Bookings } from "./bookings";
import { Comparisons } from "./comparisons";
import { Reconcile } from "./reconcile";
import { TABS, TOPICS } from "./search";
import { Transactions } from "./transactions";
import { Wallet } from "./wallet";

const route = getRouteApi("/wallets");

export function WalletsPage(): ReactNode {
  const wallets = useAsk("GET /wallets", {}, { topics: TOPICS });
  const reports = usePages("GET /wallets/reconcile/history", {}, TOPICS);
  const [isAsking, setAsking] = useState(false);
  return (
    <Page
      title="Wallets"
      aside={
        <button type="button" className="button" onClick={() => setAsking(true)}>
          Reconcile now…
        </button>
      }
    >
      <Answer query={wallets} rows={8}>
        {({ items }) =>
          items.length === 0 ? (
            <NoWallets />
          ) : (
            items.map((wallet) => (
              <Wallet key={wallet.wallet_id} wallet={wallet} reports={reports.rows ?? []} />
            ))
          )
        }
      </Answer>
      <History reports={reports} wallets={wallets.data?.items ?? []} />
      {isAsking && <Reconcile onClose={() => setAsking(false)} />}
    </Page>
  );
}

function NoWallets(): ReactNode {
  return (
    <Card title="Wallets">
      <Empty title="No wallet's books have begun">
        The books of a wallet begin when the treasury first compares it with the chain. Start one
        with <code className="mono">tradewind worker treasury</code>. A platform that trades on
        paper only has no wallet.
      </Empty>
    </Card>
  );
}

function History({
  reports,
  wallets,
}: {
  readonly reports: PagesRead<ReconciliationReport>;
  readonly wallets: readonly WalletDocument[];
}): ReactNode {
  const { tab = "comparisons", wallet } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <Tabs
      label="History of the wallets"
      tabs={TABS}
      selected={tab}
      onSelect={(key) => void navigate({ search: { tab: key } })}
    >
      {tab === "comparisons" && <Comparisons reports={reports} />}
      {tab === "bookings" && <Bookings wallets={wallets} />}
      {tab === "transactions" && (
        <Transactions
          wallets={wallets}
          selected={wallet}
          select={(id) => void navigate({ search: { tab, wallet: id } })}
        />
      )}
    </Tabs>
  );
}
