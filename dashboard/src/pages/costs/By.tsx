import { Group, NativeSelect, TextInput } from "@mantine/core";

export const DIMENSIONS = [
  { value: "key", label: "Key" },
  { value: "model", label: "Model" },
  { value: "provider", label: "Provider" },
  { value: "endpoint", label: "Endpoint" },
  { value: "user", label: "User" },
  { value: "team", label: "Team" },
  { value: "client", label: "Client" },
  { value: "tag", label: "Tag …" },
];

const TAG = /^[A-Za-z0-9_.-]{1,64}$/;

/** What a dimension is called; a tag by its own name. */
export function dimensionName(dimension: string): string {
  if (dimension.startsWith("tag:")) return `Tag ${dimension.slice(4)}`;
  return DIMENSIONS.find((one) => one.value === dimension)?.label ?? dimension;
}

/** Whether a dimension of the address can be asked for. */
export function known(dimension: string): boolean {
  return dimension.startsWith("tag:") ? TAG.test(dimension.slice(4)) : DIMENSIONS.some((one) => one.value === dimension && one.value !== "tag");
}

/** Whether requests may lack it: of these, one can be asked for at a time. */
export function isLabel(dimension: string): boolean {
  return dimension === "user" || dimension === "team" || dimension === "client" || dimension.startsWith("tag");
}

/** Chooses one dimension. A tag takes its name, which counts when somebody is done with it. */
export function By({ label, value, without, none, change }: { label: string; value: string; without: string; none: boolean; change: (value: string) => void }) {
  const tag = value.startsWith("tag");
  const offered = DIMENSIONS.filter((one) => one.value !== without && !(isLabel(without) && isLabel(one.value)));
  const named = (text: string): void => {
    if (TAG.test(text.trim())) change(`tag:${text.trim()}`);
  };
  return (
    <Group gap="xs" align="flex-end" wrap="nowrap">
      <NativeSelect
        label={label}
        size="xs"
        value={tag ? "tag" : value}
        onChange={(event) => change(event.currentTarget.value === "tag" ? "tag:team" : event.currentTarget.value)}
        data={[...(none ? [{ value: "", label: "–" }] : []), ...offered]}
      />
      {tag && (
        <TextInput
          key={value}
          label="Tag's name"
          size="xs"
          w={120}
          defaultValue={value.slice(4)}
          onKeyDown={(event) => event.key === "Enter" && named(event.currentTarget.value)}
          onBlur={(event) => named(event.currentTarget.value)}
        />
      )}
    </Group>
  );
}
