// The first view: one button, one card.

import { ask, asProblem, askJson } from "./api.js";
import { RARITIES, back, card } from "./card.js";
import { complaint, find, findAll, fromBase64, h, pause } from "./dom.js";
import { PNG, SVG, thumbnail, urlOf } from "./picture.js";
import { reveal, skip } from "./reveal.js";
import { count, keep } from "./store.js";
import { known, number, t } from "./words.js";

const LOOK_MS = 3000;
const PATIENCE_MS = 1200;
const MOST_RECENT = 6;

const [button, state, said, met, slot, stage, row] = ["#mint", "#mint-state", "#mint-said", "#met", "#slot", "#stage", "#recent ul"].map((id) => find(id));
let busy = false;
let odds = "";
let rarities = [];
let url = "";
let recent = [];
let shown = null; // the last creature and its image

export function startMint() {
  button.addEventListener("click", mint);
  stage.addEventListener("click", skip);
  document.addEventListener("keydown", (event) => event.key === "Escape" && skip());
  document.addEventListener("language", retell);
  document.addEventListener("removed", (event) => forget(event.detail));
}

/** The odds that hold, as one text: draws are counted under it. */
export async function oddsNow() {
  ({ rarities } = await askJson("v1/odds"));
  odds = rarities.map(({ rarity, weight }) => `${rarity}=${weight}`).join(",");
  return { rarities, key: odds };
}

async function mint() {
  if (busy) return;
  hold(true);
  say(t("mint.busy"));
  try {
    cover();
    if (!odds) await patiently(oddsNow);
    await show(await read(await patiently(summon)));
    hold(false);
  } catch (error) {
    stage.classList.remove("waiting");
    if (shown) uncover();
    await fail(error);
  }
}

/** Say everything again, in the other language. */
async function retell() {
  hold(busy);
  if (!shown || busy) return;
  uncover();
  tell(shown.creature);
  const items = await small(recent);
  for (const old of [...row.children]) old.drop();
  row.append(...items);
}

/** The button keeps the focus while it does nothing. */
function hold(held) {
  busy = held;
  button.ariaDisabled = held;
  label(t(recent.length ? "mint.again" : "mint.button"));
}

const label = (text) => (button.firstElementChild.textContent = text);
const say = (...content) => state.replaceChildren(...content);

/** Put a card on the stage, face down. */
function cover() {
  slot.replaceChildren(h("div.card", { role: "img", "aria-label": t("card.hidden") }, h("div.flip", {}, back())));
  delete stage.dataset.rarity;
  stage.classList.add("waiting");
}

/** Show the last card again. */
function uncover() {
  slot.replaceChildren(card(shown.creature, shown.image));
  stage.dataset.rarity = shown.creature.rarity;
}

const summon = () => ask("v1/generate", { accept: `${SVG}, application/json;q=0.9` });

/** Do `work`; where the engine still warms up, wait for it and do it then. Throws Problem. */
async function patiently(work) {
  for (;;) {
    const done = new AbortController();
    tellWait(done.signal);
    try {
      return await work();
    } catch (problem) {
      if (problem.code !== "STARTING") throw problem;
      done.abort();
      await warm(problem);
    } finally {
      done.abort();
    }
  }
}

/** Say how long it will take, if it takes long. */
async function tellWait(signal) {
  await pause(PATIENCE_MS);
  while (!signal.aborted) {
    const backend = await look();
    if (signal.aborted) return;
    if (backend?.waitSeconds) say(t("mint.wait", { seconds: Math.ceil(backend.waitSeconds), waiting: backend.facts.waiting ?? 0 }));
    await pause(LOOK_MS);
  }
}

/** Return when the engine is ready; show how far it is. Throws the problem where it never will be. */
async function warm(problem) {
  for (;;) {
    const backend = await look();
    if (backend?.state === "ready") return say(t("mint.busy"));
    if (backend?.state === "failed") throw problem;
    if (backend) say(h("p", {}, stageText(backend)), h("progress", { max: 100, value: backend.percent, "aria-label": t("stage.loading") }), h("p", {}, t("mint.starting.lead")));
    await pause(LOOK_MS);
  }
}

const stageText = ({ stage, percent }) => t("mint.starting", { stage: known(`stage.${stage}`), percent: number(percent) });

const look = () => askJson("v1/backend", { quiet: true }).catch(() => null);

/** Read a minted creature and its picture from either form of the answer. */
async function read(answer) {
  if (answer.headers.get("Content-Type").startsWith(SVG)) {
    const field = (name) => answer.headers.get(`X-Minimon-${name}`);
    const creature = { id: field("Id"), name: decodeURIComponent(field("Name")), rarity: field("Rarity"), element: field("Element"), seed: Number(field("Seed")), backend: field("Backend"), at: field("Generated-At"), type: SVG };
    return { creature, picture: await answer.arrayBuffer() };
  }
  const { imageBase64, metadata, generatedAt } = await answer.json();
  const { id, name, rarity, element, seed, backend } = metadata;
  return { creature: { id, name, rarity, element, seed, backend, at: generatedAt, type: PNG }, picture: fromBase64(imageBase64).buffer };
}

async function show({ creature, picture }) {
  const kept = await store(creature, picture);
  const image = h("img", { alt: "" });
  URL.revokeObjectURL(url);
  image.src = url = urlOf(picture, creature.type);
  await image.decode();
  shown = { creature, image };
  const whole = card(creature, image);
  slot.replaceChildren(whole);
  stage.classList.remove("waiting");
  say(kept ? "" : t("mint.full"));
  document.dispatchEvent(new CustomEvent("element", { detail: creature.element }));
  await reveal(stage, whole, creature.rarity);
  tell(creature);
  await remember(creature);
}

function tell({ name, rarity, element }) {
  const share = rarities.slice(RARITIES.indexOf(rarity)).reduce((sum, it) => sum + it.share, 0);
  const once = Math.round(1 / share);
  const text = t(once > 1 ? "mint.met" : "mint.common", { rarity, element: t(element).toLowerCase(), once: number(once) });
  said.textContent = `${name}. ${text}`;
  met.replaceChildren(h("p.name", { "--letters": name.length }, name), h("p.lead", {}, text));
  met.hidden = false;
  for (const before of findAll(".panel > :is(h1, .lead)")) before.classList.add("sr");
}

/** Keep a creature before it is shown, so that none is lost; say whether there was room. */
async function store(creature, picture) {
  await count(odds, creature.rarity);
  try {
    await keep([{ creature, picture, thumb: await thumbnail(picture, creature.type) }]);
    return true;
  } catch {
    return false;
  }
}

/** Tell what went wrong, and count the wait down on the button. */
async function fail(error) {
  const problem = asProblem(error);
  say(complaint(problem.message));
  for (let left = problem.wait; left > 0; left--) {
    label(t("error.in", { seconds: left }));
    await pause(1000);
  }
  if (problem.wait) say("");
  hold(false);
}

/** Put a small card first in the row of the last ones; those that stay are not touched. */
async function remember(creature) {
  recent = [creature, ...recent].slice(0, MOST_RECENT);
  row.prepend(...(await small([creature])));
  row.children[MOST_RECENT]?.drop();
  row.parentElement.hidden = false;
}

function forget(id) {
  const place = recent.findIndex((creature) => creature.id === id);
  row.children[place]?.drop();
  recent = recent.filter((creature) => creature.id !== id);
  row.parentElement.hidden = !recent.length;
  button.focus(); // which nothing happens to while another view is shown
}

/** Small cards, each of which opens among the last ones. */
async function small(creatures) {
  const { minis } = await import("./binder.js");
  return minis(creatures, async (index) => (await import("./detail.js")).openDetail(recent, recent.indexOf(creatures[index])));
}
