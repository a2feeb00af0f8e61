/** Routes whose description is not generated yet; once it is, their entry here may go. */

import type { PlatformEvent } from "../generated/contracts";
import type { Answers } from "../generated/rest";
import type {
  AcceptedRun,
  ComparedRuns,
  DatasetDocument,
  EquityCurve,
  Results,
  RunDetail,
  RunDocument,
  StrategyDocument,
  SweepDocument,
  Trade,
} from "../model/backtests/contract";
import type { CandlePage, SymbolDocument, TickDocument } from "../model/market/contract";
import type { AsOf } from "../model/time/contract";
import type { WhatIf } from "../model/whatif/contract";

interface Page<Item> {
  readonly items: readonly Item[];
  readonly next_cursor?: string | number | null;
}

interface Pending {
  "POST /backtests": AcceptedRun;
  "GET /backtests": Page<RunDocument>;
  "GET /backtests/{run_id}": RunDetail;
  "GET /backtests/{run_id}/results": Results;
  "GET /backtests/{run_id}/equity": EquityCurve;
  "GET /backtests/{run_id}/trades": Page<Trade>;
  "GET /backtests/{run_id}/trades/{number}/events": Page<PlatformEvent>;
  "GET /backtests/{run_id}/trades.csv": string;
  "POST /backtests/{run_id}/cancel": Pick<RunDocument, "run_id" | "status">;
  "DELETE /backtests/{run_id}": undefined;
  "GET /backtests/compare": ComparedRuns;
  "GET /sweeps/{sweep_id}": SweepDocument;
  "POST /sweeps/{sweep_id}/cancel": SweepDocument;
  "GET /strategies": Page<StrategyDocument>;
  "GET /datasets": Page<DatasetDocument>;
  "GET /market/symbols": Page<SymbolDocument>;
  "GET /market/candles": CandlePage;
  "GET /market/ticks": Page<TickDocument>;
  "GET /as-of/{sequence}": AsOf;
  "POST /whatif": WhatIf;
}

/** What is generated counts where there is both. */
export type AllAnswers = Answers & Omit<Pending, keyof Answers>;
