// Elements without innerHTML, and the few helpers that every view uses.

const SVG = "http://www.w3.org/2000/svg";

export const find = (selector, root = document) => root.querySelector(selector);
export const findAll = (selector, root = document) => [...root.querySelectorAll(selector)];

/** Make an element. `on…` are listeners, `--…` custom properties, true and false set and leave out an attribute. */
export function h(tag, attributes = {}, ...children) {
  const [type, ...classes] = tag.split(".");
  const element = document.createElement(type);
  if (classes.length) element.className = classes.join(" ");
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name.startsWith("--")) element.style.setProperty(name, value);
    else if (typeof value === "boolean") element.toggleAttribute(name, value);
    else if (value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter(Boolean));
  return element;
}

export const button = (label, onclick, attributes) => h("button.quiet", { type: "button", onclick, ...attributes }, label);
export const complaint = (text) => h("p.bad", { role: "alert" }, text);

export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

export const icon = (name) =>
  svg("svg", { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true" }, svg("use", { href: `#i-${name}` }));

export const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
export const fromBase64 = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
export const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** Hand a file to the person. */
export function save(blob, name) {
  const url = URL.createObjectURL(blob);
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
