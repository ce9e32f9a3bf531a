/** What one request may choose for itself; whatever is left out is as the organization set it. */

import { OpenAIError } from "openai";

export type Level = "off" | "conservative" | "moderate" | "aggressive";
export type CacheMode = "no-store" | "no-cache" | "off";
export type Routing = "auto" | "manual" | "shadow";

export interface PromptlyOptions {
  /** How far the prompt is shortened. */
  level?: Level | undefined;
  /** `no-cache` does not look for an answer, `no-store` does not keep this one, `off` does neither. */
  cache?: CacheMode | undefined;
  /** `auto` picks the model, `manual` keeps the requested one, `shadow` keeps it and says what `auto` would have done. */
  routing?: Routing | undefined;
  /** Kept with the entry of the request log; at most 10. */
  tags?: Readonly<Record<string, string>> | undefined;
}

const TAG_NAME = /^[A-Za-z0-9_.-]{1,64}$/;
// What a header can carry, without the two characters that separate tags.
const TAG_VALUE = /^(?:(?![,=])[\x20-\x7e\xa0-\xff]){1,256}$/;

/** The options as headers: for wherever OpenAI's client takes `headers` and knows no options of ours. */
export function promptlyHeaders({ level, cache, routing, tags }: PromptlyOptions): Record<string, string> {
  const headers: Record<string, string> = {};
  if (level !== undefined) headers["x-promptly-level"] = level;
  if (cache !== undefined) headers["x-promptly-cache"] = cache;
  if (routing !== undefined) headers["x-promptly-routing"] = routing;
  if (tags !== undefined) headers["x-promptly-tags"] = Object.entries(tags).map(tag).join(",");
  return headers;
}

function tag([name, value]: [string, string]): string {
  // A comma in a value would arrive as a second tag; the gateway could not tell.
  if (!TAG_NAME.test(name)) {
    throw new OpenAIError(`A tag's name is 1 to 64 letters, digits, "_", "." or "-", not ${JSON.stringify(name)}.`);
  }
  if (!TAG_VALUE.test(value)) {
    throw new OpenAIError(`The tag ${name} takes 1 to 256 printable Latin-1 characters without "," and "=".`);
  }
  return `${name}=${value}`;
}
