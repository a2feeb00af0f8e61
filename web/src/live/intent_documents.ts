/** What the page knows of intents. */
import type { IntentDocument } from "../generated/contracts";
import { INTENT } from "../generated/lifecycles";
import { evolve, type Folded, nothingFolded } from "../model/fold";
import { Documents } from "./documents";

export const isOver = (document: IntentDocument): boolean => INTENT.terminal.has(document.state);

export class IntentDocuments extends Documents<IntentDocument, Folded> {
  constructor() {
    super({
      prefix: "intent-",
      nothing: nothingFolded,
      evolve,
      documentOf: ({ intent }) => intent,
      idOf: ({ intent_id }) => intent_id,
      isOver,
    });
  }
}
