// A card: its two faces, its seal, and how it leans towards the pointer.

import { calm, h, icon, svg } from "./dom.js";
import { dateTime, t } from "./words.js";

export const RARITIES = ["F", "E", "D", "C", "B", "A", "S", "S+"];
export const ELEMENTS = ["water", "fire", "earth", "wind"];
const LEAN = 11; // degrees

const POINTS = 144; // of a seal's outline

/** The seal gains points with each rank: a plain disc for F, a star of twelve for S+. */
export function seal(rarity) {
  return SEALS.get(rarity).cloneNode(true);
}

function drawSeal(rarity, rank) {
  const [points, depth] = [5 + rank, 0.013 * rank];
  const outline = Array.from({ length: POINTS }, (_, step) => {
    const angle = (step / POINTS) * 2 * Math.PI - Math.PI / 2;
    const radius = 49 * (1 - depth + depth * Math.cos(points * (angle + Math.PI / 2)));
    return `${(50 + radius * Math.cos(angle)).toFixed(1)} ${(50 + radius * Math.sin(angle)).toFixed(1)}`;
  });
  const shape = svg("svg", { viewBox: "0 0 100 100", "aria-hidden": "true" }, svg("path", { d: `M${outline.join("L")}z` }));
  return h("span.seal", { "data-rarity": rarity }, shape, h("b", {}, rarity));
}

const SEALS = new Map(RARITIES.map((rarity, rank) => [rarity, drawSeal(rarity, rank)]));

/** A name, in letters as large as its length leaves room for. */
export const nameOf = ({ name }) => h("span.name", { "--letters": name.length }, name);

/** What a card is called for those who do not see it. */
export const labelOf = ({ name, rarity, element }) => `${name}, ${rarity}, ${t(element)}`;

export const back = () => h("div.face.back", { "aria-hidden": "true" });

/** The face of a creature; `image` shows its picture. */
function front(creature, image) {
  const foot = h("div.foot", {}, h("span.kind", {}, icon(creature.element), t(creature.element)), h("span", {}, dateTime(creature.at)));
  return h("div.face.front", {}, h("div.top", {}, nameOf(creature), seal(creature.rarity)), h("div.art", {}, image, h("div.foil")), foot);
}

/** A whole card, face up. */
export function card(creature, image) {
  const flip = h("div.flip", {}, back(), front(creature, image));
  const whole = h("div.card.up", { role: "img", "aria-label": labelOf(creature), "data-rarity": creature.rarity, "data-element": creature.element }, flip);
  lean(whole);
  return whole;
}

/** Let a card lean towards the pointer, and its foil follow the light. */
function lean(element) {
  element.addEventListener("pointermove", (event) => {
    if (event.pointerType === "touch" || calm()) return;
    const box = element.getBoundingClientRect();
    const [x, y] = [(event.clientX - box.left) / box.width - 0.5, (event.clientY - box.top) / box.height - 0.5];
    element.style.setProperty("--ry", `${x * LEAN * 2}deg`);
    element.style.setProperty("--rx", `${-y * LEAN * 2}deg`);
    element.style.setProperty("--light", `${50 + x * 80}%`);
  });
  element.addEventListener("pointerleave", () => {
    for (const name of ["--rx", "--ry", "--light"]) element.style.removeProperty(name);
  });
}
