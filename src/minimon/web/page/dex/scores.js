// Certify a score, check the receipt here, and see what a changed digit does.

import { ask, askJson, askText } from "./api.js";
import { button, calm, complaint, find, h, save } from "./dom.js";
import { trouble } from "./trouble.js";
import { verify } from "./verify.js";
import { dateTime, number, t } from "./words.js";

const place = find("#receipt");
const MARKS = { ok: "yes", no: "no", unknown: "unsure", absent: "unsure" };
let shown = null; // the certificate as it came
let turn = 0;

export function show() {
  const score = find("[name=score]");
  if (score.value === score.defaultValue) score.value = score.defaultValue = number(123.4);
  if (shown) print(shown);
  else place.replaceChildren(h("div.receipt.blank", {}, t("scores.none")));
}

/** Read a number as people of either language write it; NaN for what is none. */
const asNumber = (text) => (/^\s*[-−]?\d+([.,]\d+)?(e[-+]?\d+)?\s*$/i.test(text) ? Number(text.trim().replace(",", ".").replace("−", "-")) : NaN);

find("#certify").addEventListener("submit", async (event) => {
  event.preventDefault();
  const { score, subject } = event.target.elements;
  const state = find("#certify-state");
  const value = asNumber(score.value);
  const sound = Number.isFinite(value);
  score.setAttribute("aria-invalid", String(!sound));
  state.replaceChildren(sound ? "" : complaint(t("scores.bad")));
  if (!sound) return score.focus();
  const body = { score: value, ...(subject.value && { subject: subject.value }) };
  try {
    const answer = await ask("v1/certify-score?receipt=full", { body: JSON.stringify(body) });
    state.replaceChildren();
    await print(await answer.json());
    place.scrollIntoView({ block: "nearest", behavior: calm() ? "instant" : "smooth" });
  } catch (problem) {
    trouble(state, problem);
  }
});

find("#paste").addEventListener("submit", async (event) => {
  event.preventDefault();
  const state = find("#paste-state");
  try {
    const certificate = JSON.parse(event.target.elements.json.value);
    if (typeof certificate?.signed?.payload !== "object") throw new SyntaxError();
    state.replaceChildren();
    await print(certificate);
  } catch (error) {
    if (error instanceof SyntaxError) state.replaceChildren(complaint(t("scores.badjson")));
    else trouble(state, error);
  }
});

/** Show a certificate as a receipt, with the checks below, made anew with every digit. */
async function print(certificate) {
  shown = certificate;
  const { payload } = certificate.signed;
  const field = h("input", { id: "amount", inputmode: "decimal", autocomplete: "off", value: number(payload.score, { useGrouping: false, maximumFractionDigits: 20 }) });
  const verdict = h("div", { role: "status" }, h("p", {}, t("scores.checking")));
  const again = button(t("scores.original"), () => print(certificate), { hidden: true });
  const file = () => save(new Blob([JSON.stringify(certificate, null, 2)], { type: "application/json" }), `receipt-${payload.id}.json`);
  field.addEventListener("input", () => {
    const score = asNumber(field.value);
    again.hidden = score === payload.score;
    check({ ...certificate, signed: { ...certificate.signed, payload: { ...payload, score: Number.isNaN(score) ? field.value : score } } }, verdict);
  });
  const amount = h("div.amount", {}, field, h("label", { for: "amount" }, t("scores.cheat")));
  const buttons = h("div.row", {}, again, button(t("scores.download"), file));
  place.replaceChildren(h("article.receipt", {}, h("h2", {}, t("scores.receipt")), amount, lines(certificate), h("hr"), verdict, buttons));
  await check(certificate, verdict);
}

function lines({ signed, receipt }) {
  const { payload, algorithm } = signed;
  const rows = [
    payload.subject && ["player", payload.subject],
    ["issued", dateTime(payload.issuedAt)],
    receipt && ["record", t("scores.of", { index: receipt.index + 1, size: receipt.treeSize })],
    ["key", algorithm],
  ];
  return h("dl", {}, ...rows.filter(Boolean).flatMap(([name, value]) => [h("dt", {}, t(`scores.${name}`)), h("dd", {}, value)]));
}

async function check(certificate, verdict) {
  const mine = ++turn;
  try {
    const [jwks, vkey] = await keys();
    const checks = await verify(certificate, jwks, vkey);
    if (mine === turn) verdict.replaceChildren(h("ul.checks", {}, checks.map(line)), stamp(checks));
  } catch (problem) {
    if (mine === turn) trouble(verdict, problem, () => check(certificate, verdict));
  }
}

let fetched = null;
const keys = () => {
  fetched ??= Promise.all([askJson(".well-known/jwks.json"), askText("v1/ledger/key", { accept: "text/plain" })]);
  fetched.catch(() => (fetched = null));
  return fetched;
};

function line({ name, state, detail }) {
  const text = { ok: `check.${name}`, no: `check.bad.${name}`, unknown: "check.unknown", absent: "check.absent" }[state];
  return h(`li.${MARKS[state]}`, {}, t(text, { algorithm: detail }));
}

function stamp(checks) {
  const kind = checks.some((it) => it.state === "no") ? "no" : checks.every((it) => it.state === "ok") ? "yes" : "unsure";
  return h(`p.stamp.${kind}`, {}, t({ yes: "scores.genuine", no: "scores.forged", unsure: "scores.partly" }[kind]));
}
