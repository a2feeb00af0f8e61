/** The columns of a list of capital that was moved. */
import type { PortfolioFunded } from "../../generated/contracts";
import type { ListedEvent } from "../../generated/rest";
import { Amount, NotKnown } from "../../ui/money";
import { Ago } from "../../ui/now";
import type { Column } from "../../ui/table";

const KINDS = { allocation: "Allocation", adjustment: "Adjustment" } as const;

/** The list was asked for events of this topic alone. */
const fundingOf = ({ event }: ListedEvent): PortfolioFunded => event.payload as PortfolioFunded;

const signed = ({ amount, direction }: PortfolioFunded): string =>
  (direction === "out" ? "-" : "") + amount;

export const CAPITAL_COLUMNS: readonly Column<ListedEvent>[] = [
  {
    name: "What",
    phone: "top",
    cell: (row) => {
      const { kind, direction } = fundingOf(row);
      return kind == null ? (direction === "in" ? "Given" : "Taken back") : KINDS[kind];
    },
  },
  {
    name: "Note",
    cell: (row) => {
      const { note } = fundingOf(row);
      return note ? note : <NotKnown />;
    },
  },
  { name: "By", phone: "below", cell: (row) => fundingOf(row).requestedBy },
  {
    name: "Amount",
    isFigure: true,
    phone: "topEnd",
    cell: (row) => {
      const funding = fundingOf(row);
      return <Amount value={signed(funding)} unit={funding.token.symbol} />;
    },
  },
  {
    name: "When",
    isFigure: true,
    phone: "belowEnd",
    cell: ({ event }) => <Ago at={event.timestamp} />,
  },
];
