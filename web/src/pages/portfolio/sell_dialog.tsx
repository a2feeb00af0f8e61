/** Asks before a position, or everything, is sold; then shows what comes of it. */
import { type ReactNode, useState } from "react";
import type { Closing, LeftOut, PositionDocument } from "../../generated/rest";
import { useIntent } from "../../live/live";
import { newRequestKey } from "../../live/request_key";
import { ask } from "../../live/rest";
import { amount } from "../../model/format";
import { fractionOfPercent } from "../../model/fraction";
import { Confirm } from "../../ui/dialog";
import { SelectField, TextField } from "../../ui/field";
import { IntentBadge } from "../../ui/parts";
import { IntentLink } from "../risk/links";
import { baseOf } from "./positions";

const WINDOWS = [
  { value: "60", name: "1 minute" },
  { value: "300", name: "5 minutes" },
  { value: "900", name: "15 minutes" },
  { value: "3600", name: "1 hour" },
] as const;

const LEFT_OUT: Readonly<Record<LeftOut, string>> = {
  SHORT: "more was sold than bought: there is nothing to sell",
  UNDER_WAY: "intents under way may sell all of it already",
  AMOUNT_LIMIT: "it is more than one intent can name: sell it in parts",
  PAGE_LIMIT: "one request closes 50 positions: ask again",
};

type What = PositionDocument | "everything";

interface Terms {
  readonly percent: string;
  readonly seconds: string;
}

export function SellDialog({
  portfolio,
  what,
  onClose,
}: {
  readonly portfolio: string;
  readonly what: What;
  readonly onClose: () => void;
}): ReactNode {
  const [terms, setTerms] = useState<Terms>({ percent: "1", seconds: "300" });
  const [key] = useState(newRequestKey);
  const [closing, setClosing] = useState<Closing | null>(null);
  const slippage = fractionOfPercent(terms.percent);
  const act = async (): Promise<void> => {
    if (slippage === null) throw new RangeError("slippage is not a percentage");
    setClosing(await sell(portfolio, what, slippage, terms.seconds, key));
  };
  return (
    <Confirm
      title={
        what === "everything" ? `Flatten ${portfolio}` : `Close ${what.symbol} in ${portfolio}`
      }
      verb={verbOf(what)}
      isIncomplete={slippage === null}
      act={act}
      done={closing && <Requested closing={closing} />}
      onClose={onClose}
    >
      <div className="flex flex-col gap-4">
        <p>{effectOf(what)}</p>
        <TermFields terms={terms} onChange={setTerms} isWrong={slippage === null} />
      </div>
    </Confirm>
  );
}

function TermFields({
  terms,
  onChange,
  isWrong,
}: {
  readonly terms: Terms;
  readonly onChange: (terms: Terms) => void;
  readonly isWrong: boolean;
}): ReactNode {
  return (
    <>
      <TextField
        label="Slippage that is allowed"
        unit="%"
        type="decimal"
        value={terms.percent}
        onChange={(percent) => onChange({ ...terms, percent })}
        error={isWrong ? "Write a percentage from 0 to 100, such as 0.5." : undefined}
      />
      <SelectField
        label="Time window"
        hint="What is not in flight by then expires."
        value={terms.seconds}
        onChange={(seconds) => onChange({ ...terms, seconds })}
        options={WINDOWS}
      />
    </>
  );
}

/** The same terms under the same key sell once, however often they are sent. */
function sell(
  portfolio: string,
  what: What,
  slippage: string,
  seconds: string,
  key: string,
): Promise<Closing> {
  const terms = { max_slippage: slippage, time_window: Number(seconds) };
  const asked = {
    path: { portfolio_id: portfolio },
    // Other terms under the same key would be refused.
    idempotencyKey: `${key}-${slippage}-${seconds}`,
  };
  if (what === "everything") {
    return ask("POST /portfolios/{portfolio_id}/flatten", { ...asked, body: terms });
  }
  const body = { ...terms, instrument: what.instrument };
  return ask("POST /portfolios/{portfolio_id}/close", { ...asked, body });
}

/** What is held when it is asked for is sold, so no amount is named before. */
const verbOf = (what: What): string =>
  what === "everything" ? "Sell everything" : `Sell all ${baseOf(what.symbol)}`;

const effectOf = (what: What): string =>
  what === "everything"
    ? "Submits an intent for each position that sells all of it, 50 at most. They go through risk like any other, which lets sales of what is held pass while only reducing is allowed."
    : `Submits an intent that sells what the portfolio holds of ${what.symbol} when it is asked for. It goes through risk like any other, which lets a sale of what is held pass while only reducing is allowed.`;

function Requested({ closing }: { readonly closing: Closing }): ReactNode {
  const { intents, left_out } = closing;
  return (
    <div className="flex flex-col gap-3">
      <p>
        {intents.length === 0
          ? "No intent was submitted."
          : "Requested. These intents sell what is held; their states follow by themselves."}
      </p>
      <ul className="flex flex-col gap-2">
        {intents.map(({ intent_id, instrument, qty }) => (
          <li key={intent_id} className="flex flex-wrap items-center gap-2">
            <IntentLink id={intent_id} />
            <span className="figures">{amount(qty)}</span> of {instrument}
            <StateOf id={intent_id} />
          </li>
        ))}
        {left_out.map(({ instrument, reason }) => (
          <li key={instrument}>
            {instrument}: {LEFT_OUT[reason]}.
          </li>
        ))}
      </ul>
    </div>
  );
}

/** How far it is, and why it went no further. */
function StateOf({ id }: { readonly id: string }): ReactNode {
  const intent = useIntent(id);
  if (intent === undefined) return null;
  const { detail, reason } = intent.summary;
  return (
    <>
      <IntentBadge intent={intent} />
      {reason != null && <span className="w-full text-text2">{detail ?? reason}</span>}
    </>
  );
}
