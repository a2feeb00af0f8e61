/** Execution: what is signed, by which wallets, at which nonces; halt and resume. */
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { PlatformDocument, WalletDocument } from "../../generated/rest";
import { useAsk } from "../../live/use_ask";
import { Page } from "../../ui/page";
import { Card, Empty } from "../../ui/parts";
import { Answer } from "../../ui/query";
import { Standing, Venues } from "./venues";
import { WalletCard } from "./wallet_card";

const route = getRouteApi("/execution");

const STATE_TOPICS = ["system.trading_state_changed"];
const WALLET_TOPICS = ["wallet.", "exec.step_signed"];

export function ExecutionPage(): ReactNode {
  const selected = route.useSearch();
  const navigate = route.useNavigate();
  const platform = useAsk("GET /platform");
  const states = useAsk("GET /risk/states", {}, { topics: STATE_TOPICS });
  const wallets = useAsk("GET /wallets", {}, { topics: WALLET_TOPICS });
  const inForce = states.data?.states ?? [];
  return (
    <Page title="Execution">
      {states.data === undefined ? (
        <Card title="State of execution">
          <Answer query={states} rows={1}>
            {() => null}
          </Answer>
        </Card>
      ) : (
        <Standing states={inForce} />
      )}
      {platform.data !== undefined && <Venues platform={platform.data} states={inForce} />}
      {wallets.data === undefined || wallets.data.items.length === 0 ? (
        <Card title="Wallets">
          <Answer query={wallets}>{() => <NoWallets />}</Answer>
        </Card>
      ) : (
        wallets.data.items.map((wallet) => (
          <WalletCard
            key={wallet.wallet_id}
            wallet={wallet}
            scope={scopeOf(wallet, platform.data)}
            states={inForce}
            selected={selected.wallet === wallet.wallet_id ? (selected.nonce ?? null) : null}
            select={(nonce) =>
              void navigate({
                search: nonce === null ? {} : { wallet: wallet.wallet_id, nonce },
                replace: true,
              })
            }
          />
        ))
      )}
    </Page>
  );
}

/** A wallet's scope has the platform's name of its chain, and the address in lower case. */
function scopeOf(wallet: WalletDocument, platform: PlatformDocument | undefined): string | null {
  if (platform === undefined || wallet.chain !== `eip155:${platform.chain_id}`) return null;
  return `wallet:${platform.chain}:${wallet.address.toLowerCase()}`;
}

const NoWallets = (): ReactNode => (
  <Empty title="No wallet has signed anything">
    A wallet is shown here once its books have begun. On paper nothing is signed, and there is none.
  </Empty>
);
