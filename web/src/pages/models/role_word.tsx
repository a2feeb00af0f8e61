/** What a model's answer counts for. */
import type { ReactNode } from "react";
import type { ModelRole } from "../../generated/contracts";
import { NotKnown } from "../../ui/money";

const WORDS: Readonly<Record<ModelRole, readonly [word: string, sentence: string]>> = {
  voting: ["Voting", "Its answer counts in the policy."],
  shadow: ["Shadow", "It is asked and recorded, and counts for nothing."],
};

export function RoleWord({ role }: { readonly role: ModelRole | null }): ReactNode {
  if (role === null) return <NotKnown />;
  const [word, sentence] = WORDS[role];
  return (
    <span title={sentence} className={role === "shadow" ? "text-text3" : "text-text2"}>
      {word}
    </span>
  );
}
