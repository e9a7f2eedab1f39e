// Checks a certificate with a full receipt from RFC 9162, RFC 8032 and the C2SP specifications alone, with WebCrypto.
// Usage: node receipt.mjs VKEY JWKS < answer.json     Exit status 0 if everything is right.
import { readFileSync } from "node:fs";
const { subtle } = globalThis.crypto;

const [vkey, jwks] = [process.argv[2], JSON.parse(process.argv[3])];
const answer = JSON.parse(readFileSync(0, "utf8"));
const receipt = answer.receipt;
const bytes = (text) => new Uint8Array(Buffer.from(text, "base64"));
const hex = (text) => new Uint8Array(Buffer.from(text, "hex"));
const sha256 = async (...parts) => new Uint8Array(await subtle.digest("SHA-256", Buffer.concat(parts)));
const equal = (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)) === 0;
const demand = (fact, what) => { if (!fact) { console.error(`wrong: ${what}`); process.exit(1); } };

// C2SP signed-note: name+hash+base64(kind, key); the note is text, empty line, "— name base64(hash, signature)"
const [name, keyHash, encodedKey] = vkey.trim().split(/\+(.*?)\+(.*)/s).slice(0, 3);
const key = bytes(encodedKey);
demand(key[0] === 1, "the kind of key");
demand(equal((await sha256(Buffer.from(`${name}\n`), key)).slice(0, 4), hex(keyHash)), "the key's hash");
const [text, signatures] = receipt.checkpoint.split("\n\n");
const [dash, signer, encoded] = signatures.trim().split(" ");
const signature = bytes(encoded);
demand(dash === "—" && signer === name && equal(signature.slice(0, 4), hex(keyHash)), "the signature line");
const noteKey = await subtle.importKey("raw", key.slice(1), "Ed25519", false, ["verify"]);
demand(await subtle.verify("Ed25519", noteKey, signature.slice(4), Buffer.from(`${text}\n`)), "the note's signature");
const [origin, size, root] = text.split("\n");
demand(origin === name && Number(size) === receipt.treeSize, "origin and size");

// RFC 9162, section 2.1.3.2
let hash = await sha256(Uint8Array.of(0), bytes(receipt.lineB64));
let [fn, sn] = [receipt.index, receipt.treeSize - 1];
demand(fn <= sn, "the index");
for (const node of receipt.inclusionProof.map(hex)) {
  demand(sn !== 0, "the proof's length");
  if (fn % 2 === 1 || fn === sn) {
    hash = await sha256(Uint8Array.of(1), node, hash);
    while (fn % 2 === 0 && fn !== 0) { fn = Math.floor(fn / 2); sn = Math.floor(sn / 2); }
  } else hash = await sha256(Uint8Array.of(1), hash, node);
  fn = Math.floor(fn / 2); sn = Math.floor(sn / 2);
}
demand(sn === 0 && equal(hash, bytes(root)), "the inclusion proof");

// The record is this certificate, and the key that it names signed it.
const record = JSON.parse(Buffer.from(receipt.lineB64, "base64"));
demand(JSON.stringify(record.signed) === JSON.stringify(answer.signed), "the record");
const jwk = jwks.keys.find((candidate) => candidate.kid === record.kid);
demand(jwk && jwk.alg === "ES256", "the key");
const scoreKey = await subtle.importKey("jwk", jwk, { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
const der = bytes(answer.signed.signatureB64);
const integer = (at) => Buffer.concat([Buffer.alloc(32), der.slice(at + 2, at + 2 + der[at + 1])]).subarray(-32);
const raw = Buffer.concat([integer(2), integer(4 + der[3])]); // WebCrypto takes r and s in full width
const scheme = { name: "ECDSA", hash: "SHA-256" };
demand(await subtle.verify(scheme, scoreKey, raw, bytes(answer.signed.canonicalB64)), "the score's signature");
console.log("ok");
