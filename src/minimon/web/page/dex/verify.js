// Checks a certificate with WebCrypto from the standards alone: RFC 8785, RFC 7518, RFC 9162, C2SP signed notes.

import { fromBase64 as bytes } from "./dom.js";

const { subtle } = crypto;
const utf8 = new TextEncoder();
const unhex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const equal = (a, b) => a.length === b.length && a.every((value, index) => value === b[index]);
const join = (...parts) => new Uint8Array(parts.flatMap((part) => [...part]));
const sha256 = async (...parts) => new Uint8Array(await subtle.digest("SHA-256", join(...parts)));

const ECDSA = { "P-256": ["SHA-256", 32], "P-384": ["SHA-384", 48], "P-521": ["SHA-512", 66] };

/** Thrown where the browser lacks an algorithm: not wrong, not right. */
class Unknown extends Error {}
class Absent extends Error {}

/** The checks of a certificate, in order: `{name, state: "ok" | "no" | "unknown" | "absent", detail}`. */
export async function verify(certificate, jwks, vkey) {
  const { signed, receipt } = certificate;
  const checks = {
    canonical: () => equal(bytes(signed.canonicalB64), utf8.encode(canonical(signed.payload))),
    signature: () => anyKey(signed, jwks.keys),
    record: () => sameRecord(signed, wanted(receipt?.lineB64)),
    inclusion: () => included(receipt, wanted(receipt?.inclusionProof)),
    checkpoint: () => noted(receipt, wanted(receipt?.checkpoint), vkey),
  };
  return Promise.all(Object.entries(checks).map(([name, check]) => run(name, check)));
}

async function run(name, check) {
  try {
    return { name, state: (await check()) ? "ok" : "no" };
  } catch (error) {
    if (error instanceof Unknown) return { name, state: "unknown", detail: error.message };
    return { name, state: error instanceof Absent ? "absent" : "no" };
  }
}

function wanted(value) {
  if (value === undefined || value === null) throw new Absent();
  return value;
}

/** RFC 8785: JavaScript's own numbers and strings, keys sorted by UTF-16 code units. */
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  return `{${Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(",")}}`;
}

/** The algorithm is the key's, never the certificate's (RFC 8725, section 3.1). */
async function anyKey(signed, keys) {
  const results = await Promise.allSettled(keys.map((jwk) => signedBy(jwk, signed)));
  if (results.some((result) => result.value)) return true;
  const unknown = results.find((result) => result.reason instanceof Unknown);
  if (unknown) throw unknown.reason;
  return false;
}

async function signedBy(jwk, { canonicalB64, signatureB64, algorithm }) {
  if (jwk.alg !== algorithm) return false;
  const [scheme, signature] = means(jwk, bytes(signatureB64));
  const { kty, crv, x, y, n, e } = jwk;
  const key = await subtle.importKey("jwk", JSON.parse(JSON.stringify({ kty, crv, x, y, n, e })), scheme, false, ["verify"]).catch((error) => {
    throw error.name === "NotSupportedError" ? new Unknown(jwk.alg) : error;
  });
  return subtle.verify(scheme, key, signature, bytes(canonicalB64));
}

function means(jwk, signature) {
  if (jwk.kty === "RSA") return [{ name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" }, signature];
  if (jwk.kty === "OKP") return [{ name: jwk.crv }, signature];
  const [hash, width] = ECDSA[jwk.crv];
  return [{ name: "ECDSA", namedCurve: jwk.crv, hash }, rawSignature(signature, width)];
}

/** WebCrypto takes r and s in full width, not as DER (SEQUENCE of two INTEGERs). */
function rawSignature(der, width) {
  let at = der[1] & 0x80 ? 3 : 2;
  const integer = () => {
    const length = der[at + 1];
    const value = der.slice(at + 2, at + 2 + length);
    at += 2 + length;
    return join(new Uint8Array(width), value).slice(-width);
  };
  return join(integer(), integer());
}

const sameRecord = (signed, line) => {
  const record = JSON.parse(new TextDecoder().decode(bytes(line)));
  return canonical(record.signed) === canonical(signed);
};

/** RFC 9162, section 2.1.3.2. */
async function included({ index, treeSize, rootHash, lineB64 }, proof) {
  let hash = await sha256([0], bytes(lineB64));
  let [number, last] = [index, treeSize - 1];
  if (number > last) return false;
  const half = (value) => Math.floor(value / 2);
  for (const node of proof.map(unhex)) {
    if (last === 0) return false;
    if (number % 2 === 1 || number === last) {
      hash = await sha256([1], node, hash);
      while (number % 2 === 0 && number !== 0) [number, last] = [half(number), half(last)];
    } else hash = await sha256([1], hash, node);
    [number, last] = [half(number), half(last)];
  }
  return last === 0 && equal(hash, unhex(rootHash));
}

/** C2SP signed-note and tlog-checkpoint: Ed25519 over the text, by the key of `GET /v1/ledger/key`. */
async function noted({ treeSize, rootHash }, note, vkey) {
  const [, name, hash, encoded] = vkey.trim().match(/^(.+?)\+([0-9a-f]{8})\+(.+)$/);
  const key = bytes(encoded);
  const [text, signatures] = note.split("\n\n");
  const [dash, signer, packed] = signatures.trim().split(" ");
  const signature = bytes(packed);
  const named = key[0] === 1 && equal((await sha256(utf8.encode(`${name}\n`), key)).slice(0, 4), unhex(hash));
  if (!named || dash !== "—" || signer !== name || !equal(signature.slice(0, 4), unhex(hash))) return false;
  const [origin, size, root] = text.split("\n");
  if (origin !== name || Number(size) !== treeSize || !equal(bytes(root), unhex(rootHash))) return false;
  const made = await subtle.importKey("raw", key.slice(1), "Ed25519", false, ["verify"]).catch(() => {
    throw new Unknown("Ed25519");
  });
  return subtle.verify("Ed25519", made, signature.slice(4), utf8.encode(`${text}\n`));
}
