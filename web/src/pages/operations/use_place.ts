/** What the drawer shows is part of the address, so that it can be sent to somebody. */
import { useNavigate, useSearch } from "@tanstack/react-router";
import type { OperationsSearch } from "./search";

interface Place {
  readonly search: OperationsSearch;
  /** Changing what is shown can be taken back by the browser's button. */
  readonly change: (changes: OperationsSearch) => void;
  readonly close: () => void;
}

export function usePlace(): Place {
  const search = useSearch({ from: "/ops/$tab" });
  const navigate = useNavigate({ from: "/ops/$tab" });
  const change = (changes: OperationsSearch): void =>
    void navigate({ search: (before) => ({ ...before, ...changes }) });
  return { search, change, close: () => change({ open: undefined }) };
}
