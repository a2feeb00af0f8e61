/** What a portfolio did: fills, refusals, and the capital it was given. */
import type { ReactNode } from "react";
import { usePages } from "../../live/use_pages";
import { Pages } from "../../ui/pages";
import { Card, Empty } from "../../ui/parts";
import { Tabs } from "../../ui/tabs";
import { REFUSAL_TOPICS, Refusals } from "../risk/refusals";
import { CAPITAL_COLUMNS } from "./capital";
import { FILL_COLUMNS } from "./fills";
import { type ActivityTab, TABS } from "./tabs";

export function ActivityTabs({
  id,
  selected,
  onSelect,
}: {
  readonly id: string;
  readonly selected: ActivityTab;
  readonly onSelect: (tab: ActivityTab) => void;
}): ReactNode {
  return (
    <Tabs label="What it did" tabs={TABS} selected={selected} onSelect={onSelect}>
      {selected === "fills" && <Fills id={id} />}
      {selected === "refused" && <Refused id={id} />}
      {selected === "capital" && <Capital id={id} />}
    </Tabs>
  );
}

function Fills({ id }: { readonly id: string }): ReactNode {
  const read = usePages("GET /live/fills", { query: { portfolio_id: id } }, ["exec.step_filled"]);
  return (
    <Card title="Fills, the newest first">
      <Pages
        label="Fills"
        read={read}
        columns={FILL_COLUMNS}
        keyOf={(fill) => fill.id}
        empty={<Empty title="No fill yet">What is bought and sold for it is listed here.</Empty>}
      />
    </Card>
  );
}

function Refused({ id }: { readonly id: string }): ReactNode {
  const read = usePages("GET /live/blocks", { query: { portfolio_id: id } }, REFUSAL_TOPICS);
  return (
    <Card title="Intents of which nothing was executed, the newest first">
      <Refusals
        read={read}
        empty={
          <Empty title="Nothing was refused">
            An intent that a rule stops is listed here, with the rule.
          </Empty>
        }
      />
    </Card>
  );
}

function Capital({ id }: { readonly id: string }): ReactNode {
  const query = { portfolio_id: id, topics: "portfolio.funded" };
  const read = usePages("GET /events", { query }, ["portfolio.funded"]);
  return (
    <Card title="Capital that was given or taken back, the newest first">
      <Pages
        label="Capital"
        read={read}
        columns={CAPITAL_COLUMNS}
        keyOf={({ event }) => event.eventId}
        empty={
          <Empty title="It was given no capital">
            <code className="mono break-all">
              tradewind portfolio fund {id} --token USDC --amount 1000
            </code>{" "}
            says which tokens of the wallet are its own.
          </Empty>
        }
      />
    </Card>
  );
}
