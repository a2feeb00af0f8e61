/** Which platform this is, and whether it may trade: on every page. */
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useAsk } from "../live/use_ask";
import { modeLook } from "../model/platform";
import { lookOfTrading, STATE_SENTENCES, worstOfEverything } from "../model/scopes";
import { TONES } from "./parts";

const RISK_PAGE: string = "/risk";
const A_MINUTE_MS = 60_000;

export function ModeBadge(): ReactNode {
  const { data } = useAsk("GET /platform", {}, { everyMs: A_MINUTE_MS });
  if (data === undefined) return null;
  const { word, meaning, tone } = modeLook(data.mode, data.chain_id);
  return (
    <span
      title={meaning}
      className={`tint h-6 rounded px-2 text-xs leading-6 font-medium whitespace-nowrap ${TONES[tone]}`}
    >
      {word}
    </span>
  );
}

/** A halt concerns everybody; that all is well is said where there is room. */
export function TradingBadge(): ReactNode {
  const { data } = useAsk("GET /risk/states", {}, { topics: ["system.trading_state"] });
  if (data === undefined) return null;
  const worst = worstOfEverything(data.states);
  const look = lookOfTrading(worst);
  return (
    <Link
      to={RISK_PAGE}
      title={STATE_SENTENCES[worst]}
      className={`tint flex h-6 items-center gap-1.5 rounded px-2 text-xs font-medium whitespace-nowrap ${TONES[look.tone]} ${look.tone === "ok" ? "max-lg:hidden" : ""}`}
    >
      <span aria-hidden="true">{look.mark}</span>
      {look.word}
    </Link>
  );
}
