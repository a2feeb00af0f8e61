/** Tells that the gateway serves a newer page. It is never loaded by itself: somebody may type. */
import { type ReactNode, useEffect, useState } from "react";
import { useLive } from "../live/live";
import { Notice } from "./problem";

export function NewVersion(): ReactNode {
  const isNewer = useNewerVersion();
  if (!isNewer) return null;
  return (
    <Notice tone="run" title="A new version of this page is here.">
      <button type="button" className="button mt-2" onClick={() => location.reload()}>
        Reload
      </button>
    </Notice>
  );
}

/** A gateway that was away may be another build: then its page has another tag. */
function useNewerVersion(): boolean {
  const isLive = useLive(({ standing }) => standing.status === "live");
  const [isNewer, setNewer] = useState(false);
  useEffect(() => {
    const abort = new AbortController();
    // A gateway that answers and has a part of this page no more has another page.
    const missing = (): void =>
      void servedTag(abort.signal).then((tag) => tag !== null && setNewer(true));
    window.addEventListener("vite:preloadError", missing, { signal: abort.signal });
    return () => abort.abort();
  }, []);
  useEffect(() => {
    if (!isLive || import.meta.env.DEV) return;
    const abort = new AbortController();
    void servedTag(abort.signal).then((tag) => {
      if (tag === null) return;
      first ??= tag;
      if (tag !== first) setNewer(true);
    });
    return () => abort.abort();
  }, [isLive]);
  return isNewer;
}

/** The tag of the page when it was loaded, about. */
let first: string | null = null;

async function servedTag(signal: AbortSignal): Promise<string | null> {
  try {
    const headers = { accept: "text/html" };
    const response = await fetch("/", { method: "HEAD", headers, cache: "no-store", signal });
    return response.ok ? response.headers.get("etag") : null;
  } catch {
    return null;
  }
}
