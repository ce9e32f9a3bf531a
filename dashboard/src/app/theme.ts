import { createTheme, type CSSVariablesResolver } from "@mantine/core";

export const theme = createTheme({
  primaryColor: "cyan",
  primaryShade: 9,
  defaultRadius: "md",
  fontFamily: "Inter, system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif",
  fontFamilyMonospace: "ui-monospace, 'SF Mono', Menlo, Consolas, 'Liberation Mono', monospace",
  headings: { fontWeight: "650" },
  cursorType: "pointer",
  components: {
    Badge: { defaultProps: { tt: "none" } },
    Loader: { defaultProps: { role: "img", "aria-label": "Loading" } }, // a span without a role may have no name
  },
});

const INK: Record<string, { light: string; dark: string }> = {
  gray: { light: "#343a40", dark: "#ced4da" },
  teal: { light: "#05603f", dark: "#63e6be" },
  cyan: { light: "#0a5c6b", dark: "#66d9e8" },
  orange: { light: "#8f3206", dark: "#ffc078" },
  red: { light: "#9b1c1c", dark: "#ffa8a8" },
};

function ink(scheme: "light" | "dark"): Record<string, string> {
  return Object.fromEntries(
    Object.entries(INK).flatMap(([name, colors]) => [
      [`--mantine-color-${name}-light-color`, colors[scheme]],
      [`--mantine-color-${name}-outline`, colors[scheme]],
    ]),
  );
}

// A button under the pointer gets darker, not paler.
const FILLED = {
  "--mantine-color-cyan-filled-hover": "#095c6b",
  "--mantine-primary-color-filled-hover": "#095c6b",
  "--mantine-color-red-filled-hover": "#a61e1e",
};

/** The library's own greys and tints are too pale for small letters (WCAG: 4.5 to 1). */
export const readable: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-dimmed": "#495057",
    "--mantine-color-placeholder": "#5c636a",
    "--mantine-color-error": "#b02525",
    "--mantine-color-red-text": "#b02525",
    ...FILLED,
    ...ink("light"),
  },
  dark: {
    "--mantine-color-dimmed": "#b0b4b9",
    "--mantine-color-placeholder": "#9aa0a6",
    "--mantine-color-error": "#ff8787",
    "--mantine-color-red-text": "#ff8787",
    ...FILLED,
    ...ink("dark"),
  },
});
