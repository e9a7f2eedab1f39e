// A binder that holds thousands: only the cards in sight are in the page, each at its place in a list of full height.

import { seal } from "./card.js";
import { find, h } from "./dom.js";
import { urlOf } from "./picture.js";
import { thumbOf } from "./store.js";
import { t } from "./words.js";

const LEAST_WIDTH = 9.6; // rem
const GAP = 0.9;
const RATIO = 1.2; // height by width of a small card
const EMS = 10.4; // its width in its own font size
const AHEAD = 2; // rows above and below what is in sight

/** A small card in a list item; `release` gives its picture back. */
export async function mini(creature, open) {
  const image = h("img", { alt: "" });
  const label = t("card.open", { ...creature, element: t(creature.element) });
  const line = h("span.line", { "aria-hidden": "true" }, h("span.name", {}, creature.name), seal(creature.rarity));
  const button = h("button.mini", { type: "button", "aria-label": label, "data-rarity": creature.rarity, onclick: open }, image, line);
  const item = h("li", {}, button);
  const thumb = await thumbOf(creature.id);
  if (thumb) image.src = urlOf(thumb, "image/webp");
  item.release = () => URL.revokeObjectURL(image.src);
  return item;
}

export class Binder {
  /** `open` is called with the place of a card that somebody opens. */
  constructor(list, open) {
    this.list = list;
    this.open = open;
    this.creatures = [];
    this.shown = new Map(); // place → item, or null while it is made
    this.focused = 0;
    this.draw = () => {
      this.waiting ??= requestAnimationFrame(() => {
        this.waiting = null;
        this.render();
      });
    };
    list.addEventListener("keydown", (event) => this.move(event));
    list.addEventListener("focusin", ({ target }) => this.mark(Number(target.closest("li")?.dataset.place ?? this.focused)));
  }

  start() {
    addEventListener("scroll", this.draw, { passive: true });
    addEventListener("resize", this.draw);
  }

  stop() {
    removeEventListener("scroll", this.draw);
    removeEventListener("resize", this.draw);
    this.clear();
  }

  show(creatures) {
    this.creatures = creatures;
    this.focused = 0;
    this.clear();
    this.render();
  }

  clear() {
    for (const place of [...this.shown.keys()]) this.drop(place);
    this.list.replaceChildren();
  }

  drop(place) {
    const item = this.shown.get(place);
    this.shown.delete(place);
    item?.release();
    item?.remove();
  }

  measure() {
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const [width, gap] = [this.list.clientWidth, GAP * rem];
    const columns = Math.max(2, Math.floor((width + gap) / (LEAST_WIDTH * rem + gap)));
    const side = (width - gap * (columns - 1)) / columns;
    const changed = this.side !== side || this.columns !== columns;
    Object.assign(this, { columns, side, gap, row: side * RATIO + gap });
    return changed;
  }

  render() {
    const changed = this.measure();
    this.list.style.height = `${Math.ceil(this.creatures.length / this.columns) * this.row}px`;
    const top = -this.list.getBoundingClientRect().top;
    const first = Math.max(0, Math.floor(top / this.row) - AHEAD) * this.columns;
    const last = Math.min(this.creatures.length, (Math.ceil((top + innerHeight) / this.row) + AHEAD) * this.columns);
    for (const place of [...this.shown.keys()]) {
      const out = place < first || place >= last;
      if (out && !this.shown.get(place)?.contains(document.activeElement)) this.drop(place);
    }
    if (changed) for (const [place, item] of this.shown) if (item) this.place(item, place);
    for (let place = first; place < last; place++) if (!this.shown.has(place)) this.add(place);
  }

  async add(place) {
    const creatures = this.creatures;
    this.shown.set(place, null);
    const item = await mini(creatures[place], () => this.open(place));
    if (creatures !== this.creatures || this.shown.get(place) !== null) return item.release();
    this.shown.set(place, item);
    item.dataset.place = place;
    item.ariaSetSize = String(creatures.length);
    item.ariaPosInSet = String(place + 1);
    find("button", item).tabIndex = place === this.focused ? 0 : -1;
    this.place(item, place);
    this.insert(item, place);
    if (this.wanted === place) this.focus(place);
  }

  /** Put an item into the page in the order of the list, which is the order of reading. */
  insert(item, place) {
    const after = [...this.list.children].find((other) => Number(other.dataset.place) > place);
    this.list.insertBefore(item, after ?? null);
  }

  place(item, place) {
    const [x, y] = [(place % this.columns) * (this.side + this.gap), Math.floor(place / this.columns) * this.row];
    item.style.width = `${this.side}px`;
    item.style.height = `${this.side * RATIO}px`;
    item.style.fontSize = `${this.side / EMS}px`;
    item.style.transform = `translate(${x}px, ${y}px)`;
  }

  /** One card takes the Tab key; the arrow keys go on from it. */
  mark(place) {
    for (const [other, item] of this.shown) if (item) find("button", item).tabIndex = other === place ? 0 : -1;
    this.focused = place;
  }

  move(event) {
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -this.columns, ArrowDown: this.columns, Home: -Infinity, End: Infinity };
    if (!(event.key in steps) || !this.creatures.length) return;
    event.preventDefault();
    this.focus(Math.min(Math.max(this.focused + steps[event.key], 0), this.creatures.length - 1));
  }

  focus(place) {
    const bar = innerHeight * 0.2;
    const top = this.list.getBoundingClientRect().top + Math.floor(place / this.columns) * this.row;
    if (top < bar || top + this.row > innerHeight - bar / 2) scrollBy({ top: top - innerHeight / 3, behavior: "instant" });
    this.mark(place);
    this.wanted = place;
    this.render();
    const item = this.shown.get(place);
    if (!item) return;
    this.wanted = null;
    find("button", item).focus({ preventScroll: true });
  }
}
