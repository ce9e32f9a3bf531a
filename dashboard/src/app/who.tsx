// Who is signed in, and what they may do: the API decides; here it only hides buttons that it would refuse.
import { createContext, type ReactNode, useContext } from "react";
import type { Schema } from "../api/client";
import type { Role } from "../api/queries";

type Me = Schema["Me"];
const Context = createContext<Me | null>(null);

export type Action = "keys" | "providers" | "settings" | "alerts" | "feedback" | "team" | "org" | "credits";
const ALLOWED: Record<Role, readonly Action[]> = {
  admin: ["keys", "providers", "settings", "alerts", "feedback", "team", "org", "credits"],
  member: ["keys", "alerts", "feedback"],
  viewer: [],
};

export function Who({ value, children }: { value: Me; children: ReactNode }) {
  return <Context value={value}>{children}</Context>;
}

export function useWho(): Me {
  const found = useContext(Context);
  if (!found) throw new Error("Nobody is signed in here.");
  return found;
}

export function useMay(action: Action): boolean {
  return ALLOWED[useWho().user.role].includes(action);
}
