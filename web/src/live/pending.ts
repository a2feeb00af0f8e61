/**
 * Routes whose description is not generated yet. An entry goes as soon as the generated interface
 * has its own: TypeScript then refuses whichever of the two is not like the other.
 */

import type { PlatformEvent } from "../generated/contracts";
import type {
  AcceptedRun,
  ComparedRuns,
  DatasetDocument,
  EquityCurve,
  Results,
  RunDetail,
  RunDocument,
  StrategyDocument,
  Trade,
} from "../model/backtests/contract";
import type { CandlePage, SymbolDocument, TickDocument } from "../model/market/contract";
import type { AsOf } from "../model/time/contract";
import type { WhatIf } from "../model/whatif/contract";

interface Page<Item> {
  readonly items: readonly Item[];
  readonly next_cursor?: string | number | null;
}

declare module "../generated/rest" {
  interface Answers {
    "POST /backtests": AcceptedRun;
    "GET /backtests": Page<RunDocument>;
    "GET /backtests/{run_id}": RunDetail;
    "GET /backtests/{run_id}/results": Results;
    "GET /backtests/{run_id}/equity": EquityCurve;
    "GET /backtests/{run_id}/trades": Page<Trade>;
    "GET /backtests/{run_id}/trades/{number}/events": Page<PlatformEvent>;
    "GET /backtests/{run_id}/trades.csv": string;
    "POST /backtests/{run_id}/cancel": RunDocument;
    "DELETE /backtests/{run_id}": undefined;
    "GET /backtests/compare": ComparedRuns;
    "GET /strategies": Page<StrategyDocument>;
    "GET /datasets": Page<DatasetDocument>;
    "GET /market/symbols": Page<SymbolDocument>;
    "GET /market/candles": CandlePage;
    "GET /market/ticks": Page<TickDocument>;
    "GET /as-of/{sequence}": AsOf;
    "POST /whatif": WhatIf;
  }
}
