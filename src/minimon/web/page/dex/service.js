// The operator's view: what the service says of itself to everyone who may ask.

import { askJson, askText, times } from "./api.js";
import { find, h, svg } from "./dom.js";
import { trouble } from "./trouble.js";
import { clock, has, number, percent as share, stageName, t } from "./words.js";

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
  const tiles = [pictures(backend), names(health.names), ledger(note), latency()];
  if (backend.redis) tiles.splice(3, 0, replicas(backend.redis));
  if (warnings.length) tiles.unshift(tile(t("service.warnings"), h("ul", {}, warnings.map((it) => h("li", {}, it)))));
  if (backend.flags.length) tiles.push(flags(backend.flags));
  place.replaceChildren(...tiles);
  find("#service-state").textContent = t("service.updated", { time: clock(health.time) });
}

const tile = (title, ...content) => h("section.sheet", {}, h("h2", {}, title), ...content);
const pairs = (rows) => h("dl", {}, ...rows.filter(Boolean).flatMap(([name, value, code]) => [h(code === "fact" ? "dt.code" : "dt", {}, name), h(code ? "dd.code" : "dd", {}, value)]));
const lamp = (state) => h(["ready", "closed", "up"].includes(state) ? "span.lamp" : "span.lamp.no", {}, t(`state.${state}`));

const level = ({ level: ready, size }) => t("scores.of", { index: number(ready), size: number(size) });
const figure = (value, unit = "") => h("p.figure", {}, value, " ", h("small", {}, unit));

function pictures({ backend, fallback, stand_in: standIn, fault, state, stage, percent, waitSeconds, stock, facts }) {
  const rows = [
    [t("service.state"), lamp(state)],
    state !== "ready" && [t("service.stage"), `${stageName(stage)}, ${share(percent / 100, 0)}`],
    fallback && [t("service.fallback"), standIn ? t("service.serving", { name: standIn }) : fallback],
    fault && [t("service.fault"), fault],
    waitSeconds > 0 && [t("service.wait"), `${number(waitSeconds)} s`],
    stock && [t("service.stock"), level(stock)],
    ...Object.entries(facts).map(([name, value]) => [name, fact(value), "fact"]),
  ];
  return tile(t("service.backend"), figure(backend), pairs(rows));
}

/** What a backend says of itself: a breaker's state in words, the rest as it is. */
function fact(value) {
  if (has(`state.${value}`)) return lamp(value);
  return typeof value === "number" ? number(value) : String(value ?? "–");
}

function names(status) {
  if (!status) return tile(t("service.names"), figure("local"), h("p", {}, t("service.local")));
  const rows = [[t("service.state"), lamp(status.state)], [t("service.stock"), number(status.stock)], [t("service.fault"), status.lastFault ?? "–"]];
  return tile(t("service.names"), figure("remote"), pairs(rows));
}

function replicas({ state, fault, stock }) {
  const rows = [[t("service.state"), lamp(state)], fault && [t("service.fault"), fault], stock && [t("service.stock"), level(stock)]];
  return tile(t("service.replicas"), figure("redis"), pairs(rows));
}

/** A checkpoint's text: origin, size, root, then its signature (C2SP tlog-checkpoint). */
function ledger(note) {
  const [origin, size, root] = note.split("\n");
  const rows = [[t("service.root"), root, true], [t("service.origin"), origin, true], [t("service.checkpoint"), t("service.now", { time: clock(Date.now()) })]];
  return tile(t("service.ledger"), figure(number(Number(size)), t("service.records", { n: Number(size) })), pairs(rows));
}

function latency() {
  const sorted = times.map((it) => it.ms).sort((a, b) => a - b);
  const [median, most] = [sorted[Math.floor(sorted.length / 2)], sorted.at(-1)];
  const text = t("service.slowest", { most: number(Math.round(most)), n: times.length });
  return tile(t("service.latency"), figure(`${number(Math.round(median))} ms`, t("service.median")), line(most, text), h("p", {}, text));
}

function line(most, text) {
  const step = 100 / Math.max(1, times.length - 1);
  const points = times.map((it, index) => `${(index * step).toFixed(2)},${(38 - (36 * it.ms) / most).toFixed(2)}`).join(" ");
  const shape = [svg("polygon", { points: `0,40 ${points} ${(step * (times.length - 1)).toFixed(2)},40` }), svg("polyline", { points })];
  return svg("svg", { class: "spark-line", viewBox: "0 0 100 40", preserveAspectRatio: "none", role: "img", "aria-label": text }, ...shape);
}

function flags(rows) {
  const head = h("tr", {}, ...["flags", "requested", "applied", "reason"].map((name) => h("th", { scope: "col" }, t(`service.${name}`))));
  const body = rows.map((it) => h("tr", {}, ...[it.name, it.requested, it.applied, it.reason].map((text) => h("td", {}, text))));
  return h("section.sheet.wide", { tabindex: 0, role: "region", "aria-label": t("service.flags") }, h("table", {}, h("thead", {}, head), h("tbody", {}, body)));
}
