// One card, large: its data, its picture as a file, its end.

import { card } from "./card.js";
import { find, h, save } from "./dom.js";
import { PNG, SVG, largePng, urlOf } from "./picture.js";
import { pictureOf, remove } from "./store.js";
import { dateTime, number, t } from "./words.js";

const dialog = find("#detail");
let list = [];
let place = 0;
let url = "";

/** Open the card at a place of a list; the arrow keys turn to its neighbours. */
export async function openDetail(creatures, index) {
  list = creatures;
  await show(index);
  if (!dialog.open) dialog.showModal();
}

async function show(index) {
  place = index;
  const creature = list[place];
  const picture = await pictureOf(creature.id);
  URL.revokeObjectURL(url);
  url = picture ? urlOf(picture, creature.type) : "";
  const image = h("img", { alt: "", src: url });
  dialog.dataset.element = creature.element;
  dialog.replaceChildren(turns(), h("div.slot", {}, card(creature, image)), facts(creature, picture));
}

/** The row at the top: to the neighbours, and out. */
function turns() {
  const shut = h("button.tool.close", { type: "button", "aria-label": t("close"), onclick: () => dialog.close() }, "×");
  return h("div.turns", {}, turnButton(-1), h("span", {}, `${number(place + 1)} / ${number(list.length)}`), turnButton(1), shut);
}

function facts(creature, picture) {
  const row = (name, value, code) => [h("dt", {}, t(`detail.${name}`)), h(code ? "dd.code" : "dd", {}, value)];
  return h(
    "div.facts",
    {},
    h("h2", { id: "detail-name" }, creature.name),
    h("dl", {}, ...row("seed", String(creature.seed), true), ...row("id", creature.id, true), ...row("at", dateTime(creature.at)), ...row("backend", creature.backend)),
    h("div.row", {}, copyButton(creature.seed), ...files(creature, picture), deleteButton(creature)),
  );
}

function copyButton(seed) {
  const button = h("button.quiet", { type: "button" }, t("detail.copy"));
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(String(seed));
    button.textContent = t("detail.copied");
  });
  return button;
}

function files(creature, picture) {
  if (!picture) return [];
  const name = `${creature.name}-${creature.rarity}`;
  const button = (label, make) => h("button.quiet", { type: "button", onclick: async () => save(await make(), `${name}.${label.toLowerCase()}`) }, label);
  const drawing = creature.type === SVG;
  const png = button("PNG", async () => (drawing ? largePng(picture) : new Blob([picture], { type: PNG })));
  return drawing ? [png, button("SVG", async () => new Blob([picture], { type: SVG }))] : [png];
}

function turnButton(step) {
  const there = list[place + step] !== undefined;
  const label = t(step < 0 ? "detail.previous" : "detail.next");
  return h("button.quiet", { type: "button", "aria-label": label, disabled: !there, "data-step": step, onclick: () => turn(step) }, step < 0 ? "←" : "→");
}

async function turn(step) {
  if (list[place + step] === undefined) return;
  await show(place + step);
  const button = find(`[data-step="${step}"]`, dialog);
  (button.disabled ? find(".close", dialog) : button).focus();
}

/** Deleting asks once more, on the button itself. */
function deleteButton(creature) {
  const button = h("button.quiet.danger", { type: "button" }, t("detail.delete"));
  button.addEventListener("click", async () => {
    if (!button.dataset.sure) {
      button.dataset.sure = "1";
      button.textContent = t("detail.sure");
      return;
    }
    await remove(creature.id);
    dialog.close();
    document.dispatchEvent(new CustomEvent("removed", { detail: creature.id }));
  });
  return button;
}

dialog.addEventListener("keydown", (event) => {
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (step) turn(step);
});
dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
dialog.addEventListener("close", () => {
  URL.revokeObjectURL(url);
  dialog.replaceChildren();
});
