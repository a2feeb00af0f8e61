/** Where a gateway that asks for keys learns who looks. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { createRoute, Link, useNavigate } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import type { PlatformDocument } from "../../generated/rest";
import { stream } from "../../live/live";
import { ask, Refusal } from "../../live/rest";
import { signIn } from "../../live/sign_in";
import { parseApiKey } from "../../model/api_key";
import { root } from "../../root";
import { TextField } from "../../ui/field";
import { Notice, Problem } from "../../ui/problem";
import { useTitle } from "../../ui/title";
import { useAct } from "../../ui/use_act";
import { SignedIn } from "./signed_in";

export const signInRoute = createRoute({
  getParentRoute: () => root,
  path: "/signin",
  validateSearch: ({ back }: Readonly<Record<string, unknown>>): { back?: string } =>
    isOwnAddress(back) ? { back } : {},
  component: SignInPage,
});

/** An address of this page: another site's would be a trap. */
const isOwnAddress = (address: unknown): address is string =>
  typeof address === "string" && /^\/(?![/\\])/.test(address) && !address.startsWith("/signin");

function SignInPage(): ReactNode {
  useTitle("Sign in");
  const platform = useQuery<PlatformDocument>({
    queryKey: ["who asks"],
    queryFn: ({ signal }) => ask("GET /platform", { signal }),
    retry: false,
  });
  return (
    <div className="grid min-h-dvh place-items-center p-4">
      <main className="card flex w-full max-w-md flex-col gap-4 p-6">
        <h1 className="flex items-center gap-3 text-xl font-semibold">
          <img src="/favicon.svg" alt="" className="size-7" />
          Sign in to Tradewind
        </h1>
        {platform.isPending ? (
          <p className="text-text2">Asking the gateway…</p>
        ) : platform.data === undefined ? (
          <Unknown error={platform.error} retry={() => void platform.refetch()} />
        ) : platform.data.asks_for_keys ? (
          <SignedIn platform={platform.data} />
        ) : (
          <NothingToSignInTo />
        )}
      </main>
    </div>
  );
}

function Unknown({
  error,
  retry,
}: {
  readonly error: unknown;
  readonly retry: () => void;
}): ReactNode {
  const isRefused = error instanceof Refusal && error.problem.code === "UNAUTHENTICATED";
  return isRefused ? <SignInForm /> : <Problem error={error} retry={retry} />;
}

function NothingToSignInTo(): ReactNode {
  return (
    <>
      <p className="text-text2">
        This gateway listens on its own machine only and asks nobody for a key. There is nothing to
        sign in to: whoever reaches it may do everything.
      </p>
      <Link to="/" className="button button-primary w-fit">
        Go to the overview
      </Link>
    </>
  );
}

function SignInForm(): ReactNode {
  const [text, setText] = useState("");
  const enter = useEntry();
  const key = parseApiKey(text);
  const { isBusy, refusal, submit } = useAct(async () => {
    if (key !== null) await signIn(key);
  }, enter);
  if (!globalThis.isSecureContext) return <NotSecure />;
  const isNoKey = text.trim() !== "" && key === null;
  return (
    <form className="flex flex-col gap-4" onSubmit={submit}>
      <p className="text-text2">
        Paste an API key with the scope <code className="mono">read</code>. It proves itself once
        and is not kept; what stays is a session that ends with the key, and after 12 hours.
      </p>
      <TextField
        label="API key"
        type="password"
        value={text}
        onChange={setText}
        placeholder="tw_…"
        isRequired
        error={isNoKey ? "A key begins with tw_ed25519_, tw_hmac_ or tw_bearer_." : undefined}
        hint="Made by: tradewind keys create NAME --scope read"
      />
      {refusal !== null && <Problem error={refusal} />}
      <button
        type="submit"
        disabled={isBusy || key === null}
        className="button button-primary h-9 justify-center"
      >
        {isBusy ? "Signing in…" : "Sign in"}
      </button>
    </form>
  );
}

function NotSecure(): ReactNode {
  return (
    <Notice tone="warn" title="This page came over plain HTTP">
      A browser keeps no session from it and signs nothing. Reach the gateway by HTTPS, or on the
      machine it runs on.
    </Notice>
  );
}

/** Back to where the gateway asked, with everything read anew. */
function useEntry(): () => void {
  const { back } = signInRoute.useSearch();
  const navigate = useNavigate();
  const queries = useQueryClient();
  return () => {
    queries.clear();
    stream.start();
    void navigate({ href: back ?? "/", replace: true });
  };
}
