// The published odds beside what this browser has drawn.

import { seal } from "./card.js";
import { find, h } from "./dom.js";
import { oddsNow } from "./mint.js";
import { trouble } from "./trouble.js";
import { unluckier, wilson } from "./stats.js";
import { tallyOf } from "./store.js";
import { percent, t } from "./words.js";

const SURE = 0.95;
const FEW = 20;
const ODD = 0.05;
const CHEAT = 0.001;
const STEPS = [0.02, 0.05, 0.1, 0.2]; // of the axis, which has five
const place = find("#odds");

export async function show() {
  try {
    const { rarities, key } = await oddsNow();
    const tally = await tallyOf(key);
    const counts = rarities.map(({ rarity }) => tally[rarity] ?? 0);
    render(rarities, counts, counts.reduce((sum, count) => sum + count, 0));
  } catch (problem) {
    trouble(place, problem, show);
  }
}

function render(rarities, counts, total) {
  const ranges = counts.map((count) => (total ? wilson(count, total) : [0, 0]));
  const most = Math.max(...rarities.map((it) => it.share), ...ranges.map(([, high]) => high));
  const scale = 5 * STEPS.find((step) => 5 * step >= most);
  const rows = rarities.map((it, index) => row(it, counts[index], total, ranges[index], scale));
  place.replaceChildren(legend(total), h("ul.odds", {}, rows, axis(scale)), verdict(rarities, counts, total));
}

function row({ rarity, share }, count, total, [low, high], scale) {
  const drawn = total ? count / total : 0;
  const at = (value) => `${(100 * value) / scale}%`;
  const values = { rarity, published: percent(share), drawn: percent(drawn), count, low: percent(low), high: percent(high), sure: percent(SURE) };
  const bars = [total && h("i.fill", { "--share": at(drawn) }), h("i.true", { "--true": at(share) }), total && h("i.span", { "--low": at(low), "--high": at(high) })];
  const figures = [h("strong", {}, percent(total ? drawn : share)), total && h("small", {}, `${t("odds.published").toLowerCase()} ${percent(share)}`)];
  return h(
    "li",
    { "data-rarity": rarity },
    seal(rarity),
    h("div.track", { role: "img", "aria-label": t("odds.row", values) }, ...bars),
    h("div.figures", {}, ...figures),
  );
}

const axis = (scale) =>
  h("li.axis", { "aria-hidden": "true" }, h("div", {}, [0, 1, 2, 3, 4].map((step) => h("span", {}, percent((step * scale) / 5, 0)))));

const legend = (total) =>
  h("div.legend", {}, entry("true", t("odds.published")), total && [entry("fill", t("odds.drawn")), entry("span", t("odds.range", { sure: percent(SURE) }))]);
const entry = (mark, text) => h("span", {}, h(`i.${mark}`), text);

function verdict(rarities, counts, total) {
  if (!total) return h("div.verdict", {}, h("strong", {}, t("odds.none")));
  const share = unluckier(counts, rarities.map((it) => it.share));
  const kind = judge(share, total);
  const strays = kind !== "few" && t("odds.strays", { share: share < CHEAT ? `<\u00a0${percent(CHEAT)}` : percent(share, share < 0.1 ? 1 : 0) });
  const draws = t("odds.total", { n: total });
  return h("div.verdict", {}, h("strong", { role: "status" }, t(`odds.verdict.${kind}`)), h("p", {}, draws, " ", strays), h("p", {}, t("odds.how", { sure: percent(SURE) })));
}

function judge(share, total) {
  if (share < CHEAT) return "cheat";
  if (total < FEW) return "few";
  return share < ODD ? "odd" : "fine";
}
