// An organization's own names for models: one is changed at a time, while the API takes all of them at once.
import { useQueryClient } from "@tanstack/react-query";
import { call, type Schema } from "../../api/client";
import { aliases, settle, stale } from "../../api/queries";
import { percent } from "../../ui/format";

export type Alias = Schema["ModelAlias"];

/** Names that the API takes. */
export const NAME = "[A-Za-z0-9][A-Za-z0-9._:\\/@\\-]{0,127}";
export const MOST = { aliases: 100, models: 10, fallbacks: 3, weight: 1000 } as const;

/** Which model a conversation gets how often. */
export function modelsSentence({ models }: Alias): string {
  const [first, ...more] = models;
  if (!first || more.length === 0) return `Stands for ${first?.model ?? "nothing"}`;
  const all = models.reduce((sum, { weight }) => sum + weight, 0);
  return `Of all conversations ${models.map(({ model, weight }) => `${percent(weight / all)} get ${model}`).join(", ")}`;
}

export function fallbacksSentence({ fallbacks }: Alias): string {
  return fallbacks.length === 0 ? "Nothing follows where that fails" : `Where that fails: ${fallbacks.join(", then ")}`;
}

/** Adds, changes or removes (null) one alias, and shows what there is then; also where that failed, since somebody else may be why. */
export function useAliasChange(): (name: string, was: Alias | null, wanted: Alias | null) => Promise<void> {
  const client = useQueryClient();
  return async (name, was, wanted) => {
    try {
      await settle(client, aliases().queryKey, await changeAlias(name, was, wanted));
    } catch (error) {
      stale(client, "routing", "aliases");
      throw error;
    }
  };
}

/** One that is no more what the change was made from (`was`) stays as it is. */
async function changeAlias(name: string, was: Alias | null, wanted: Alias | null): Promise<Schema["Aliases"]> {
  // The others as they are now: somebody else may have changed them since this page read them.
  const others = new Map(Object.entries((await call("get", "/api/routing/aliases")).aliases));
  const now = others.get(name) ?? null;
  if (now !== null && was === null) throw new Error(`There is an alias “${name}” already.`);
  if (JSON.stringify(now) !== JSON.stringify(was)) {
    throw new Error(`The alias “${name}” was ${now ? "changed" : "deleted"} by somebody else meanwhile. Nothing was saved: close this, look at what it is now, then change that.`);
  }
  if (wanted) others.set(name, wanted);
  else others.delete(name);
  if (others.size > MOST.aliases) throw new Error(`An organization may have ${MOST.aliases} aliases, and yours has as many: delete one first.`);
  return call("put", "/api/routing/aliases", { body: { aliases: Object.fromEntries(others) } });
}
