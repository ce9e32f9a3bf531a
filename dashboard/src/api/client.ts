// A thin wrapper of fetch, typed by the control plane's own document (`npm run schema` writes schema.d.ts).
import type { components, paths } from "./schema";
import { session } from "./session";

export type Schema = components["schemas"];
type Method = "get" | "post" | "put" | "patch" | "delete";

type Operation<P extends keyof paths, M extends Method> = paths[P][M];
type Of<T, K extends string> = T extends { [key in K]?: infer V } ? V : never;
type Json<T> = T extends { content: { "application/json": infer V } } ? V : undefined;
type Answer<O> = O extends { responses: infer R }
  ? Json<{ [S in keyof R]: S extends 200 | 201 | 202 | 204 ? R[S] : never }[keyof R]>
  : never;
type Parameters_<O> = Of<O, "parameters">;

export interface Options<O> {
  body?: Json<NonNullable<Of<O, "requestBody">>>;
  path?: Of<Parameters_<O>, "path">;
  query?: Of<Parameters_<O>, "query">;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** What the API said instead of an answer: a sentence, and the fields to blame. */
export class ApiError extends Error {
  readonly status: number;
  readonly fields: Record<string, string>;

  constructor(status: number, detail: string, fields: Record<string, string> = {}) {
    super(detail);
    this.status = status;
    this.fields = fields;
  }
}

export function address(path: string, options: { path?: unknown; query?: unknown } = {}): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String((options.path as Record<string, unknown> | undefined)?.[name] ?? "")),
  );
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries((options.query as Record<string, unknown> | undefined) ?? {})) {
    if (value !== undefined && value !== null && value !== "") query.set(name, String(value));
  }
  const text = query.toString();
  return text ? `${filled}?${text}` : filled;
}

export async function call<P extends keyof paths, M extends Method>(
  method: M,
  path: P,
  options: Options<Operation<P, M>> = {},
): Promise<Answer<Operation<P, M>>> {
  const answer = await send(method, address(path, options), options.body, options.headers, options.signal);
  const text = await answer.text();
  return (text ? JSON.parse(text) : undefined) as Answer<Operation<P, M>>;
}

/** Sends with the session's token; an answer that is no success becomes an `ApiError`, and a dead session ends. */
export async function send(
  method: string,
  url: string,
  body?: unknown,
  headers: Record<string, string> = {},
  signal?: AbortSignal,
): Promise<Response> {
  const token = session.token();
  let answer: Response;
  try {
    answer = await fetch(url, {
      method: method.toUpperCase(),
      headers: {
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal,
      cache: "no-store",
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0, "Promptly cannot be reached. Check the connection, then try again.");
  }
  if (answer.ok) return answer;
  const error = await failure(answer);
  if (error.status === 401 && token && session.token() === token) session.end();
  throw error;
}

async function failure(answer: Response): Promise<ApiError> {
  const fallback = `Promptly answered ${answer.status}. Try again in a moment.`;
  const said: unknown = await answer.json().catch(() => null);
  if (typeof said !== "object" || said === null) return new ApiError(answer.status, fallback);
  const { detail, errors } = said as { detail?: unknown; errors?: unknown };
  const fields: Record<string, string> = {};
  if (Array.isArray(errors)) {
    for (const one of errors as { field?: string; message?: string }[]) {
      if (one.field) fields[one.field] = one.message ?? "is not right";
    }
  }
  return new ApiError(answer.status, typeof detail === "string" ? detail : fallback, fields);
}
