import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createRouter, RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { stream } from "./live/live";
import { Refusal, whenSignedOut } from "./live/rest";
import { aboutRoute } from "./pages/about";
import { approvalsRoute } from "./pages/approvals";
import { backtestRoute, tradeRoute } from "./pages/backtest";
import { backtestsRoute, compareRoute, newBacktestRoute } from "./pages/backtests";
import { executionRoute } from "./pages/execution";
import { intentRoute } from "./pages/intent";
import { preloadViews } from "./pages/intent/lazy_views";
import { intentsRoute } from "./pages/intents";
import { marketRoute } from "./pages/market";
import { modelsRoute } from "./pages/models";
import { operationsRoute, opsRoute } from "./pages/operations";
import { overviewRoute } from "./pages/overview";
import { portfolioRoute, portfoliosRoute } from "./pages/portfolio";
import { riskRoute } from "./pages/risk";
import { settingsRoute } from "./pages/settings";
import { signalRoute } from "./pages/signal";
import { signalsRoute } from "./pages/signals";
import { signInRoute } from "./pages/signin";
import { submitRoute } from "./pages/submit";
import { timeAtRoute, timeRoute } from "./pages/timemachine";
import { walletsRoute } from "./pages/wallets";
import { whatIfRoute } from "./pages/whatif";
import { root, SIGN_IN } from "./root";
import { PageError } from "./ui/page_error";
import { preloadSearch } from "./ui/search";
import "./styles.css";

const routeTree = root.addChildren([
  overviewRoute,
  intentsRoute,
  intentRoute,
  submitRoute,
  opsRoute,
  operationsRoute,
  executionRoute,
  walletsRoute,
  portfoliosRoute,
  portfolioRoute,
  riskRoute,
  signalsRoute,
  signalRoute,
  approvalsRoute,
  modelsRoute,
  marketRoute,
  backtestsRoute,
  newBacktestRoute,
  compareRoute,
  backtestRoute,
  tradeRoute,
  timeRoute,
  timeAtRoute,
  whatIfRoute,
  settingsRoute,
  aboutRoute,
  signInRoute,
]);
const router = createRouter({
  routeTree,
  defaultPreload: "intent",
  // What no page knows of an address is as if it was not there.
  search: { strict: true },
  defaultErrorComponent: PageError,
});

/** The rest of the code comes once the page stands: no page is missing while nobody answers. */
const REST_AFTER_MS = 3_000;
setTimeout(() => {
  preloadSearch();
  preloadViews();
  for (const route of Object.values(router.routesById)) {
    void route.options.component?.preload?.();
  }
}, REST_AFTER_MS);

whenSignedOut(() => {
  stream.stop();
  const { pathname, href } = router.state.location;
  if (pathname === SIGN_IN) return;
  void router.navigate({ to: SIGN_IN, search: { back: href } });
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}

const RETRIES = 2;
/** Asking again helps where nobody answered or could, not where the answer is no. */
const isWorthAsking = (failures: number, error: Error): boolean =>
  failures < RETRIES && !(error instanceof Refusal && error.problem.status < 500);
const queries = new QueryClient({
  defaultOptions: { queries: { retry: isWorthAsking, refetchOnWindowFocus: false } },
});
const container = document.getElementById("root");
if (container === null) throw new Error("the page has no root");
createRoot(container).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
);
