/** Signs a person in: the key proves itself once, and the page keeps a session's cookie alone. */
import type { SessionDocument } from "../generated/rest";
import type { ApiKey } from "../model/api_key";
import { ask, Refusal } from "./rest";

const TARGET = "/sessions";
/** What stands before the 32 bytes of an Ed25519 key in PKCS #8. */
const PKCS8_PREFIX = [
  0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];

/** Raises Refusal and Unreachable. A wrong clock of this machine does not matter. */
export async function signIn(key: ApiKey): Promise<SessionDocument> {
  try {
    return await open(key, Date.now());
  } catch (error) {
    const serverMs = serverTimeOf(error);
    if (serverMs === null) throw error;
    return await open(key, serverMs);
  }
}

export const signOut = (): Promise<undefined> => ask("DELETE /sessions");

const open = async (key: ApiKey, nowMs: number): Promise<SessionDocument> =>
  ask("POST /sessions", { authorization: await authorization(key, nowMs, newNonce()) });

/** The header of a request to sign in. A bearer token is sent, keys of other kinds never are. */
export async function authorization(key: ApiKey, nowMs: number, nonce: string): Promise<string> {
  if (key.kind === "bearer") return `Bearer ${key.text}`;
  const digest = await crypto.subtle.digest("SHA-256", new Uint8Array());
  const text = ["v1", "POST", TARGET, hex(digest), nowMs, nonce].join("\n");
  const signature = hex(await signatureOf(key, new TextEncoder().encode(text)));
  const scheme = key.kind === "hmac" ? "TW1-HMAC-SHA256" : "TW1-ED25519";
  return `${scheme} key=${key.id}, ts=${nowMs}, nonce=${nonce}, sig=${signature}`;
}

async function signatureOf(key: ApiKey, text: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer> {
  if (key.seed === null) {
    const bytes = new TextEncoder().encode(key.text);
    const hash = { name: "HMAC", hash: "SHA-256" };
    const secret = await crypto.subtle.importKey("raw", bytes, hash, false, ["sign"]);
    return crypto.subtle.sign("HMAC", secret, text);
  }
  const bytes = Uint8Array.from([...PKCS8_PREFIX, ...key.seed]);
  const secret = await crypto.subtle.importKey("pkcs8", bytes, "Ed25519", false, ["sign"]);
  return crypto.subtle.sign("Ed25519", secret, text);
}

function serverTimeOf(error: unknown): number | null {
  if (!(error instanceof Refusal) || error.problem.code !== "TIMESTAMP_OUTSIDE_WINDOW") return null;
  const time = "server_time" in error.problem ? Date.parse(String(error.problem.server_time)) : 0;
  return Number.isNaN(time) || time === 0 ? null : time;
}

const newNonce = (): string => crypto.randomUUID().replaceAll("-", "");

const hex = (bytes: ArrayBuffer): string =>
  [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
