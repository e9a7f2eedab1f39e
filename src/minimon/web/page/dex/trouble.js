// What went wrong, where a view would stand or below a form; the wait is counted down, then asked for again.

import { Problem } from "./api.js";
import { h, pause } from "./dom.js";
import { t } from "./words.js";

/** Show a problem in `place`. With `again`, offer that, once the wait is over. */
export async function trouble(place, problem, again) {
  if (!(problem instanceof Problem)) console.error(problem);
  const words = problem instanceof Problem ? problem : new Problem("OTHER");
  const line = h("p.bad", { role: "alert" }, words.message);
  const wait = h("p", {});
  const shown = h("div", {}, line, wait);
  place.replaceChildren(shown);
  for (let left = words.wait ?? 0; left > 0 && shown.isConnected; left--) {
    wait.textContent = t("error.in", { seconds: left });
    await pause(1000);
  }
  if (!shown.isConnected) return;
  wait.textContent = "";
  if (again) wait.append(h("button.quiet", { type: "button", onclick: again }, t("error.retry")));
}
