// Who is signed in, and what they may do. The API decides and says so; here only buttons that it would refuse are hidden.
import { createContext, type ReactNode, useContext } from "react";
import type { Schema } from "../api/client";

type Me = Schema["Me"];
const Context = createContext<Me | null>(null);

export type Action = Me["permissions"][number];

export function Who({ value, children }: { value: Me; children: ReactNode }) {
  return <Context value={value}>{children}</Context>;
}

export function useWho(): Me {
  const found = useContext(Context);
  if (!found) throw new Error("Nobody is signed in here.");
  return found;
}

export function useMay(action: Action): boolean {
  return useWho().permissions.includes(action);
}
