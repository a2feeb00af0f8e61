import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const GATEWAY = process.env.TRADEWIND_GATEWAY ?? "http://127.0.0.1:8080";
const COMPRESSED = /\.(js|css|html|svg|json|txt|md)$/;
const PAGE_PATH = /\bcreateRoute\(\s*\{[^{}]*?\bpath: "(\/[^"]*)"/g;
const LEAST_COMPRESSED_BYTES = 1_024;

/** Writes compressed copies beside every text file; the gateway serves them as they are. */
function precompressed(): Plugin {
  let directory = "dist";
  return {
    name: "precompressed",
    apply: "build",
    configResolved({ build }) {
      directory = build.outDir;
    },
    closeBundle() {
      for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
        if (entry.isFile() && COMPRESSED.test(entry.name)) {
          compress(join(entry.parentPath, entry.name));
        }
      }
    },
  };
}

/** Lists the addresses of all pages, of which the gateway knows no others. */
function listedPages(): Plugin {
  let directory = "dist";
  return {
    name: "listed-pages",
    apply: "build",
    configResolved({ build }) {
      directory = build.outDir;
    },
    closeBundle() {
      mkdirSync(join(directory, ".vite"), { recursive: true });
      writeFileSync(join(directory, ".vite", "pages.json"), JSON.stringify(pagePaths()));
    },
  };
}

function pagePaths(): string[] {
  return readdirSync("src/pages", { recursive: true, encoding: "utf8" })
    .filter((name) => /\.tsx?$/.test(name))
    .flatMap((name) => {
      const source = readFileSync(join("src/pages", name), "utf8");
      const paths = [...source.matchAll(PAGE_PATH)].flatMap(([, path]) => path ?? []);
      if (paths.length !== source.split("createRoute(").length - 1) {
        throw new Error(`${name}: a route begins with getParentRoute and an absolute path`);
      }
      return paths;
    });
}

function compress(path: string): void {
  const content = readFileSync(path);
  if (content.length < LEAST_COMPRESSED_BYTES) return;
  const best = { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } };
  writeFileSync(`${path}.br`, brotliCompressSync(content, best));
  writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }));
}

export default defineConfig({
  plugins: [react(), tailwindcss(), precompressed(), listedPages()],
  build: {
    target: "baseline-widely-available",
    // What is inlined as data: would need a wider content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    license: { fileName: "licenses.txt" },
  },
  // A machine that is busy takes its time.
  // Tests leave nothing behind in their modules: files share a process, which saves two thirds.
  test: { testTimeout: 60_000, isolate: false },
  server: {
    proxy: {
      "/stream": { target: GATEWAY.replace("http", "ws"), ws: true },
      // Everything but modules of the page itself. The gateway refuses another Origin than Host,
      // so `changeOrigin` stays off.
      "^/(?!src/|@|node_modules/|stream).*": {
        target: GATEWAY,
        bypass: ({ headers, url }) =>
          headers.accept?.startsWith("text/html") ||
          /^\/(theme\.js|favicon[\w-]*\.svg)$/.test(url ?? "")
            ? url
            : undefined,
      },
    },
  },
});
