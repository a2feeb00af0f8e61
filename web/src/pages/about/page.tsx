/** Which build this is, what it talks to, and whose code is in it. */
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { PlatformDocument } from "../../generated/rest";
import { useAsk } from "../../live/use_ask";
import { parseLicenses } from "../../model/licenses";
import { modeLook } from "../../model/platform";
import { Fact, Facts } from "../../ui/facts";
import { Moment } from "../../ui/now";
import { Page } from "../../ui/page";
import { Card } from "../../ui/parts";
import { Answer } from "../../ui/query";

export function AboutPage(): ReactNode {
  const platform = useAsk("GET /platform");
  return (
    <Page title="About">
      <Card title="This platform">
        <Answer query={platform}>{(known) => <PlatformFacts platform={known} />}</Answer>
      </Card>
      <Card title="Documents">
        <ul className="flex flex-wrap gap-x-6 gap-y-2 p-4">
          <DocumentLink href="/docs">REST interface, to try</DocumentLink>
          <DocumentLink href="/openapi.json">OpenAPI description</DocumentLink>
          <DocumentLink href="/ready">Readiness of the gateway</DocumentLink>
        </ul>
      </Card>
      <Licenses />
    </Page>
  );
}

/** Addresses of the gateway that are no pages of the dashboard. */
function DocumentLink({
  href,
  children,
}: {
  readonly href: string;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <li>
      <a href={href} className="text-accent underline">
        {children}
      </a>
    </li>
  );
}

function PlatformFacts({ platform }: { readonly platform: PlatformDocument }): ReactNode {
  const look = modeLook(platform.mode, platform.chain_id);
  return (
    <Facts>
      <Fact name="Version">{platform.version}</Fact>
      <Fact name="Build">{platform.build ?? "not named"}</Fact>
      <Fact name="Mode" hint={look.meaning}>
        {look.word}
      </Fact>
      <Fact name="Chain">{platform.chain}</Fact>
      <Fact name="Chain id">{platform.chain_id ?? "none"}</Fact>
      <Fact name="Venues" hint="The default one is where strategies trade that are not on paper.">
        {platform.venues
          .map(({ name, is_default }) => (is_default ? `${name} (default)` : name))
          .join(", ")}
      </Fact>
      <Fact
        name="On paper"
        hint="Patterns of strategies that trade on paper although there is a chain."
      >
        {platform.paper_strategies.join(", ") || "no strategies"}
      </Fact>
      <Fact name="Partitions">{platform.partitions}</Fact>
      <Fact name="Gateway started">
        <Moment at={platform.started_at} />
      </Fact>
    </Facts>
  );
}

/** Written beside the page when it is built. */
const LICENSES = "/licenses.txt";

function Licenses(): ReactNode {
  const query = useQuery({
    queryKey: [LICENSES],
    queryFn: async ({ signal }) => {
      const response = await fetch(LICENSES, { signal });
      if (!response.ok) throw new Error(`${LICENSES}: ${response.status}`);
      return parseLicenses(await response.text());
    },
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (
    <Card title="Code of others in this page">
      {query.data === undefined || query.data.length === 0 ? (
        <p className="p-4 text-text2">
          {query.isPending
            ? "Reading…"
            : "The list is made when the page is built; it is not here."}
        </p>
      ) : (
        <ul className="divide-y divide-line">
          {query.data.map(({ name, license, text }) => (
            <li key={name}>
              <details className="px-4 py-2">
                <summary className="flex cursor-pointer items-center justify-between gap-4">
                  <span>{name}</span>
                  <span className="text-sm text-text2">{license}</span>
                </summary>
                <pre className="mono pt-2 whitespace-pre-wrap text-text2">{text}</pre>
              </details>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
