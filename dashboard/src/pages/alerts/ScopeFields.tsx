// Which requests a rule watches.
import { Group, NativeSelect, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { Schema } from "../../api/client";
import { platformKeys, teams } from "../../api/queries";
import { KINDS } from "../requests/FilterBar";
import { SCOPES } from "./words";

export type Scope = Schema["AlertScopeBody"];

interface Choice {
  value: string;
  label: string;
}

export function ScopeFields({ scope, name, errors, set }: { scope: Scope; name: string; errors: Record<string, string>; set: (scope: Scope) => void }) {
  const { by, tag } = scope;
  return (
    <Group align="flex-start" grow preventGrowOverflow={false}>
      <NativeSelect
        label="Requests"
        miw={190}
        data={SCOPES.map(({ value, label }) => ({ value, label }))}
        value={by}
        error={errors["scope.by"]}
        onChange={(event) => {
          const chosen = SCOPES.find((one) => one.value === event.currentTarget.value)?.value ?? "organization";
          set({ by: chosen, value: "", tag: chosen === "tag" ? "" : null });
        }}
      />
      {by === "tag" && (
        <TextInput label="Tag's name" required maxLength={64} pattern="[A-Za-z0-9_.\-]+" miw={120} value={tag ?? ""} error={errors["scope.tag"]} onChange={(event) => set({ ...scope, tag: event.currentTarget.value })} />
      )}
      {by !== "organization" && <Which scope={scope} name={name} error={errors["scope.value"] ?? errors["scope"]} set={(value) => set({ ...scope, value })} />}
    </Group>
  );
}

function Which({ scope: { by, value }, name, error, set }: { scope: Scope; name: string; error?: string; set: (value: string) => void }) {
  const keys = useQuery({ ...platformKeys(), enabled: by === "key" });
  const all = useQuery({ ...teams(), enabled: by === "team" });
  if (by === "user" || by === "tag" || by === "model")
    return <TextInput label="Which" required maxLength={256} miw={190} value={value} error={error} onChange={(event) => set(event.currentTarget.value)} />;
  const found: Choice[] =
    by === "key"
      ? (keys.data?.keys ?? []).map((key) => ({ value: key.id, label: `${key.name} …${key.last_four}` }))
      : by === "team"
        ? (all.data?.teams ?? []).map((team) => ({ value: team.id, label: team.name }))
        : KINDS.map((kind) => ({ value: kind, label: kind }));
  // A key that is no more, or another's, may still have its rule.
  const gone = value && !found.some((one) => one.value === value) ? [{ value, label: name || value }] : [];
  return <NativeSelect label="Which" required miw={190} data={[{ value: "", label: "choose …" }, ...gone, ...found]} value={value} error={error} onChange={(event) => set(event.currentTarget.value)} />;
}
