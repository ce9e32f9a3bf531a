import { Button, Group, NativeSelect, Text, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type Entry, type Filters, platformKeys, teams } from "../../api/queries";
import { go } from "../../app/router";
import { moment } from "../../ui/format";
import { backwards, fromField, PERIODS, toField } from "./period";

export const STATUSES: Entry["status"][] = ["success", "fallback", "cached", "error", "cancelled"];
export const KINDS: Entry["kind"][] = ["chat", "completion", "optimize", "messages", "responses", "generate", "count", "embedding", "passthrough"];

/** Milliseconds as an address or a field has them; undefined where that is no number that the API takes. */
export function slownessOf(text: string | null): number | undefined {
  const ms = text === null || text.trim() === "" ? NaN : Number(text);
  return ms >= 0 && ms <= 1e9 ? ms : undefined;
}

type Change = (changes: Record<string, string>) => void;

export function FilterBar({ filters, period, filtered, change }: { filters: Filters; period: string; filtered: boolean; change: Change }) {
  const keys = useQuery(platformKeys()).data?.keys ?? [];
  const all = useQuery(teams()).data?.teams ?? [];
  const gone = filters.key_id !== undefined && !keys.some((key) => key.id === filters.key_id);
  return (
    <Group gap="sm" align="flex-end" role="group" aria-label="Filters">
      <NativeSelect
        label="Time"
        size="xs"
        value={period}
        onChange={(event) => {
          const value = event.currentTarget.value;
          change({ period: value, from: value === "custom" ? (filters.from ?? "") : "", to: "" });
        }}
        data={[{ value: "", label: "All" }, ...PERIODS.map(({ value, label }) => ({ value, label })), { value: "custom", label: "From … to …" }]}
      />
      {period === "custom" && <FromTo filters={filters} change={change} />}
      <NativeSelect
        label="Status"
        size="xs"
        value={filters.status ?? ""}
        onChange={(event) => change({ status: event.currentTarget.value })}
        data={[{ value: "", label: "All" }, ...STATUSES]}
      />
      <NativeSelect
        label="Cache"
        size="xs"
        value={filters.cache_hit === undefined ? "" : String(filters.cache_hit)}
        onChange={(event) => change({ cache_hit: event.currentTarget.value })}
        data={[
          { value: "", label: "All" },
          { value: "true", label: "hit" },
          { value: "false", label: "miss" },
        ]}
      />
      <NativeSelect
        label="Endpoint"
        size="xs"
        value={filters.kind ?? ""}
        onChange={(event) => change({ kind: event.currentTarget.value })}
        data={[{ value: "", label: "All" }, ...KINDS]}
      />
      <NativeSelect
        label="Key"
        size="xs"
        w={200}
        value={filters.key_id ?? ""}
        onChange={(event) => change({ key_id: event.currentTarget.value })}
        data={[
          { value: "", label: "All" },
          ...keys.map((key) => ({ value: key.id, label: `${key.name} …${key.last_four}` })),
          ...(gone ? [{ value: String(filters.key_id), label: String(filters.key_id) }] : []),
        ]}
      />
      <Named name="model" label="Model" placeholder="gpt-4o" value={filters.model} change={change} />
      <Named name="client" label="Client" placeholder="claude-code" value={filters.client} change={change} />
      <Named name="user" label="User" placeholder="user-42" value={filters.user} change={change} />
      {(all.length > 0 || filters.team_id !== undefined) && (
        <NativeSelect
          label="Team"
          size="xs"
          value={filters.team_id ?? ""}
          onChange={(event) => change({ team_id: event.currentTarget.value })}
          data={[
            { value: "", label: "All" },
            ...all.map((team) => ({ value: team.id, label: team.name })),
            ...(filters.team_id !== undefined && !all.some((team) => team.id === filters.team_id) ? [{ value: filters.team_id, label: filters.team_id }] : []),
          ]}
        />
      )}
      <Named name="tag" label="Tag" placeholder="team=search" value={filters.tag} change={change} />
      <Named name="error_code" label="Error code" placeholder="rate_limit_exceeded" value={filters.error_code} change={change} />
      <Named name="min_latency_ms" label="At least so slow, ms" placeholder="5000" value={filters.min_latency_ms?.toString()} change={(changes) => change({ min_latency_ms: String(slownessOf(changes["min_latency_ms"] ?? null) ?? "") })} />
      {filters.session !== undefined && <Named name="session" label="Session" placeholder="" value={filters.session} change={change} />}
      {filtered && (
        <Button size="xs" variant="subtle" onClick={() => go("/requests", true)}>
          Clear
        </Button>
      )}
      {period !== "custom" && filters.from && (
        <Text size="xs" c="dimmed" pb={6}>
          Since {moment(filters.from)}
        </Text>
      )}
    </Group>
  );
}

/** A filter by a name that somebody types; it counts when they are done. */
function Named({ name, label, placeholder, value, change }: { name: string; label: string; placeholder: string; value: string | undefined; change: Change }) {
  const done = (typed: string): void => {
    if (typed.trim() !== (value ?? "")) change({ [name]: typed.trim() });
  };
  return (
    <TextInput
      label={label}
      size="xs"
      placeholder={placeholder}
      key={value === undefined ? "none" : "some"}
      defaultValue={value ?? ""}
      onKeyDown={(event) => event.key === "Enter" && done(event.currentTarget.value)}
      onBlur={(event) => done(event.currentTarget.value)}
    />
  );
}

function FromTo({ filters, change }: { filters: Filters; change: Change }) {
  return (["from", "to"] as const).map((name) => {
    // While somebody types, a year passes through 0002 and 0020: what counts is what stands there in the end.
    const settle = (field: HTMLInputElement): void => {
      if (field.value !== toField(filters[name])) change({ period: "custom", [name]: fromField(field.value) });
    };
    return (
      <TextInput
        key={`${name} ${filters[name]}`}
        type="datetime-local"
        label={name === "from" ? "From" : "To"}
        size="xs"
        defaultValue={toField(filters[name])}
        error={name === "to" && backwards(filters) ? "It has to lie after From." : undefined}
        onKeyDown={(event) => event.key === "Enter" && settle(event.currentTarget)}
        onBlur={(event) => settle(event.currentTarget)}
      />
    );
  });
}
