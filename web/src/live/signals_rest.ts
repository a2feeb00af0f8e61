/** What the gateway answers about signals, until the generated description has it. */
import type { DecisionDocument, PlatformEvent, SignalDocument } from "../generated/contracts";
import type { ModelsDocument } from "../model/models";

export interface SignalPage {
  readonly items: readonly SignalDocument[];
  readonly next_cursor?: string | null;
}

export interface SignalHistory {
  readonly signal: SignalDocument;
  readonly events: readonly PlatformEvent[];
}

export interface DecisionDetail {
  readonly decision: DecisionDocument;
  readonly prompt?: string | null;
  readonly raw_answer?: string | null;
}

declare module "../generated/rest" {
  interface Answers {
    "GET /signals": SignalPage;
    "GET /signals/{signal_id}": SignalHistory;
    "POST /signals/{signal_id}/approve": unknown;
    "POST /signals/{signal_id}/decline": unknown;
    "GET /decisions/{decision_id}": DecisionDetail;
    "GET /models": ModelsDocument;
  }
}
