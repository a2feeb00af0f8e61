// Shows the interface, and signs the requests that are tried out on this page.
// The key stays in the memory of this page: it is neither stored nor sent.
"use strict";

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const KEY = /^tw_(ed25519|hmac|bearer)_([0-9A-Za-z]{16})_([0-9A-Za-z]{43})[0-9A-Za-z]{6}$/;
// What stands before the 32 bytes of an Ed25519 key in PKCS #8 (RFC 8410).
const PKCS8_PREFIX = [48, 46, 2, 1, 0, 48, 5, 6, 3, 43, 101, 112, 4, 34, 4, 32];

const text = new TextEncoder();
const hex = (bytes) => [...new Uint8Array(bytes)].map((one) => one.toString(16).padStart(2, "0")).join("");

function secretOf(digits) {
  let number = 0n;
  for (const digit of digits) number = number * 62n + BigInt(ALPHABET.indexOf(digit));
  return Uint8Array.from({ length: 32 }, (_, at) => Number((number >> BigInt(8 * (31 - at))) & 255n));
}

async function signatureOf(kind, key, secret, message) {
  if (kind === "hmac") {
    const hmac = { name: "HMAC", hash: "SHA-256" };
    const imported = await crypto.subtle.importKey("raw", text.encode(key), hmac, false, ["sign"]);
    return ["TW1-HMAC-SHA256", await crypto.subtle.sign("HMAC", imported, message)];
  }
  const pkcs8 = Uint8Array.from([...PKCS8_PREFIX, ...secretOf(secret)]);
  const imported = await crypto.subtle.importKey("pkcs8", pkcs8, "Ed25519", false, ["sign"]);
  return ["TW1-ED25519", await crypto.subtle.sign("Ed25519", imported, message)];
}

async function authorization(key, request) {
  const [, kind, keyId, secret] = KEY.exec(key);
  if (kind === "bearer") return `Bearer ${key}`;
  const url = new URL(request.url, location.href);
  const digest = hex(await crypto.subtle.digest("SHA-256", text.encode(request.body ?? "")));
  const at = Date.now();
  const nonce = hex(crypto.getRandomValues(new Uint8Array(16)));
  const lines = ["v1", request.method.toUpperCase(), url.pathname + url.search, digest, at, nonce];
  const [scheme, signature] = await signatureOf(kind, key, secret, text.encode(lines.join("\n")));
  return `${scheme} key=${keyId}, ts=${at}, nonce=${nonce}, sig=${hex(signature)}`;
}

const field = document.querySelector("#key");

SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#interface",
  deepLinking: true,
  validatorUrl: null,
  defaultModelsExpandDepth: 0,
  requestInterceptor: async (request) => {
    const key = field.value.trim();
    if (KEY.test(key) && !request.loadSpec) request.headers.Authorization = await authorization(key, request);
    return request;
  },
});
