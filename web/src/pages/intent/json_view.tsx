/** The envelopes as the ledger has them, and the documents that they fold to. */
import { type ReactNode, useState } from "react";
import { Code } from "./code";
import { saveAs } from "./export";
import type { Known } from "./use_history";

const PARTS = { events: "Events", intent: "Intent", plan: "Plan" } as const;

type Part = keyof typeof PARTS;

export function JsonView({ known }: { readonly known: Known }): ReactNode {
  const [part, setPart] = useState<Part>("events");
  const content = JSON.stringify(known[part], null, 2);
  const [copied, setCopied] = useState("");
  const isCopied = copied === content;
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(content);
    setCopied(content);
  };
  const save = (): void =>
    saveAs(new Blob([content], { type: "application/json" }), `intent-${known.id}.${part}.json`);
  return (
    <div className="flex flex-col gap-2 px-2 pb-3">
      <div className="flex flex-wrap items-center gap-2">
        <fieldset className="mr-auto flex gap-1">
          <legend className="sr-only">What is shown</legend>
          {(Object.keys(PARTS) as Part[]).map((one) => (
            <button
              key={one}
              type="button"
              disabled={known[one] === null}
              aria-pressed={part === one}
              className="button h-7 px-2 text-xs text-text2 aria-pressed:border-accent aria-pressed:text-text"
              onClick={() => setPart(one)}
            >
              {PARTS[one]}
            </button>
          ))}
        </fieldset>
        <button type="button" className="button h-7 px-2 text-xs" onClick={() => void copy()}>
          {isCopied ? "Copied" : "Copy"}
        </button>
        <button type="button" className="button h-7 px-2 text-xs" onClick={save}>
          Download
        </button>
      </div>
      <Code label={PARTS[part]} isTall>
        {content}
      </Code>
    </div>
  );
}
