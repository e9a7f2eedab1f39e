// A binder that holds thousands: only the cards in sight are in the page, each at its place in a list of full height.

import { labelOf, nameOf, seal } from "./card.js";
import { find, h } from "./dom.js";
import { urlOf } from "./picture.js";
import { thumbsOf } from "./store.js";

const LEAST_WIDTH = 9.6; // rem
const GAP = 0.9;
const RATIO = 1.2; // height by width of a small card; style.css has it too
const [AHEAD, BEHIND] = [6, 2]; // rows beyond what is in sight, on the side that the scroll goes to and on the other

/** Small cards in list items, with their pictures; `drop` takes one out of the page and gives its picture back. */
export async function minis(creatures, open) {
  const thumbs = await thumbsOf(creatures.map(({ id }) => id));
  return creatures.map((creature, index) => mini(creature, thumbs[index], () => open(index)));
}

function mini(creature, thumb, open) {
  const image = h("img", { alt: "", src: thumb && urlOf(thumb, "image/webp") });
  const line = h("span.line", { "aria-hidden": "true" }, nameOf(creature), seal(creature.rarity));
  const button = h("button.mini", { type: "button", "aria-label": labelOf(creature), "data-rarity": creature.rarity, onclick: open }, image, line);
  const item = h("li", {}, button);
  item.drop = () => {
    URL.revokeObjectURL(image.src);
    item.remove();
  };
  return item;
}

export class Binder {
  /** `open` is called with the place of a card that somebody opens. */
  constructor(list, open) {
    this.list = list;
    this.open = open;
    this.creatures = [];
    this.rows = new Map(); // number → its items, or null while they are made
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
    this.creatures = [];
  }

  show(creatures) {
    this.creatures = creatures;
    this.focused = 0;
    this.clear();
    this.render();
  }

  clear() {
    for (const row of [...this.rows.keys()]) this.drop(row);
  }

  drop(row) {
    for (const item of this.rows.get(row) ?? []) item.drop();
    this.rows.delete(row);
  }

  /** Take the measure of the list; return whether it has changed. */
  measure() {
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const [width, gap] = [this.list.clientWidth, GAP * rem];
    if (width === this.width && gap === this.gap) return false;
    const columns = Math.max(2, Math.floor((width + gap) / (LEAST_WIDTH * rem + gap)));
    const side = (width - gap * (columns - 1)) / columns;
    this.list.style.setProperty("--side", `${side}px`);
    Object.assign(this, { width, gap, columns, side, height: side * RATIO + gap });
    return true;
  }

  render() {
    if (this.measure()) this.lay();
    const rows = Math.ceil(this.creatures.length / this.columns);
    this.list.style.height = `${rows * this.height}px`;
    const [first, last] = this.range(rows);
    for (const [row, items] of [...this.rows]) {
      const focused = items?.some((item) => item.contains(document.activeElement));
      if ((row < first || row >= last) && !focused) this.drop(row);
    }
    for (let row = first; row < last; row++) if (!this.rows.has(row)) this.add(row);
  }

  /** Begin anew, for another width; the focus stays where it is. */
  lay() {
    const held = this.list.contains(document.activeElement);
    this.clear();
    if (held) this.wanted = this.focused;
  }

  /** The rows that are wanted: those in sight and some more, most of them where the scroll goes. */
  range(rows) {
    const top = -this.list.getBoundingClientRect().top;
    const [above, below] = top < this.top ? [AHEAD, BEHIND] : [BEHIND, AHEAD];
    this.top = top;
    const first = Math.floor(top / this.height) - above;
    const last = Math.ceil((top + innerHeight) / this.height) + below;
    return [Math.max(0, first), Math.min(rows, last)];
  }

  /** Put a row into the page, whole: each change costs the browser a painting of all that is near. */
  async add(row) {
    const { creatures, columns } = this;
    const first = row * columns;
    this.rows.set(row, null);
    const items = await minis(creatures.slice(first, first + columns), (index) => this.open(first + index));
    const stale = creatures !== this.creatures || columns !== this.columns || this.rows.get(row) !== null;
    if (stale) return items.forEach((item) => item.drop());
    this.rows.set(row, items);
    items.forEach((item, index) => this.place(item, row, index));
    this.insert(items, first);
    if (this.wanted >= first && this.wanted < first + items.length) this.focus(this.wanted);
  }

  place(item, row, column) {
    const place = row * this.columns + column;
    item.dataset.place = place;
    item.ariaSetSize = String(this.creatures.length);
    item.ariaPosInSet = String(place + 1);
    item.style.transform = `translate(${column * (this.side + this.gap)}px, ${row * this.height}px)`;
    find("button", item).tabIndex = place === this.focused ? 0 : -1;
  }

  /** Put items into the page in the order of the list, which is the order of reading. */
  insert(items, first) {
    const after = [...this.list.children].find((other) => Number(other.dataset.place) > first);
    if (after) after.before(...items);
    else this.list.append(...items);
  }

  item(place) {
    return this.rows.get(Math.floor(place / this.columns))?.[place % this.columns];
  }

  /** One card takes the Tab key; the arrow keys go on from it. */
  mark(place) {
    for (const other of [this.focused, place]) {
      const item = this.item(other);
      if (item) find("button", item).tabIndex = other === place ? 0 : -1;
    }
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
    const top = this.list.getBoundingClientRect().top + Math.floor(place / this.columns) * this.height;
    if (top < bar || top + this.height > innerHeight - bar / 2) scrollBy({ top: top - innerHeight / 3, behavior: "instant" });
    this.mark(place);
    this.wanted = place;
    this.render();
    const item = this.item(place);
    if (!item) return;
    this.wanted = null;
    find("button", item).focus({ preventScroll: true });
  }
}
