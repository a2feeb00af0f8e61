/** What the page knows of signals. */

import type { SignalDocument } from "../generated/contracts";
import { SIGNAL } from "../generated/lifecycles";
import { evolveSignal, type FoldedSignal, noSignalFolded } from "../model/signal_fold";
import { Documents } from "./documents";

export const isSignalOver = (document: SignalDocument): boolean =>
  SIGNAL.terminal.has(document.state);

export class SignalDocuments extends Documents<SignalDocument, FoldedSignal> {
  constructor() {
    super({
      prefix: "signal-",
      nothing: noSignalFolded,
      evolve: evolveSignal,
      documentOf: ({ signal }) => signal,
      idOf: ({ signal_id }) => signal_id,
      isOver: isSignalOver,
    });
  }
}
