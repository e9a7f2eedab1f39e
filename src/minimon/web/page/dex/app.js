// The start: language, theme, views by address, token. Views other than the first load when they are first seen.

import { token } from "./api.js";
import { find, findAll } from "./dom.js";
import { startMint } from "./mint.js";
import { loadWords, otherLanguage, switchLanguage, t } from "./words.js";

const VIEWS = {
  mint: async () => ({ show() {} }),
  collection: () => import("./collection.js"),
  odds: () => import("./odds.js"),
  scores: () => import("./scores.js"),
  service: () => import("./service.js"),
};
const root = document.documentElement;

/** Show the view that the address names, once its module is there. `show` and `hide` are what the module does then. */
async function route(event) {
  const wanted = () => (location.hash.slice(1) in VIEWS ? location.hash.slice(1) : "mint");
  const name = wanted();
  const view = await VIEWS[name]();
  if (name !== wanted()) return;
  const before = root.dataset.view;
  if (before !== name) (await VIEWS[before]()).hide?.();
  root.dataset.view = name;
  for (const section of findAll(".view")) section.hidden = section.id !== `view-${name}`;
  for (const link of findAll("nav a")) {
    link.ariaCurrent = link.hash === `#${name}` ? "page" : null;
  }
  document.title = name === "mint" ? "Minidex" : `${t(`nav.${name}`)} · Minidex`;
  if (event && before !== name) {
    scrollTo(0, 0);
    find(`#h-${name}`).focus({ preventScroll: true });
  }
  view.show();
}

/** The page takes the colour of the element that was met last. */
function colour(element) {
  root.dataset.element = element;
  localStorage.setItem("minidex.element", element);
}

function themes() {
  const apply = (theme) => theme && (root.dataset.theme = theme);
  apply(localStorage.getItem("minidex.theme"));
  find("#theme").addEventListener("click", () => {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    apply(dark ? "light" : "dark");
    localStorage.setItem("minidex.theme", root.dataset.theme);
  });
}

function languages() {
  const button = find("#language");
  const show = () => {
    button.lang = otherLanguage();
    button.textContent = button.lang.toUpperCase();
    button.ariaLabel = t("language");
  };
  show();
  button.addEventListener("click", async () => {
    await switchLanguage();
    show();
    route();
  });
}

/** Ask for the token in a dialog, once, however many calls want it. */
function tokens() {
  const [dialog, forget] = [find("#token-dialog"), find("#token")];
  const show = () => (forget.hidden = !token.get());
  let asked = null;
  token.ask = (refused) => {
    asked ??= new Promise((done) => {
      find("#token-state").textContent = refused ? t("token.wrong") : "";
      dialog.returnValue = "";
      dialog.showModal();
      dialog.addEventListener("close", () => done(dialog.returnValue === "ok"), { once: true });
    }).finally(() => (asked = null));
    return asked;
  };
  find("form", dialog).addEventListener("submit", (event) => {
    const field = event.target.elements.token;
    if (event.submitter?.value === "ok") token.set(field.value.trim());
    field.value = "";
  });
  forget.addEventListener("click", () => token.clear());
  document.addEventListener("token", show);
  show();
}

function reachability() {
  const note = find("#offline");
  document.addEventListener("reach", (event) => (note.hidden = event.detail));
  addEventListener("offline", () => (note.hidden = false));
  addEventListener("online", () => (note.hidden = true));
  note.hidden = navigator.onLine;
}

async function start() {
  colour(localStorage.getItem("minidex.element") ?? "fire");
  themes();
  await loadWords();
  languages();
  tokens();
  reachability();
  startMint();
  document.addEventListener("element", (event) => colour(event.detail));
  addEventListener("hashchange", route);
  await route();
  performance.mark("interactive");
  root.dataset.ready = "";
  await navigator.serviceWorker?.register("sw.js").catch(() => {}); // a browser takes none where the certificate is not trusted
}

await start();
