/** The keys of the page: its views by number, its id, and the way back to the list. */
import { useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useKey } from "../../ui/keys";
import { lastPlace } from "../intents/place";
import { type IntentSearch, VIEW_NAMES, VIEWS, type View } from "./search";

export function PageKeys({
  id,
  choose,
}: {
  readonly id: string;
  readonly choose: (chosen: IntentSearch) => void;
}): ReactNode {
  const navigate = useNavigate();
  useKey("c", "Copy the intent's id", () => void navigator.clipboard.writeText(id));
  useKey("Escape", "Back to the list", () => {
    void navigate({ to: "/intents", search: lastPlace()?.filter ?? {} });
  });
  return VIEWS.map((view, place) => (
    <ViewKey key={view} number={place + 1} view={view} choose={choose} />
  ));
}

function ViewKey({
  number,
  view,
  choose,
}: {
  readonly number: number;
  readonly view: View;
  readonly choose: (chosen: IntentSearch) => void;
}): ReactNode {
  useKey(String(number), `Show the view ${VIEW_NAMES[view]}`, () => choose({ view }));
  return null;
}
