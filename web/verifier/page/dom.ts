// Building elements. Text only ever enters as text: nothing that was scanned can become markup.
export type Child = Node | string | null | undefined | false;
export type Attributes = Record<string, string | boolean | ((event: any) => void) | undefined>;

/** An element with attributes, listeners (keys that begin with "on") and children. */
export function h(tag: string, attributes: Attributes = {}, ...children: Child[]): HTMLElement {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (typeof value === "string") element.setAttribute(name, value);
  }
  element.append(...children.filter((child): child is Node | string => !!child));
  return element;
}

/** Whatever stands in a place, replaced. */
export function fill(place: Element, ...children: Child[]): void {
  place.replaceChildren(...children.filter((child): child is Node | string => !!child));
}

const SHAPES: Record<string, string[]> = {
  good: ["M32 3a29 29 0 1 0 0 58a29 29 0 1 0 0-58Z", "M18 33l10 10 19-22"],
  bad: ["M21 3h22l18 18v22L43 61H21L3 43V21Z", "M21 21l22 22M43 21L21 43"],
  wait: ["M32 4 61 58H3Z", "M32 24v17M32 46v6"],
};

/** The shape of a verdict: a disc, an octagon, a triangle. Colour never speaks alone. */
export function shape(tone: string): SVGElement {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  for (const [name, value] of Object.entries({ viewBox: "0 0 64 64", "aria-hidden": "true", focusable: "false" })) svg.setAttribute(name, value);
  for (const [place, d] of SHAPES[tone]!.entries()) {
    const path = document.createElementNS(space, "path");
    const drawn = { d, fill: "none", stroke: "currentColor", "stroke-width": place ? "6" : "5", "stroke-linejoin": "round" };
    for (const [name, value] of Object.entries(drawn)) path.setAttribute(name, value);
    svg.append(path);
  }
  return svg;
}

/** A row of a summary: a name and what is said. */
export const row = (name: string, ...said: Child[]): HTMLElement => h("div", {}, h("dt", {}, name), h("dd", {}, ...said));

/** Text of a fixed direction inside any language: numbers, codes, seals. */
export const bdi = (text: string, css = ""): HTMLElement => h("bdi", css ? { class: css } : {}, text);

/** A file handed to the officer, made in the page. */
export function handOver(name: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  const link = h("a", { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
