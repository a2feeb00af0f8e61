/** The documents of recorded prices over REST: docs/contracts/rest.md. */
import type { InstrumentStatus } from "../../generated/rest";

export interface SymbolDocument {
  readonly symbol: string;
  readonly instrument: string;
  readonly base: string;
  readonly quote: string;
  readonly sources: readonly string[];
  readonly status: InstrumentStatus | null;
  readonly last_price: string;
  readonly last_time: string;
  readonly stale: boolean;
  readonly intervals: readonly string[];
  readonly from: string;
  readonly to: string;
}

export interface CandleDocument {
  readonly time: string;
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly close: string;
  readonly volume: string | null;
  readonly ticks: number;
  readonly closed: boolean;
}

export interface CandleGap {
  readonly from: string;
  readonly to: string;
}

export interface CandlePage {
  readonly symbol: string;
  readonly instrument: string;
  readonly interval: string;
  readonly items: readonly CandleDocument[];
  readonly gaps: readonly CandleGap[];
}

export interface TickDocument {
  readonly time: string;
  readonly symbol: string;
  readonly instrument: string;
  readonly price: string;
  readonly source: string;
  readonly block_number: number | null;
  readonly volume: string | null;
  readonly sequence: number;
}
