// Draws avatars with DiceBear and its own PNG converter, one after the other, and prints the milliseconds of
// each: by the clock, and of the processor.
// node benchmarks/dicebear.mjs FOLDER STYLE COUNT SIZE, where FOLDER holds node_modules.
import { packagesOf } from "./npm.mjs";

const [folder, style, count, size] = process.argv.slice(2);
const { load } = packagesOf(folder);
const { createAvatar } = await load("@dicebear/core");
const { toPng } = await load("@dicebear/converter");
const styles = await load("@dicebear/collection");
const times = [];
for (let seed = -5; seed < Number(count); seed++) {
  const begin = performance.now();
  const before = process.cpuUsage();
  const avatar = createAvatar(styles[style], { seed: String(seed), size: Number(size) });
  await toPng(avatar, { includeExif: false }).toArrayBuffer();
  const used = process.cpuUsage(before);
  if (seed >= 0) times.push([performance.now() - begin, (used.user + used.system) / 1000]);
}
console.log(JSON.stringify(times));
