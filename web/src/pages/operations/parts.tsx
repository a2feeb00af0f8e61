/** Parts that the lists of what was set aside have in common. */
import { Link } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { shortId } from "../../model/format";
import { indented } from "../../model/indented";
import { Copy } from "../../ui/parts";
import { adviceOf } from "./reasons";

const INTENT_PREFIX = "intent-";

/** A history leads to its intent, if it is one's. */
export function History({ id }: { readonly id: string | null }): ReactNode {
  if (id === null) return <span className="text-text3">names none</span>;
  if (!id.startsWith(INTENT_PREFIX)) return <span className="mono break-all">{id}</span>;
  const intent = id.slice(INTENT_PREFIX.length);
  return (
    <Link
      to="/intent/$id"
      params={{ id: intent }}
      title={id}
      className="mono text-accent hover:underline"
    >
      {shortId(intent)}
    </Link>
  );
}

export function Reason({ code }: { readonly code: string }): ReactNode {
  return (
    <span title={adviceOf(code)?.meaning} className="mono whitespace-nowrap">
      {code}
    </span>
  );
}

/** One line however long it is; all of it is in the title and in the drawer. */
export const Cut = ({ text }: { readonly text: string }): ReactNode => (
  <span title={text} className="block max-w-72 truncate text-text2">
    {text}
  </span>
);

/** The bytes of a message, set out where they are JSON. */
export function Payload({
  body,
  title = "Payload",
}: {
  readonly body: string;
  readonly title?: string;
}): ReactNode {
  const [isRaw, setRaw] = useState(false);
  const setOut = indented(body);
  return (
    <Block
      title={title}
      aside={
        <>
          {setOut !== body && (
            <button
              type="button"
              aria-pressed={isRaw}
              className="within-text cursor-pointer text-xs text-text2 hover:text-text aria-pressed:text-accent"
              onClick={() => setRaw(!isRaw)}
            >
              As sent
            </button>
          )}
          <Copy text={body} what="the payload as it was sent">
            Copy
          </Copy>
        </>
      }
    >
      {body === "" ? "no bytes" : isRaw ? body : setOut}
    </Block>
  );
}

/** Text as it is, in a frame of its own that scrolls. */
export function Block({
  title,
  aside,
  children,
}: {
  readonly title: string;
  readonly aside?: ReactNode;
  readonly children: string;
}): ReactNode {
  return (
    <section aria-label={title} className="min-w-0">
      <header className="flex items-center gap-3 pb-1">
        <h3 className="mr-auto text-xs font-medium text-text2">{title}</h3>
        {aside}
      </header>
      <pre
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable
        tabIndex={0}
        className="mono max-h-96 overflow-auto rounded border border-line bg-ground p-3 break-words whitespace-pre-wrap"
      >
        {children}
      </pre>
    </section>
  );
}
