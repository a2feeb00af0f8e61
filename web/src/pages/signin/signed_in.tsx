/** Who is signed in, and the way out. */
import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import type { PlatformDocument } from "../../generated/rest";
import { stream } from "../../live/live";
import { signOut } from "../../live/sign_in";
import { Fact, Facts } from "../../ui/facts";
import { Problem } from "../../ui/problem";

export function SignedIn({ platform }: { readonly platform: PlatformDocument }): ReactNode {
  const { key_id, scopes, strategies, portfolios } = platform.caller;
  return (
    <>
      <Facts isStacked>
        <Fact name="Key">
          <span className="mono">{key_id}</span>
        </Fact>
        <Fact name="May" hint="None of the scopes includes another.">
          {scopes.join(", ")}
        </Fact>
        <Fact name="Strategies">{accounts(strategies)}</Fact>
        <Fact name="Portfolios">{accounts(portfolios)}</Fact>
      </Facts>
      <div className="flex gap-2">
        <Link to="/" className="button button-primary">
          Go to the overview
        </Link>
        <SignOutButton />
      </div>
    </>
  );
}

const accounts = (patterns: readonly string[]): string =>
  patterns.includes("*") || patterns.length === 0 ? "all" : patterns.join(", ");

export function SignOutButton(): ReactNode {
  const [refusal, setRefusal] = useState<unknown>(null);
  const queries = useQueryClient();
  const leave = async (): Promise<void> => {
    try {
      await signOut();
      stream.stop();
      queries.clear();
      location.assign("/signin");
    } catch (error) {
      setRefusal(error);
    }
  };
  return (
    <>
      <button type="button" className="button" onClick={() => void leave()}>
        Sign out
      </button>
      {refusal !== null && <Problem error={refusal} />}
    </>
  );
}
