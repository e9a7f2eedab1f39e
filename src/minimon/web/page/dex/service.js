// The operator's view: what the service says of itself to everyone who may ask.

import { askJson, askText, times } from "./api.js";
import { find, h, svg } from "./dom.js";
import { trouble } from "./trouble.js";
import { clock, has, known, number, percent as share, t } from "./words.js";

const AGAIN_MS = 10_000;
const place = find("#service");
let timer = 0;

export async function show() {
  clearTimeout(timer);
  try {
    const [backend, health, note] = await Promise.all([askJson("v1/backend"), askJson("health"), askText("v1/ledger/checkpoint", { accept: "text/plain" })]);
    const ready = await askJson("readyz").catch((problem) => ({ warnings: [problem.message] }));
    render(backend, health, note, ready.warnings ?? []);
    if (document.documentElement.dataset.view === "service") timer = setTimeout(show, AGAIN_MS);
  } catch (problem) {
    place.replaceChildren();
    trouble(find("#service-state"), problem, show);
  }
}

export const hide = () => clearTimeout(timer);

function render(backend, health, note, warnings) {
  const { redis, flags } = backend;
  const warned = warnings.length > 0 && tile("warnings", h("ul", {}, warnings.map((it) => h("li", {}, it))));
  const tiles = [warned, pictures(backend), names(health.names), ledger(note), redis && replicas(redis), latency(), flags.length > 0 && choices(flags)];
  place.replaceChildren(...tiles.filter(Boolean));
  find("#service-state").textContent = t("service.updated", { time: clock(health.time) });
}

const tile = (name, ...content) => h("section.sheet", {}, h("h2", {}, t(`service.${name}`)), ...content);
const pairs = (rows) => h("dl", {}, ...rows.filter(Boolean).flatMap(([name, value, code]) => [h("dt", {}, t(`service.${name}`)), h(code ? "dd.code" : "dd", {}, value)]));
const lamp = (state) => h(["ready", "closed", "up"].includes(state) ? "span.lamp" : "span.lamp.no", {}, t(`state.${state}`));

const level = (stock) => ["stock", t("scores.of", { index: number(stock.level), size: number(stock.size) })];
const figure = (value, unit = "") => h("p.figure", {}, value, " ", h("small", {}, unit));

function pictures({ backend, fallback, stand_in: standIn, fault, state, stage, percent, waitSeconds, stock, facts }) {
  const rows = [
    ["state", lamp(state)],
    state !== "ready" && ["stage", `${known(`stage.${stage}`)}, ${share(percent / 100, 0)}`],
    fallback && ["fallback", standIn ? t("service.serving", { name: standIn }) : fallback],
    fault && ["fault", fault],
    waitSeconds > 0 && ["wait", `${number(waitSeconds)} s`],
    stock && level(stock),
  ];
  const list = pairs(rows);
  for (const [name, value] of Object.entries(facts)) list.append(h("dt", {}, known(`fact.${name}`)), h("dd", {}, fact(value)));
  return tile("backend", figure(known(`made.${backend}`)), list);
}

/** What a backend says of itself: a breaker's state in words, the rest as it is. */
function fact(value) {
  if (has(`state.${value}`)) return lamp(value);
  return typeof value === "number" ? number(value) : String(value ?? "–");
}

function names(status) {
  if (!status) return tile("names", figure(t("service.local")));
  const { state, stock, lastFault } = status;
  return tile("names", figure(t("service.remote")), pairs([["state", lamp(state)], ["stock", number(stock)], lastFault && ["fault", lastFault]]));
}

function replicas({ state, fault, stock }) {
  return tile("replicas", figure("Redis"), pairs([["state", lamp(state)], fault && ["fault", fault], stock && level(stock)]));
}

/** A checkpoint's text: origin, size, root, then its signature (C2SP tlog-checkpoint). */
function ledger(note) {
  const [origin, size, root] = note.split("\n");
  const rows = [["root", root, true], ["origin", origin, true]];
  return tile("ledger", figure(number(Number(size)), t("service.records", { n: Number(size) })), pairs(rows));
}

function latency() {
  const sorted = times.toSorted((a, b) => a - b);
  const [median, most] = [sorted[Math.floor(sorted.length / 2)], sorted.at(-1)];
  const text = t("service.slowest", { most: number(Math.round(most)), n: times.length });
  return tile("latency", figure(`${number(Math.round(median))} ms`, t("service.median")), line(most, text), h("p", {}, text));
}

function line(most, text) {
  const end = times.length - 1;
  const points = times.map((ms, index) => `${index},${(38 - (36 * ms) / most).toFixed(2)}`).join(" ");
  const shape = [svg("polygon", { points: `0,40 ${points} ${end},40` }), svg("polyline", { points })];
  return svg("svg", { class: "spark-line", viewBox: `0 0 ${end} 40`, preserveAspectRatio: "none", role: "img", "aria-label": text }, ...shape);
}

/** What was asked of an engine, what it does instead, and why. */
function choices(rows) {
  const head = h("tr", {}, ...["flags", "requested", "applied", "reason"].map((name) => h("th", { scope: "col" }, t(`service.${name}`))));
  const body = rows.map((it) => h("tr", {}, ...[it.name, it.requested, it.applied, it.reason].map((text) => h("td", {}, text))));
  return h("section.sheet.wide", { tabindex: 0, role: "region", "aria-label": t("service.flags") }, h("table", {}, h("thead", {}, head), h("tbody", {}, body)));
}
