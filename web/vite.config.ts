import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const GATEWAY = process.env.TRADEWIND_GATEWAY ?? "http://127.0.0.1:8080";
const COMPRESSED = /\.(js|css|html|svg|json|txt|md)$/;
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

function compress(path: string): void {
  const content = readFileSync(path);
  if (content.length < LEAST_COMPRESSED_BYTES) return;
  const best = { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } };
  writeFileSync(`${path}.br`, brotliCompressSync(content, best));
  writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }));
}

export default defineConfig({
  plugins: [react(), tailwindcss(), precompressed()],
  build: {
    target: "baseline-widely-available",
    // What is inlined as data: would need a wider content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    license: true,
  },
  server: {
    proxy: {
      "/stream": { target: GATEWAY.replace("http", "ws"), ws: true },
      // Everything but modules of the page itself. The gateway refuses another Origin than Host,
      // so `changeOrigin` stays off.
      "^/(?!src/|@|node_modules/|stream).*": {
        target: GATEWAY,
        bypass: ({ headers, url }) =>
          headers.accept?.startsWith("text/html") || url === "/theme.js" || url === "/favicon.svg"
            ? url
            : undefined,
      },
    },
  },
});
