// The catalogue of one language, and numbers and times as that language writes them.

import { findAll } from "./dom.js";

const KEPT = "minidex.language";
let words = {};
export let language = document.documentElement.lang;

/** Load the catalogue: the language that was chosen here before, else the one that the page came in. */
export async function loadWords(chosen = localStorage.getItem(KEPT)) {
  const shown = document.documentElement.lang;
  language = ["en", "fr"].includes(chosen) ? chosen : shown;
  words = await (await fetch(`dex/${language}.json`)).json();
  if (language !== shown) fill();
}

export const otherLanguage = () => (language === "en" ? "fr" : "en");

export async function switchLanguage() {
  const next = otherLanguage();
  localStorage.setItem(KEPT, next);
  await loadWords(next);
  document.dispatchEvent(new Event("language"));
}

function fill() {
  document.documentElement.lang = language;
  for (const element of findAll("[data-t]")) element.textContent = t(element.dataset.t);
  for (const element of findAll("[data-t-label]")) element.ariaLabel = t(element.dataset.tLabel);
  for (const element of findAll("[data-t-placeholder]")) element.placeholder = t(element.dataset.tPlaceholder);
}

/** The text of a key as it stands in the catalogue, whose texts are in groups: `mint.title`. */
function find(key) {
  const [group, name] = key.split(/\.(.*)/);
  return name ? words[group]?.[name] : words[key];
}

export const has = (key) => find(key) !== undefined;

/** The text of a key with its fields filled in; with `n`, the form that the language has for so many. */
export function t(key, values = {}) {
  const { n } = values;
  const form = n === undefined ? key : `${key}.${new Intl.PluralRules(language).select(n) === "one" ? "one" : "other"}`;
  const text = find(form) ?? find(key) ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => (name === "n" ? number(n) : values[name]));
}

/** A stage, backend or fact in words; what the catalogue lacks, as the service says it. */
export const known = (key) => find(key) ?? key.split(/\.(.*)/)[1];

/** The person's own way to write the language: en-GB for English, if the browser says so. */
const locale = () => navigator.languages.find((tag) => tag.split("-")[0] === language) ?? language;
export const number = (value, options) => new Intl.NumberFormat(locale(), options).format(value);
export const percent = (share, digits = 1) => number(share, { style: "percent", maximumFractionDigits: digits });
const time = (options) => (moment) => new Intl.DateTimeFormat(locale(), options).format(new Date(moment));
export const dateTime = time({ dateStyle: "medium", timeStyle: "short" });
export const clock = time({ timeStyle: "medium" });
