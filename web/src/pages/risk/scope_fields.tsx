/** Which part of trading: a kind, and which one of it. */
import { type ReactNode, useId } from "react";
import { useAsk } from "../../live/use_ask";
import { SCOPE_KINDS, SCOPES, type Scope, scopeProblem } from "../../model/scopes";
import { Field, SelectField } from "../../ui/field";

const KINDS = SCOPE_KINDS.map((value) => ({ value, name: SCOPES[value].noun }));

export function ScopeFields({
  scope,
  onChange,
}: {
  readonly scope: Scope;
  readonly onChange: (scope: Scope) => void;
}): ReactNode {
  const { kind, name } = scope;
  return (
    <>
      <SelectField
        label="What"
        value={kind === "history" ? "everything" : kind}
        onChange={(chosen) => onChange({ kind: chosen, name: "" })}
        options={KINDS}
      />
      {SCOPES[kind].field !== "" && (
        <NameField
          key={kind}
          scope={scope}
          onChange={(text) => onChange({ kind, name: text })}
          error={name === "" ? undefined : (scopeProblem(scope) ?? undefined)}
        />
      )}
    </>
  );
}

function NameField({
  scope,
  onChange,
  error,
}: {
  readonly scope: Scope;
  readonly onChange: (name: string) => void;
  readonly error: string | undefined;
}): ReactNode {
  const list = useId();
  const known = useKnownNames(scope.kind);
  const { field, example } = SCOPES[scope.kind];
  return (
    <Field label={field} hint={`Such as ${example}.`} error={error}>
      {(described) => (
        <>
          <input
            {...described}
            className="field"
            list={list}
            autoComplete="off"
            spellCheck={false}
            value={scope.name}
            required
            onChange={(event) => onChange(event.target.value.trim())}
          />
          <datalist id={list}>
            {known.map((name) => (
              <option key={name} value={name} />
            ))}
          </datalist>
        </>
      )}
    </Field>
  );
}

const VENUES = ["uniswap_v3", "simulated"];
const ALL = { query: { limit: 200 } } as const;

/** Names that may be meant, as far as the gateway lists them. */
function useKnownNames(kind: Scope["kind"]): readonly string[] {
  const isPortfolio = kind === "portfolio" || kind === "account";
  const isPair = kind === "instrument" || kind === "lock";
  const isOfChain = kind === "wallet" || kind === "chain";
  const portfolios = useAsk("GET /portfolios", ALL, { isEnabled: isPortfolio }).data?.items ?? [];
  const instruments = useAsk("GET /instruments", ALL, { isEnabled: isPair }).data?.items ?? [];
  const wallets = useAsk("GET /wallets", ALL, { isEnabled: isOfChain }).data?.items ?? [];
  if (isPortfolio) return portfolios.map(({ portfolio_id }) => portfolio_id);
  if (isPair) return instruments.map(({ key }) => key);
  if (kind === "wallet") return wallets.map(({ chain, address }) => `${chain}:${address}`);
  if (kind === "chain") return [...new Set(wallets.map(({ chain }) => chain))];
  return kind === "venue" ? VENUES : [];
}
