// The columns of the request log: what each shows, what it is sorted by, and which of them somebody wants to see in this browser.
import { Button, Checkbox, Popover, Stack } from "@mantine/core";
import { useLocalStorage } from "@mantine/hooks";
import type { Entry } from "../../api/queries";

export const COLUMNS = [
  { name: "status", label: "Status", sort: (entry: Entry) => entry.status },
  { name: "model", label: "Model", sort: (entry: Entry) => entry.baseline_model },
  { name: "key", label: "Key", sort: (entry: Entry) => entry.key_id },
  { name: "user", label: "User", sort: (entry: Entry) => entry.user },
  { name: "tags", label: "Tags", sort: (entry: Entry) => tagsOf(entry) || null },
  { name: "endpoint", label: "Endpoint", sort: (entry: Entry) => entry.kind },
  { name: "tokens", label: "Prompt tokens", right: true, sort: (entry: Entry) => entry.original_tokens },
  { name: "output", label: "Output tokens", right: true, sort: (entry: Entry) => entry.output_tokens },
  { name: "cost", label: "Cost", right: true, sort: (entry: Entry) => entry.cost_usd },
  { name: "saved", label: "Saved", right: true, sort: (entry: Entry) => entry.savings_usd },
  { name: "latency", label: "Latency", right: true, sort: (entry: Entry) => entry.latency_ms },
  { name: "first", label: "First byte", right: true, sort: (entry: Entry) => entry.first_byte_ms },
] as const;

export type Name = (typeof COLUMNS)[number]["name"];

const DEFAULT: readonly Name[] = ["status", "model", "tokens", "cost", "saved", "latency"];

export function tagsOf({ tags }: Entry): string {
  return Object.entries(tags)
    .map(([name, value]) => `${name}=${value}`)
    .join(", ");
}

interface Chosen {
  shown: readonly Name[];
  show: (names: readonly Name[]) => void;
}

/** Nothing is kept until somebody chooses. */
export function useColumns(): Chosen {
  const [kept, keep] = useLocalStorage<string | undefined>({
    key: "promptly-columns",
    getInitialValueInEffect: false,
    serialize: (value) => value ?? "",
    deserialize: (text) => text,
  });
  const names = kept?.split(",") ?? DEFAULT;
  const all = COLUMNS.map(({ name }) => name);
  return { shown: all.filter((name) => names.includes(name)), show: (chosen) => keep(all.filter((name) => chosen.includes(name)).join(",")) };
}

export function Choice({ shown, show }: Chosen) {
  return (
    <Popover position="bottom-end" trapFocus returnFocus>
      <Popover.Target>
        <Button size="xs" variant="default" visibleFrom="sm">
          Columns
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label="Columns">
        <Stack gap="xs">
          {COLUMNS.map(({ name, label }) => (
            <Checkbox key={name} size="xs" label={label} checked={shown.includes(name)} onChange={(event) => show(event.currentTarget.checked ? [...shown, name] : shown.filter((one) => one !== name))} />
          ))}
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
