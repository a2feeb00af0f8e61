/** The columns of a list of what intents take of their portfolio's budget. */
import type { AllocationDocument } from "../../generated/rest";
import type { Look } from "../../model/words";
import { Usd } from "../../ui/money";
import { Ago } from "../../ui/now";
import { Badge } from "../../ui/parts";
import type { Column } from "../../ui/table";
import { IntentLink, PortfolioLink } from "./links";

const LOOKS: Readonly<Record<string, Look>> = {
  claimed: { mark: "◑", word: "Claimed", tone: "run" },
  used: { mark: "✓", word: "Used", tone: "ok" },
  released: { mark: "–", word: "Released", tone: "off" },
  expired: { mark: "–", word: "Expired", tone: "off" },
  rejected: { mark: "⊘", word: "Refused", tone: "warn" },
};

const lookOf = (status: string): Look => LOOKS[status] ?? { mark: "○", word: status, tone: "idle" };

/** `ethereum-WETH-USDC` is the pair `WETH/USDC`. */
const pairOf = (instrument: string): string => instrument.split("-").slice(1).join("/");

export const COLUMNS: readonly Column<AllocationDocument>[] = [
  { name: "Status", phone: "top", cell: ({ status }) => <Badge look={lookOf(status)} /> },
  {
    name: "Order",
    phone: "below",
    cell: ({ side, instrument }) => (
      <span title={instrument}>
        {side === "acquire" ? "Buy" : "Sell"} {pairOf(instrument)}
      </span>
    ),
  },
  { name: "Portfolio", cell: ({ portfolio_id }) => <PortfolioLink id={portfolio_id} /> },
  { name: "Strategy", cell: ({ strategy_id }) => strategy_id },
  { name: "Intent", phone: "hidden", cell: ({ id }) => <IntentLink id={id} /> },
  {
    name: "Claimed",
    isFigure: true,
    hint: "What it was approved for",
    phone: "topEnd",
    cell: ({ claim_amount }) => <Usd value={claim_amount} />,
  },
  {
    name: "Came back",
    isFigure: true,
    hint: "What was not spent is free again",
    cell: ({ release_amount }) => <Usd value={release_amount} />,
  },
  {
    name: "Approved",
    isFigure: true,
    phone: "belowEnd",
    cell: ({ claim_timestamp }) => <Ago at={claim_timestamp} />,
  },
];
