// One card, large: its data, its picture as a file, its end.

import { card } from "./card.js";
import { button, find, h, save } from "./dom.js";
import { PNG, largePng, urlOf } from "./picture.js";
import { pictureOf, remove } from "./store.js";
import { dateTime, number, t } from "./words.js";

const dialog = find("#detail");
let list = [];
let place = 0;
let url = "";

/** Open the card at a place of a list; the arrow keys turn to its neighbours. */
export async function openDetail(creatures, index) {
  list = creatures;
  if ((await show(index)) && !dialog.open) dialog.showModal();
}

/** Show the card at a place; return false if meanwhile another was wanted, or none. */
async function show(index) {
  place = index;
  const creature = list[place];
  const picture = await pictureOf(creature.id);
  if (list[place] !== creature) return false;
  URL.revokeObjectURL(url);
  url = picture ? urlOf(picture, creature.type) : "";
  const image = h("img", { alt: "", src: url });
  dialog.dataset.element = creature.element;
  dialog.replaceChildren(turns(), h("div.slot", {}, card(creature, image)), facts(creature, picture));
  return true;
}

/** The row at the top: to the neighbours, and out. */
function turns() {
  const shut = h("button.tool.close", { type: "button", "aria-label": t("close"), onclick: () => dialog.close() }, "×");
  return h("div.turns", {}, turner(-1), `${number(place + 1)} / ${number(list.length)}`, turner(1), shut);
}

function facts({ id, name, seed, at }, picture) {
  const row = (what, ...value) => [h("dt", {}, t(`detail.${what}`)), h("dd", {}, ...value)];
  const code = (text) => h("span.code", {}, text);
  const copier = button(t("detail.copy"), (event) => copy(event, seed));
  const rows = [row("seed", code(String(seed)), " ", copier), row("id", code(id)), row("at", dateTime(at))];
  const buttons = h("div.row", {}, ...files(list[place], picture), button(t("detail.delete"), (event) => erase(event, id), { class: "quiet danger" }));
  return h("div.facts", {}, h("h2", { id: "detail-name" }, name), h("dl", {}, ...rows.flat()), buttons);
}

async function copy({ target }, seed) {
  await navigator.clipboard.writeText(seed);
  target.textContent = t("detail.copied");
}

function files(creature, picture) {
  if (!picture) return [];
  const file = (kind, make) => button(kind, async () => save(await make(), `${creature.name}-${creature.rarity}.${kind.toLowerCase()}`));
  const asItIs = () => new Blob([picture], { type: creature.type });
  if (creature.type === PNG) return [file("PNG", asItIs)];
  return [file("PNG", () => largePng(picture)), file("SVG", asItIs)];
}

function turner(step) {
  const [label, sign] = step < 0 ? [t("detail.previous"), "←"] : [t("detail.next"), "→"];
  return button(sign, () => turn(step), { "aria-label": label, disabled: !list[place + step], "data-step": step });
}

async function turn(step) {
  if (!list[place + step] || !(await show(place + step))) return;
  const pressed = find(`[data-step="${step}"]`, dialog);
  (pressed.disabled ? find(".close", dialog) : pressed).focus();
}

/** Deleting asks once more, on the button itself. */
async function erase({ target }, id) {
  if (!target.dataset.sure) return (target.textContent = target.dataset.sure = t("detail.sure"));
  await remove(id);
  dialog.close();
  document.dispatchEvent(new CustomEvent("removed", { detail: id }));
}

dialog.addEventListener("keydown", (event) => {
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (step) turn(step);
});
dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
dialog.addEventListener("close", () => {
  URL.revokeObjectURL(url);
  list = [];
  dialog.replaceChildren();
});
