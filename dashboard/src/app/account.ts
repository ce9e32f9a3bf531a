// What the header and the palette do alike.
import { useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import { call } from "../api/client";
import { session } from "../api/session";
import { go } from "./router";

export async function signOut(): Promise<void> {
  await call("post", "/api/auth/logout").catch(() => undefined);
  session.end();
  go("/login");
}

/** The colours that are not shown, and what shows them. */
export function useOtherScheme(): { other: "light" | "dark"; use: () => void } {
  const { setColorScheme } = useMantineColorScheme();
  const other = useComputedColorScheme("light") === "dark" ? "light" : "dark";
  return { other, use: () => setColorScheme(other) };
}
