// The collection as one file: gzipped JSON lines, a head and then a creature each. Both ways run in pieces, so that
// thousands of pictures are never in memory at once.

import { ELEMENTS, RARITIES } from "./card.js";
import { fromBase64 } from "./dom.js";
import { PNG, SVG, thumbnail } from "./picture.js";
import { keep, known, pictureOf } from "./store.js";

const HEAD = { minidex: 1 };
const BATCH = 25;
const LONGEST_LINE = 12_000_000;
const ACTIVE = /<(script|foreignObject|style|image|a|animate|set|iframe)\b|\son\w+\s*=|href\s*=\s*["'](?!#)|javascript:/i;

const toBase64 = (bytes) =>
  new Promise((done) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result.split(",")[1]);
    reader.readAsDataURL(new Blob([bytes]));
  });

/** Return all these creatures as a file, and how many there are. */
export async function exportAll(creatures, tell) {
  let next = -1;
  const lines = new ReadableStream({
    async pull(stream) {
      const creature = creatures[next++];
      if (next === 0) return stream.enqueue(`${JSON.stringify(HEAD)}\n`);
      if (!creature) return stream.close();
      if (next % 100 === 0) tell(next);
      const picture = await pictureOf(creature.id);
      if (picture) stream.enqueue(`${JSON.stringify({ ...creature, picture: await toBase64(picture) })}\n`);
    },
  });
  const packed = lines.pipeThrough(new TextEncoderStream()).pipeThrough(new CompressionStream("gzip"));
  return { file: await new Response(packed).blob(), count: creatures.length };
}

/** Add what is in a file and sound; say how many were added, were known, were refused. Throws for a foreign file. */
export async function importFile(file, tell) {
  const counts = { added: 0, known: 0, refused: 0 };
  let batch = [];
  const flush = async () => {
    await addAll(batch, counts);
    batch = [];
    tell(counts.added);
  };
  let head = false;
  for await (const line of linesOf(file)) {
    if (!head) {
      if (JSON.parse(line).minidex !== HEAD.minidex) throw new Error("foreign");
      head = true;
    } else if (batch.push(line) === BATCH) await flush();
  }
  if (!head) throw new Error("foreign");
  await flush();
  return counts;
}

async function* linesOf(file) {
  const [first, second] = new Uint8Array(await file.slice(0, 2).arrayBuffer());
  const bytes = first === 0x1f && second === 0x8b ? file.stream().pipeThrough(new DecompressionStream("gzip")) : file.stream();
  const reader = bytes.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    if (rest.length > LONGEST_LINE) throw new Error("foreign");
    for (const line of lines) if (line) yield line;
  }
  if (rest) yield rest;
}

async function addAll(lines, counts) {
  const sound = lines.map(parse).filter(Boolean);
  const old = await known(sound.map(({ creature }) => creature.id));
  const fresh = sound.filter(({ creature }) => !old.has(creature.id));
  const entries = (await Promise.all(fresh.map(withThumb))).filter(Boolean);
  await keep(entries);
  counts.added += entries.length;
  counts.known += sound.length - fresh.length;
  counts.refused += lines.length - sound.length + fresh.length - entries.length;
}

const withThumb = async ({ creature, picture }) => {
  try {
    return { creature, picture, thumb: await thumbnail(picture, creature.type) };
  } catch {
    return null; // no picture after all
  }
};

/** Read a line; null for what is no creature, or a drawing with anything active in it. */
function parse(line) {
  try {
    const { id, name, rarity, element, seed, backend, at, type, picture } = JSON.parse(line);
    const bytes = fromBase64(picture).buffer;
    const sound =
      /^mnm_[a-z2-7]{26}$/.test(id) &&
      typeof name === "string" && name.length > 0 && name.length <= 64 &&
      RARITIES.includes(rarity) && ELEMENTS.includes(element) &&
      Number.isSafeInteger(seed) && seed >= 0 &&
      typeof backend === "string" && backend.length <= 64 &&
      !Number.isNaN(Date.parse(at)) &&
      (type === PNG || (type === SVG && !ACTIVE.test(new TextDecoder().decode(bytes))));
    return sound ? { creature: { id, name, rarity, element, seed, backend, at, type }, picture: bytes } : null;
  } catch {
    return null;
  }
}
