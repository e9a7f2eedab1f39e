// Draws avatars of DiceBear and Multiavatar as PNG, to set beside ours: node benchmarks/rivals.mjs FOLDER OUT COUNT
// FOLDER is one in which `npm install @dicebear/core @dicebear/collection @dicebear/converter
// @multiavatar/multiavatar` was run; OUT gets COUNT pictures of each style. They are not ours and are not committed.
import fs from "node:fs";
import { packagesOf } from "./npm.mjs";

const STYLES = ["adventurer", "bigSmile", "bottts", "croodles", "funEmoji", "lorelei", "thumbs"];
const SIDE = 256;
const [folder, out, count] = process.argv.slice(2);
const { require, load } = packagesOf(folder);
const { createAvatar } = await load("@dicebear/core");
const { toPng } = await load("@dicebear/converter");
const styles = await load("@dicebear/collection");
const multiavatar = require("@multiavatar/multiavatar");
const backgroundColor = ["b6e3f4", "c0aede", "d1d4f9", "ffd5dc", "ffdfbf"];

const save = async (name, svg) => {
  const picture = await toPng(svg, { includeExif: false }).toArrayBuffer();
  fs.writeFileSync(`${out}/${name}.png`, Buffer.from(picture));
};
fs.mkdirSync(out, { recursive: true });
for (let seed = 0; seed < Number(count); seed++) {
  for (const style of STYLES) {
    const avatar = createAvatar(styles[style], { seed: String(seed), size: SIDE, backgroundColor });
    await save(`dicebear-${style}-${seed}`, avatar);
  }
  fs.writeFileSync(`${out}/multiavatar-${seed}.svg`, multiavatar(String(seed)));
}
