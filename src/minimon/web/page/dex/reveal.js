// How a card turns over: modest for F, a spectacle for S+. One table; what moves is the browser's own animations.

import { calm, find } from "./dom.js";
import { sparkle } from "./sparks.js";

/** For each rarity: length in ms, whole turns before the half one, rise in % of the card, trembling in px, sparks, and
 * whether night falls around it. */
const ACTS = {
  F: [520, 0, 0, 0, 0, false],
  E: [620, 0, 3, 0, 10, false],
  D: [740, 0, 6, 0, 22, false],
  C: [900, 0, 9, 2, 36, false],
  B: [1150, 1, 11, 3, 56, false],
  A: [1500, 1, 13, 4, 90, true],
  S: [2100, 2, 15, 6, 170, true],
  "S+": [3200, 3, 17, 9, 320, true],
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
  const [ms, turns, rise, shake, sparks, night] = ACTS[rarity];
  if (calm()) return play([card.animate({ opacity: [0, 1] }, 200)]);
  document.documentElement.classList.toggle("night", night);
  card.classList.add("turning");
  const burst = setTimeout(() => sparkle(card, rarity, sparks), ms * (TREMBLE + 0.3));
  await play([...turn(card, ms, turns, rise, shake), ...surroundings(stage, ms, night)]);
  clearTimeout(burst);
  card.classList.remove("turning");
  document.documentElement.classList.remove("night");
}

async function play(animations) {
  playing = animations;
  await Promise.allSettled(animations.map((animation) => animation.finished));
  playing = [];
}

function turn(card, duration, turns, rise, shake) {
  const timing = { duration, fill: "backwards" };
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

function surroundings(stage, duration, night) {
  const timing = { duration, fill: "backwards", easing: "ease-out" };
  const moves = [find(".rays", stage).animate([{ opacity: 0 }, { opacity: 0, offset: 0.5 }, {}], timing)];
  if (night) moves.push(find(".disc", stage).animate([{ scale: 1 }, { scale: 0.92, offset: TREMBLE }, { scale: 1.14, offset: 0.62 }, { scale: 1 }], timing));
  return moves;
}
