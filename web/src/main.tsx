import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import {
  createRootRoute,
  createRoute,
  createRouter,
  Link,
  RouterProvider,
} from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { live } from "./live/live";
import { followStream } from "./live/store";
import { IntentPage } from "./pages/intent";
import { IntentsPage } from "./pages/intents";
import { Empty } from "./ui/parts";
import { type NavigationEntry, Shell } from "./ui/shell";
import "./styles.css";

// Socket and first paint at once: neither waits for the other.
const stream = followStream(live);

const PAGES: readonly NavigationEntry[] = [{ to: "/intents", name: "Intents" }];

const root = createRootRoute({
  component: () => <Shell pages={PAGES} reconnect={() => stream.reconnect()} />,
  notFoundComponent: () => (
    <Empty title="There is no page at this address">
      <Link to="/" className="text-accent underline">
        Go to the overview
      </Link>
    </Empty>
  ),
});
const routes = [
  createRoute({ getParentRoute: () => root, path: "/", component: IntentsPage }),
  createRoute({ getParentRoute: () => root, path: "/intents", component: IntentsPage }),
  createRoute({ getParentRoute: () => root, path: "/intent/$id", component: IntentPage }),
];
const router = createRouter({ routeTree: root.addChildren(routes), defaultPreload: "intent" });

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}

const queries = new QueryClient({
  defaultOptions: { queries: { retry: 2, refetchOnWindowFocus: false } },
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
