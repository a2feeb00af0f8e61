/** How the states of what was set aside are shown. */
import type { LoopDocument, RoleDocument, State } from "../../generated/rest";
import type { Look } from "../../model/words";

export const LETTER_LOOKS: Readonly<Record<State, Look>> = {
  open: { mark: "!", word: "Open", tone: "warn" },
  retried: { mark: "◑", word: "Sent again", tone: "run" },
  resolved: { mark: "–", word: "Resolved", tone: "off" },
};

export const ROLE_LOOKS: Readonly<Record<RoleDocument["status"], Look>> = {
  alive: { mark: "✓", word: "Alive", tone: "ok" },
  stalled: { mark: "✕", word: "Stalled", tone: "bad" },
  missing: { mark: "✕", word: "Missing", tone: "bad" },
  unknown: { mark: "?", word: "Not heard yet", tone: "idle" },
};

export const ROLE_SENTENCES: Readonly<Record<RoleDocument["status"], string>> = {
  alive: "Its processes are heard and all their loops move.",
  stalled: "A loop of it does not move any more: restart that process.",
  missing: "No process of it is heard: nothing that needs it goes on. Start one.",
  unknown: "The gateway has not listened long enough to know.",
};

export const LOOP_LOOKS: Readonly<Record<LoopDocument["status"], Look>> = {
  alive: { mark: "✓", word: "Moves", tone: "ok" },
  stalled: { mark: "✕", word: "Stalled", tone: "bad" },
};
