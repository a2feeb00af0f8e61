/** An API key as a person has it, and what a request is signed with. */

export type KeyKind = "ed25519" | "hmac" | "bearer";

export interface ApiKey {
  readonly kind: KeyKind;
  readonly id: string;
  /** The whole text. */
  readonly text: string;
  /** Of an Ed25519 key: the private key. */
  readonly seed: Uint8Array<ArrayBuffer> | null;
}

const FORM = /^tw_(ed25519|hmac|bearer)_([0-9A-Za-z]+)_([0-9A-Za-z]+)$/;
const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const SECRET_CHARACTERS = 43;
const SEED_BYTES = 32;

/** Null where the text is no key. Whether the key is good only the gateway knows. */
export function parseApiKey(given: string): ApiKey | null {
  const text = given.trim();
  const [, kind, id, secret] = FORM.exec(text) ?? [];
  if (kind === undefined || id === undefined || secret === undefined) return null;
  if (kind !== "ed25519") return { kind: kind as KeyKind, id, text, seed: null };
  const seed = seedOf(secret);
  return seed === null ? null : { kind, id, text, seed };
}

/** The number that 43 digits in base 62 stand for, as 32 bytes. */
function seedOf(secret: string): Uint8Array<ArrayBuffer> | null {
  if (secret.length <= SECRET_CHARACTERS) return null;
  let number = 0n;
  for (const digit of secret.slice(0, SECRET_CHARACTERS)) {
    number = number * 62n + BigInt(ALPHABET.indexOf(digit));
  }
  if (number >= 1n << BigInt(8 * SEED_BYTES)) return null;
  const hex = number.toString(16).padStart(2 * SEED_BYTES, "0");
  return Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}
