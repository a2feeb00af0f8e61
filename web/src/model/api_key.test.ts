import { createHmac, createPrivateKey, sign } from "node:crypto";
import { describe, expect, it } from "vitest";
import { authorization } from "../live/sign_in";
import { parseApiKey } from "./api_key";

const ED25519 = "tw_ed25519_0123456789abcdEF_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf0Cy9Cz";
const HMAC = `tw_hmac_0123456789abcdEF_${"0".repeat(42)}7000000`;
const NONCE = "0123456789abcdef";
const SIGNED = `v1\nPOST\n/sessions\ne3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n1700000000000\n${NONCE}`;

function parsed(text: string) {
  const key = parseApiKey(text);
  if (key === null) throw new Error("no key");
  return key;
}

describe("a key", () => {
  it("of Ed25519 has its private key in base 62", () => {
    expect(parsed(ED25519).seed).toEqual(Uint8Array.from({ length: 32 }, (_, place) => place));
  });

  it.each(["", "tw_rsa_a_b", "hello", "tw_ed25519_0123456789abcdEF_short", "tw_hmac_x"])(
    "is not %j",
    (text) => expect(parseApiKey(text)).toBeNull(),
  );

  it("may not stand for more than 32 bytes", () => {
    expect(parseApiKey(`tw_ed25519_0123456789abcdEF_${"z".repeat(49)}`)).toBeNull();
  });

  it("may have blanks around it, as what was copied has", () => {
    expect(parsed(` ${HMAC}\n`)).toEqual(parsed(HMAC));
  });
});

describe("signing in", () => {
  it("signs with Ed25519 what the gateway checks", async () => {
    const der = Buffer.from(
      `302e020100300506032b657004220420${Buffer.from(parsed(ED25519).seed ?? []).toString("hex")}`,
      "hex",
    );
    const key = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
    const signature = sign(null, Buffer.from(SIGNED), key).toString("hex");
    expect(await authorization(parsed(ED25519), 1_700_000_000_000, NONCE)).toBe(
      `TW1-ED25519 key=0123456789abcdEF, ts=1700000000000, nonce=${NONCE}, sig=${signature}`,
    );
  });

  it("signs with an HMAC of the whole key", async () => {
    const signature = createHmac("sha256", HMAC).update(SIGNED).digest("hex");
    expect(await authorization(parsed(HMAC), 1_700_000_000_000, NONCE)).toBe(
      `TW1-HMAC-SHA256 key=0123456789abcdEF, ts=1700000000000, nonce=${NONCE}, sig=${signature}`,
    );
  });

  it("sends a bearer token as it is", async () => {
    const key = parsed(`tw_bearer_0123456789abcdEF_${"1".repeat(49)}`);
    expect(await authorization(key, 0, NONCE)).toBe(`Bearer ${key.text}`);
  });
});
