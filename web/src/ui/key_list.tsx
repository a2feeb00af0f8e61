/** The list of keys that do something on the page that is shown. */
import type { ReactNode } from "react";
import { Dialog } from "./dialog";
import { boundKeys } from "./keys";

const NAMES: Readonly<Record<string, string>> = {
  Escape: "Esc",
  ArrowUp: "↑",
  ArrowDown: "↓",
  ArrowLeft: "←",
  ArrowRight: "→",
};

export function KeyList({ onClose }: { readonly onClose: () => void }): ReactNode {
  const keysOf = new Map<string, Set<string>>();
  for (const { key, does } of boundKeys()) {
    keysOf.set(does, (keysOf.get(does) ?? new Set()).add(key));
  }
  return (
    <Dialog title="Keys" onClose={onClose}>
      <ul className="flex flex-col divide-y divide-line">
        <KeyLine does="Search, go anywhere" keys={["Ctrl K"]} />
        {[...keysOf].map(([does, keys]) => (
          <KeyLine key={does} does={does} keys={[...keys]} />
        ))}
      </ul>
      <p className="text-sm text-text3">They do nothing while you type.</p>
    </Dialog>
  );
}

function KeyLine({
  does,
  keys,
}: {
  readonly does: string;
  readonly keys: readonly string[];
}): ReactNode {
  return (
    <li className="flex items-center justify-between gap-4 py-1.5">
      <span>{does}</span>
      <span className="flex shrink-0 gap-2">
        {keys.map((key) => (
          <span key={key} className="flex gap-1">
            {key.split(" ").map((one) => (
              <kbd key={one} className="key">
                {NAMES[one] ?? one}
              </kbd>
            ))}
          </span>
        ))}
      </span>
    </li>
  );
}
