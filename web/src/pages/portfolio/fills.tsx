/** The columns of a list of fills. */
import type { Fill } from "../../generated/rest";
import { shortHash } from "../../model/format";
import { Amount, Units } from "../../ui/money";
import { Ago } from "../../ui/now";
import { Copy } from "../../ui/parts";
import type { Column } from "../../ui/table";
import { IntentLink } from "../risk/links";
import { baseOf, Price } from "./positions";

const WEI_DECIMALS = 18;
const SIDES = { acquire: "Bought", dispose: "Sold" } as const;

export const FILL_COLUMNS: readonly Column<Fill>[] = [
  {
    name: "Pair",
    phone: "top",
    cell: ({ side, symbol, instrument }) => (
      <span title={instrument}>
        <span className="inline-block w-13">{SIDES[side]}</span>{" "}
        <span className="font-medium">{symbol}</span>
      </span>
    ),
  },
  { name: "Strategy", cell: ({ strategy_id }) => strategy_id },
  {
    name: "Intent",
    cell: ({ intent_id }) => <IntentLink id={intent_id} />,
  },
  {
    name: "Transaction",
    cell: ({ tx_hash }) => (
      <Copy text={tx_hash} what="the transaction's hash">
        {shortHash(tx_hash)}
      </Copy>
    ),
  },
  {
    name: "Quantity",
    isFigure: true,
    phone: "topEnd",
    cell: ({ qty, side, symbol }) => (
      <Amount value={side === "dispose" && qty !== null ? `-${qty}` : qty} unit={baseOf(symbol)} />
    ),
  },
  {
    name: "Price",
    isFigure: true,
    hint: "Quote for a whole token of base, fees included",
    phone: "belowEnd",
    cell: ({ price, symbol }) => <Price value={price} symbol={symbol} />,
  },
  {
    name: "Gas",
    isFigure: true,
    hint: "What the wallet paid for the transaction",
    cell: ({ fee_wei }) => <Units value={fee_wei} decimals={WEI_DECIMALS} unit="ETH" />,
  },
  {
    name: "Recorded",
    isFigure: true,
    phone: "below",
    cell: ({ timestamp }) => <Ago at={timestamp} />,
  },
];
