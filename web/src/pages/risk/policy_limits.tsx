/** The limits that a policy says, scope by scope. */
import type { ReactNode } from "react";
import type { PolicyDocument } from "../../generated/rest";
import { limitsByScope, limitText, wordsOfLimit } from "../../model/limits";

const SENTENCES: Readonly<Record<string, string>> = {
  hard: "Hard: nobody gets more",
  defaults: "Defaults: where nothing else is said",
};

export function PolicyLimits({ policy }: { readonly policy: PolicyDocument }): ReactNode {
  const scopes = limitsByScope(policy);
  if (scopes.length === 0) {
    return <p className="border-t border-line px-4 py-3 text-text2">It limits nothing.</p>;
  }
  return scopes.map(({ scope, limits }) => (
    <section key={scope} aria-label={scope} className="border-t border-line px-4 py-3">
      <h3 className="pb-1 text-sm font-medium">{SENTENCES[scope] ?? capital(scope)}</h3>
      <dl className="grid gap-x-8 text-sm sm:grid-cols-2">
        {limits.map(({ name, value }) => (
          <div key={name} className="flex items-baseline justify-between gap-3 py-1">
            <dt title={`${name}: ${wordsOfLimit(name).says}`} className="text-text2">
              {wordsOfLimit(name).name}
            </dt>
            <dd className="figures" title={String(value)}>
              {limitText(name, value)}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  ));
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
