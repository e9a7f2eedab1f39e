// What went wrong, where a view would stand or below a form; the wait is counted down, then asked for again.

import { asProblem } from "./api.js";
import { button, complaint, h, pause } from "./dom.js";
import { t } from "./words.js";

/** Show an error in `place`. With `again`, offer that, once the wait is over. */
export async function trouble(place, error, again) {
  const problem = asProblem(error);
  const wait = h("p");
  const shown = h("div", {}, complaint(problem.message), wait);
  place.replaceChildren(shown);
  for (let left = problem.wait; left > 0 && shown.isConnected; left--) {
    wait.textContent = t("error.in", { seconds: left });
    await pause(1000);
  }
  if (!shown.isConnected) return;
  wait.textContent = "";
  if (again) wait.append(button(t("error.retry"), again));
}
