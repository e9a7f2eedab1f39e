// The binder's view: filter, search, sort, export, import.

import { Binder } from "./binder.js";
import { ELEMENTS, RARITIES } from "./card.js";
import { openDetail } from "./detail.js";
import { complaint, find, h, icon, save } from "./dom.js";
import { allCreatures } from "./store.js";
import { exportAll, importFile } from "./transfer.js";
import { t } from "./words.js";

const form = find("#filters");
const state = find("#transfer");
const say = (...words) => state.replaceChildren(...words);
const tellHowMany = (n) => say(t("transfer.busy", { n }));
const ORDERS = {
  new: (a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0),
  old: (a, b) => -ORDERS.new(a, b),
  rare: (a, b) => RARITIES.indexOf(b.rarity) - RARITIES.indexOf(a.rarity) || ORDERS.new(a, b),
  name: (a, b) => a.name.localeCompare(b.name),
};
let creatures = [];
let seen = [];
let open = false;
const binder = new Binder(find("#binder"), (place) => openDetail(seen, place));

export async function show() {
  open = true;
  pills();
  binder.start();
  await load();
}

export function hide() {
  open = false;
  binder.stop();
  creatures = seen = [];
  say();
}

async function load() {
  creatures = await allCreatures();
  filter();
}

/** The focus goes to the card that moves up into the place of the one that went. */
async function removed() {
  const place = binder.focused;
  await load();
  if (seen.length) binder.focus(Math.min(place, seen.length - 1));
  else find("#h-collection").focus();
}

const marks = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

function filter() {
  const { text, rarity, element, sort } = Object.fromEntries(new FormData(form));
  const wanted = marks(text.trim());
  seen = creatures
    .filter((it) => (!rarity || it.rarity === rarity) && (!element || it.element === element) && marks(it.name).includes(wanted))
    .sort(ORDERS[sort]);
  const part = seen.length < creatures.length ? t("collection.shown", { shown: seen.length, n: creatures.length }) : "";
  find("#count").textContent = part || t("collection.count", { n: creatures.length });
  find("#empty").hidden = seen.length > 0;
  find("#empty p").textContent = t(creatures.length ? "collection.none" : "collection.empty");
  find("#empty a").hidden = creatures.length > 0;
  binder.show(seen);
}

/** The choices of rarity and element, as one row of radio buttons each; what was chosen stays. */
function pills() {
  const chosen = new FormData(form);
  const row = (id, name, values, face) => {
    const choice = (value, ...content) =>
      h("label", {}, h("input", { type: "radio", name, value, checked: (chosen.get(name) ?? "") === value }), h("span.pill", {}, ...content));
    find(id).replaceChildren(find(`${id} legend`), choice("", t(`all.${name}`)), ...values.map((value) => choice(value, ...face(value))));
  };
  row("#by-rarity", "rarity", RARITIES, (value) => [value]);
  row("#by-element", "element", ELEMENTS, (value) => [icon(value), h("span", {}, t(value))]);
}

async function write() {
  const { file, count } = await exportAll(creatures, tellHowMany);
  const name = `minidex-${new Date().toISOString().slice(0, 10)}.jsonl.gz`;
  save(file, name);
  say(t("transfer.out", { n: count, file: name }));
}

async function readFile(event) {
  const [file] = event.target.files;
  event.target.value = "";
  if (!file) return;
  try {
    const { added, known, refused } = await importFile(file, tellHowMany);
    const parts = [t("transfer.in", { n: added }), known && t("transfer.known", { n: known }), refused && t("transfer.refused", { n: refused })];
    say(parts.filter(Boolean).join(" "));
  } catch {
    say(complaint(t("transfer.foreign")));
  }
  await load();
}

form.addEventListener("input", filter);
form.addEventListener("submit", (event) => event.preventDefault());
find("#export").addEventListener("click", write);
find("#import").addEventListener("click", () => find("#import-file").click());
find("#import-file").addEventListener("change", readFile);
document.addEventListener("removed", () => open && removed());
