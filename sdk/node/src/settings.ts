/** Where Promptly is and who asks, out of the environment. */

export const DEFAULT_BASE_URL = "https://api.getpromptly.in/v1";

/** `PROMPTLY_BASE_URL`, or Promptly's own address. */
export function baseURL(): string {
  return read("PROMPTLY_BASE_URL") ?? DEFAULT_BASE_URL;
}

/** `PROMPTLY_API_KEY`, where it is set. */
export function apiKey(): string | undefined {
  return read("PROMPTLY_API_KEY");
}

function read(name: string): string | undefined {
  // Not every runtime that has `fetch` has `process`.
  return globalThis.process?.env[name]?.trim() || undefined;
}
