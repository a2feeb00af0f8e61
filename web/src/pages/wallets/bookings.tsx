/** The books of the wallets: what was booked beside their own transactions, and why. */
import type { ReactNode } from "react";
import type { PlatformEvent } from "../../generated/contracts";
import type { WalletDocument } from "../../generated/rest";
import { usePages } from "../../live/use_pages";
import { formatDecimal, fromBaseUnits } from "../../model/decimal";
import { NotKnown } from "../../ui/money";
import { Ago } from "../../ui/now";
import { Pages } from "../../ui/pages";
import { Card, Empty, TONES } from "../../ui/parts";
import type { Column } from "../../ui/table";
import { BOOKING, type Booking, bookingsOf, type Kind } from "./booking";
import { CAUSES } from "./causes";
import { driftTone, signed } from "./drift";

const TOPICS = BOOKING.join(",");

export function Bookings({ wallets }: { readonly wallets: readonly WalletDocument[] }): ReactNode {
  const read = usePages("GET /events", { query: { topics: TOPICS } }, BOOKING);
  const rows = read.rows?.flatMap(({ event }) =>
    bookingsOf(event as unknown as PlatformEvent).map((booking) => completed(booking, wallets)),
  );
  return (
    <Card title="Bookings">
      <Pages
        read={{ ...read, rows }}
        label="Bookings"
        columns={COLUMNS}
        keyOf={({ key }) => key}
        empty={
          <Empty title="Nothing is booked yet">
            What a wallet held when its books began, what came to it from outside, and what an
            operator answered for is listed here. What its own transactions moved is under
            Transactions.
          </Empty>
        }
      />
    </Card>
  );
}

interface Row extends Booking {
  readonly wallet: string;
}

/** With the wallet's name, and the decimals that an adjustment does not tell. */
function completed(booking: Booking, wallets: readonly WalletDocument[]): Row {
  const wallet = wallets.find((one) => one.wallet_id === booking.walletId);
  const balance = wallet?.balances.find(({ token }) => token === booking.token);
  return {
    ...booking,
    decimals: booking.decimals ?? balance?.decimals ?? null,
    wallet: wallet?.name ?? booking.walletId,
  };
}

function Moved({ amount, decimals, currency, kind }: Row): ReactNode {
  if (decimals === null) return <NotKnown />;
  const whole = formatDecimal(fromBaseUnits(amount, decimals));
  const tone = kind === "opening" ? "" : TONES[driftTone(whole)];
  return (
    <span title={`${whole} ${currency}`} className="figures">
      <span className={tone}>{signed(whole, decimals)}</span>{" "}
      <span className="text-text3">{currency}</span>
    </span>
  );
}

const KINDS: Readonly<Record<Kind, string>> = {
  opening: "Opening balance",
  explained: "Explained",
  answered: "Answered for",
};

const COLUMNS: readonly Column<Row>[] = [
  {
    name: "Booking",
    phone: "top",
    cell: ({ kind, cause }) =>
      cause === null ? (
        KINDS[kind]
      ) : (
        <span title={CAUSES[cause].meaning}>{CAUSES[cause].word}</span>
      ),
  },
  { name: "Amount", phone: "belowEnd", isFigure: true, cell: Moved },
  {
    name: "Why",
    phone: "below",
    cell: ({ why }) => (
      <span title={why} className="block max-w-96 truncate text-text2">
        {why}
      </span>
    ),
  },
  { name: "Wallet", cell: ({ wallet }) => <span className="mono">{wallet}</span> },
  { name: "When", phone: "topEnd", isFigure: true, cell: ({ at }) => <Ago at={at} /> },
];
