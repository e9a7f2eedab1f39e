// How a card turns over: modest for F, a spectacle for S+. One table; what moves is the browser's own animations.

import { calm, find } from "./dom.js";
import { sparkle } from "./sparks.js";

/** For each rarity: length in ms, whole turns before the half one, rise in % of the card, trembling in px, sparks. */
const ACTS = {
  F: { ms: 520, turns: 0, rise: 0, shake: 0, sparks: 0 },
  E: { ms: 620, turns: 0, rise: 3, shake: 0, sparks: 10 },
  D: { ms: 740, turns: 0, rise: 6, shake: 0, sparks: 22 },
  C: { ms: 900, turns: 0, rise: 9, shake: 2, sparks: 36 },
  B: { ms: 1150, turns: 1, rise: 11, shake: 3, sparks: 56 },
  A: { ms: 1500, turns: 1, rise: 13, shake: 4, sparks: 90, night: true },
  S: { ms: 2100, turns: 2, rise: 15, shake: 6, sparks: 170, night: true },
  "S+": { ms: 3200, turns: 3, rise: 17, shake: 9, sparks: 320, night: true },
};
const TREMBLE = 0.34; // of the length, before the turn

let playing = [];

/** Show the rest at once. */
export function skip() {
  for (const animation of playing) animation.finish();
}

/** Turn `card` (from `card.js`, face up) over on `stage`; resolves when its face is seen and all is still. */
export async function reveal(stage, card, rarity) {
  stage.dataset.rarity = rarity;
  const act = ACTS[rarity];
  if (calm()) return play([card.animate({ opacity: [0, 1] }, 200)]);
  document.documentElement.classList.toggle("night", Boolean(act.night));
  card.classList.add("turning");
  const burst = setTimeout(() => sparkle(card, rarity, act.sparks), act.ms * (TREMBLE + 0.3));
  await play([...turn(card, act), ...surroundings(stage, act)]);
  clearTimeout(burst);
  card.classList.remove("turning");
  document.documentElement.classList.remove("night");
}

async function play(animations) {
  playing = animations;
  await Promise.allSettled(animations.map((animation) => animation.finished));
  playing = [];
}

function turn(card, { ms, turns, rise, shake }) {
  const timing = { duration: ms, fill: "backwards" };
  const begin = shake ? TREMBLE : 0;
  const flip = find(".flip", card).animate(
    [
      { transform: "rotateY(0)", easing: "linear" },
      { transform: "rotateY(0)", offset: begin, easing: "cubic-bezier(.3,.05,.2,1)" },
      { transform: `rotateY(${180 + 360 * turns}deg)` },
    ],
    timing,
  );
  const lifted = { transform: `translateY(${-rise}%) scale(${1 + rise / 160})`, offset: begin + (1 - begin) * 0.45 };
  const settle = { transform: "none", easing: "ease-out" };
  return [flip, card.animate([settle, ...tremble(shake, begin), lifted, settle], timing)];
}

/** Keyframes of a growing tremble. */
function tremble(most, until) {
  const steps = most ? 14 : 0;
  return Array.from({ length: steps }, (_, step) => {
    const size = (most * (step + 1)) / steps;
    const side = step % 2 ? 1 : -1;
    return { transform: `translateX(${side * size}px) rotate(${side * size * 0.25}deg)`, offset: (until * (step + 1)) / (steps + 1) };
  });
}

function surroundings(stage, { ms, night }) {
  const timing = { duration: ms, fill: "backwards", easing: "ease-out" };
  const moves = [find(".rays", stage).animate([{ opacity: 0 }, { opacity: 0, offset: 0.5 }, {}], timing)];
  if (night) moves.push(find(".disc", stage).animate([{ scale: 1 }, { scale: 0.92, offset: TREMBLE }, { scale: 1.14, offset: 0.62 }, { scale: 1 }], timing));
  return moves;
}
