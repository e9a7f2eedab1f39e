// Every call to the service: token, language, problems in words, and how long each took.

import { has, language, t } from "./words.js";

const KEPT = "minidex.token"; // in sessionStorage: it goes with the tab
const MOST_TIMES = 60;

/** How long the last answers took to begin, in ms. */
export const times = [];

/** A request that came to nothing. `code` is the service's, or NETWORK; `wait` is in seconds, 0 if there is none. */
export class Problem extends Error {
  constructor(code, detail = "", wait = 0) {
    super(has(`error.${code}`) ? t(`error.${code}`) : detail || t("error.OTHER", { code }));
    this.code = code;
    this.wait = wait;
  }
}

/** Any error as a problem; a fault of the page itself is told to the console. */
export function asProblem(error) {
  if (error instanceof Problem) return error;
  console.error(error);
  return new Problem("OTHER");
}

export const token = {
  get: () => sessionStorage.getItem(KEPT) ?? "",
  set: (value) => (sessionStorage.setItem(KEPT, value), changed()),
  clear: () => (sessionStorage.removeItem(KEPT), changed()),
  /** Asks the person; resolves to whether one was given. The page's own part sets it. */
  ask: async () => false,
};

const changed = () => document.dispatchEvent(new Event("token"));

/** Ask the service. Asks the person for a token where the service wants one. Throws Problem. */
export async function ask(path, options = {}) {
  const answer = await send(path, options);
  if (answer.ok) return answer;
  const problem = await readProblem(answer);
  if (problem.code === "UNAUTHORIZED" && !options.quiet && (await token.ask(Boolean(token.get())))) {
    return ask(path, options);
  }
  throw problem;
}

export const askJson = async (path, options) => (await ask(path, options)).json();
export const askText = async (path, options) => (await ask(path, options)).text();

async function send(path, { body, accept = "application/json", method = body ? "POST" : "GET" }) {
  const headers = { Accept: accept, "Accept-Language": language };
  if (body) headers["Content-Type"] = "application/json";
  if (path.startsWith("v1/") && token.get()) headers.Authorization = `Bearer ${token.get()}`;
  const began = performance.now();
  try {
    const answer = await fetch(path, { method, headers, body, cache: "no-store" });
    times.push(performance.now() - began);
    if (times.length > MOST_TIMES) times.shift();
    reach(true);
    return answer;
  } catch {
    reach(false);
    throw new Problem("NETWORK");
  }
}

const reach = (reached) => document.dispatchEvent(new CustomEvent("reach", { detail: reached }));

async function readProblem(answer) {
  const wait = Number(answer.headers.get("Retry-After")) || 0;
  try {
    const { error } = await answer.json();
    return new Problem(error.code, error.message, wait);
  } catch {
    return new Problem(String(answer.status), "", wait);
  }
}
