/** A page that failed fails alone: the frame around it and all other pages go on. */
import { type ErrorComponentProps, useRouter } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { PageMissing } from "./lazy_page";
import { Notice } from "./problem";

export function PageError({ error, reset }: ErrorComponentProps): ReactNode {
  const router = useRouter();
  if (error instanceof PageMissing) return <Missing />;
  const again = (): void => {
    reset();
    void router.invalidate();
  };
  return (
    <Notice tone="bad" title="This page made a mistake" isAlert>
      <p>Nothing was changed by it. Other pages go on.</p>
      <p className="mono pt-1 break-words">
        {error instanceof Error ? error.message : String(error)}
      </p>
      <button type="button" className="button mt-2" onClick={again}>
        Show it again
      </button>
    </Notice>
  );
}

/** Where the code of a page is gone the gateway serves a newer one. */
const Missing = (): ReactNode => (
  <Notice tone="run" title="This page could not be loaded" isAlert>
    <p>The gateway serves a newer version of it, or does not answer. Nothing was changed by it.</p>
    <button type="button" className="button mt-2" onClick={() => location.reload()}>
      Reload
    </button>
  </Notice>
);
