// Sparks on one canvas over the page. Nothing runs while none fly.

import { find } from "./dom.js";

const COLOURS = {
  E: ["#7fd6a0", "#d8f5e2"],
  D: ["#4fd0c7", "#d3f7f3"],
  C: ["#5aa9ff", "#d9ebff"],
  B: ["#9a8bff", "#e5e0ff", "#fff"],
  A: ["#ff7ac8", "#ffd3ee", "#ffe08a"],
  S: ["#ffc24b", "#ff8fd0", "#7fe7ff", "#fff3c4"],
  "S+": ["#ffe08a", "#ffd04b", "#fff8dc", "#9affea", "#ff9de2"],
};
const GRAVITY = 620;
const STAR = new Path2D("M0-1.5.27-.27 1.5 0 .27.27 0 1.5-.27.27-1.5 0-.27-.27z");
let sparks = [];
let last = 0;

/** Let `count` sparks fly from behind an element. */
export function sparkle(element, rarity, count) {
  if (!count) return;
  const canvas = find("#sparks");
  const scale = Math.min(devicePixelRatio, 2);
  canvas.width = innerWidth * scale;
  canvas.height = innerHeight * scale;
  canvas.getContext("2d").scale(scale, scale);
  const box = element.getBoundingClientRect();
  sparks = Array.from({ length: count }, () => spark(box, COLOURS[rarity], count));
  last = performance.now();
  requestAnimationFrame(frame);
}

function spark(box, colours, count) {
  const angle = Math.random() * 2 * Math.PI;
  const speed = (0.25 + Math.random()) * (220 + 2.2 * count);
  return {
    x: box.left + box.width / 2 + Math.cos(angle) * box.width * 0.4,
    y: box.top + box.height / 2 + Math.sin(angle) * box.height * 0.4,
    vx: Math.cos(angle) * speed,
    vy: Math.sin(angle) * speed - 160,
    spin: Math.random() * 6,
    size: 2.5 + Math.random() * (4 + count / 60),
    life: 0.8 + Math.random() * (0.7 + count / 260),
    age: 0,
    colour: colours[Math.floor(Math.random() * colours.length)],
  };
}

function frame(now) {
  const step = Math.min((now - last) / 1000, 0.05);
  last = now;
  const context = find("#sparks").getContext("2d");
  context.clearRect(0, 0, innerWidth, innerHeight);
  sparks = sparks.filter((it) => (it.age += step) < it.life);
  for (const it of sparks) draw(context, it, step);
  if (sparks.length) requestAnimationFrame(frame);
  else find("#sparks").width = 0; // gives its memory back
}

/** A four-pointed star that shrinks, falls and twinkles. */
function draw(context, it, step) {
  it.vy += GRAVITY * step;
  it.vx *= 1 - 1.4 * step;
  it.vy *= 1 - 1.4 * step;
  it.x += it.vx * step;
  it.y += it.vy * step;
  const size = it.size * (1 - it.age / it.life) * (0.75 + 0.25 * Math.sin(it.age * 18 + it.spin));
  context.save();
  context.translate(it.x, it.y);
  context.rotate(it.spin);
  context.scale(size, size);
  context.fillStyle = it.colour;
  context.fill(STAR);
  context.restore();
}
