/** The search that every page has. What it looks through is loaded for it alone. */
import { CatchBoundary } from "@tanstack/react-router";
import { lazy, type ReactNode, Suspense, useEffect, useId, useRef, useState } from "react";
import { loaded } from "./lazy_page";
import { PageError } from "./page_error";

const load = () => import("./palette").then(({ Palette }) => Palette);
const Palette = lazy(async () => ({ default: await loaded(load) }));

export const preloadSearch = (): void => void load().catch(() => undefined);

export const SEARCH_HINT = "A page, or an id, hash or address";
export const SEARCH_INPUT =
  "h-12 w-full border-b border-line bg-transparent px-4 text-lg outline-none placeholder:text-text3";

export function Search({ onClose }: { readonly onClose: () => void }): ReactNode {
  const dialog = useRef<HTMLDialogElement>(null);
  const [text, setText] = useState("");
  const label = useId();
  useEffect(() => {
    const shown = dialog.current;
    shown?.showModal();
    shown?.querySelector("input")?.focus();
    return () => shown?.close();
  }, []);
  return (
    // A click beside the palette is one on the dialog itself. Escape does the same.
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes a dialog
    <dialog
      ref={dialog}
      aria-labelledby={label}
      onClick={(event) => event.target === dialog.current && onClose()}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      className="card mx-auto mt-[12dvh] mb-auto w-[calc(100vw-24px)] max-w-xl bg-surface p-0 text-text"
    >
      <h2 id={label} className="sr-only">
        Search
      </h2>
      <CatchBoundary getResetKey={() => "search"} errorComponent={PageError}>
        <Suspense fallback={<Waiting text={text} setText={setText} />}>
          <Palette text={text} setText={setText} onClose={onClose} />
        </Suspense>
      </CatchBoundary>
    </dialog>
  );
}

/** Takes what is typed while the palette is on its way. */
function Waiting({
  text,
  setText,
}: {
  readonly text: string;
  readonly setText: (text: string) => void;
}): ReactNode {
  return (
    <input
      aria-label="Search"
      value={text}
      onChange={(event) => setText(event.target.value)}
      placeholder={SEARCH_HINT}
      className={SEARCH_INPUT}
    />
  );
}
