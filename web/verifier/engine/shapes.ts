// Small shapes that signed content must have. A shape looks at a value and says what is wrong, or nothing.

import { toDays } from "./days.ts";
import { isObject, type Json, type JsonObject } from "./json.ts";
import { first, length, strip } from "./texts.ts";

/** Gives "" where the value has the shape, otherwise what was asked for. */
export type Shape = (value: Json) => string;
export type Shapes = Record<string, Shape>;

const SCALED = /^(0|[1-9][0-9]{0,12})\.[0-9]{2}\n?$/; // Python's $ passes over one last newline
const MAX_TEXT = 1000;
const MAX_ITEMS = 200;

export const text: Shape = (value) =>
  typeof value === "string" && length(value) <= MAX_TEXT ? "" : `must be text of at most ${MAX_TEXT} characters`;

export const name: Shape = (value) => text(value) || (strip(value as string) ? "" : "must not be empty");

export const scaled: Shape = (value) =>
  typeof value === "string" && SCALED.test(value) ? "" : "must be text with two decimals, such as 12.50";

export const day: Shape = (value) =>
  typeof value === "string" && /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(value) && toDays(value) !== null
    ? ""
    : "must be a date as YYYY-MM-DD";

export const whole: Shape = (value) => (typeof value === "number" && value >= 0 ? "" : "must be a whole number");

export const truth: Shape = (value) => (typeof value === "boolean" ? "" : "must be true or false");

export const isTrue: Shape = (value) => (value === true ? "" : "must be one of: True");

export function exactly(...allowed: string[]): Shape {
  return (value) => (allowed.includes(value as string) ? "" : `must be one of: ${allowed.join(", ")}`);
}

export function optional(shape: Shape): Shape {
  return (value) => (value === null ? "" : shape(value));
}

/** A list whose elements have the shape; the answer names the first element that has not. */
export function each(shape: Shape): Shape {
  return (value) => {
    if (!Array.isArray(value) || value.length > MAX_ITEMS) return `must be a list of at most ${MAX_ITEMS}`;
    for (const [at, element] of value.entries()) {
      const wrong = shape(element);
      if (wrong) return `[${at}] ${wrong}`;
    }
    return "";
  };
}

/** An object with the `needed` names, perhaps the `further` ones, and no others. */
export function record(needed: Shapes, further: Shapes = {}): Shape {
  return (value) => problems(value, needed, further).join("; ");
}

/** An object whose every value has the shape. */
export function valuesOf(shape: Shape): Shape {
  return (value) =>
    isObject(value) ? problems(value, {}, Object.fromEntries([...value.keys()].map((key) => [key, shape]))).join("; ") : "must be an object";
}

/** Everything wrong with an object, each as `name: what is asked`. */
export function problems(value: Json | JsonObject, needed: Shapes, further: Shapes): string[] {
  if (!isObject(value)) return ["must be an object"];
  const found = Object.keys(needed)
    .filter((key) => !value.has(key))
    .map((key) => `${key}: is missing`);
  for (const [key, inner] of value) {
    const shape = own(needed, key) ?? own(further, key);
    const wrong = shape ? shape(inner) : "is not known here";
    if (wrong) found.push(`${first(key, 40)}: ${wrong}`);
  }
  return found;
}

function own(shapes: Shapes, key: string): Shape | undefined {
  return Object.hasOwn(shapes, key) ? shapes[key] : undefined;
}
