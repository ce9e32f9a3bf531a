import { Checkbox, Group, NativeSelect, NumberInput, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { Schema } from "../../api/client";
import { teams } from "../../api/queries";
import { useMay } from "../../app/who";
import { toField } from "../requests/period";

const ZONE = new Intl.DateTimeFormat().resolvedOptions().timeZone;
const SCOPES = ["chat", "optimize"] as const;

export interface KeyValues {
  name: string;
  scopes: string[];
  rpm: number | string;
  budget: number | string;
  team: string; // its id; empty: none
  expires: string; // as the field writes it: in the viewer's zone, and without naming it
}

export const NEW_KEY: KeyValues = { name: "", scopes: [...SCOPES], rpm: 500, budget: "", team: "", expires: "" };

/** A stored key as the fields show it. */
export function valuesOf(key: Schema["Key"]): KeyValues {
  return { name: key.name, scopes: key.scopes, rpm: key.rpm, budget: key.monthly_budget_usd ?? "", team: key.team_id ?? "", expires: toField(key.expires_at ?? undefined) };
}

/** What the API takes for them. */
export function bodyOf(values: KeyValues) {
  return {
    name: values.name.trim(),
    scopes: SCOPES.filter((scope) => values.scopes.includes(scope)),
    rpm: Number(values.rpm),
    expires_at: values.expires ? new Date(values.expires).toISOString() : null,
    monthly_budget_usd: values.budget === "" ? null : Number(values.budget),
    team: values.team || null,
  };
}

/** Whether a key would have expired before it can be used. */
export function isOver(expires: string): boolean {
  return expires !== "" && !(new Date(expires) > new Date());
}

/** Chooses a team, where there are any and the role may put keys into them. */
function TeamField({ value, error, set }: { value: string; error?: string; set: (team: string) => void }) {
  const may = useMay("manage_settings");
  const { data } = useQuery({ ...teams(), enabled: may });
  if (!may || !data || data.teams.length === 0) return null;
  const offered = data.teams.map((team) => ({ value: team.id, label: team.name }));
  return <NativeSelect label="Team (optional)" miw={140} value={value} error={error} data={[{ value: "", label: "–" }, ...offered]} onChange={(event) => set(event.currentTarget.value)} />;
}

export function KeyFields({ values, errors, late, set }: { values: KeyValues; errors: Record<string, string>; late: boolean; set: (change: Partial<KeyValues>) => void }) {
  return (
    <>
      <Group align="flex-start" grow preventGrowOverflow={false}>
        <TextInput label="Name" required maxLength={200} miw={180} value={values.name} error={errors["name"]} onChange={(event) => set({ name: event.currentTarget.value })} />
        <NumberInput label="Requests a minute" required min={1} max={1_000_000} allowDecimal={false} miw={140} hideControls value={values.rpm} error={errors["rpm"]} onChange={(rpm) => set({ rpm })} />
        <NumberInput label="Dollars a month (optional)" min={0} decimalScale={2} miw={140} hideControls value={values.budget} error={errors["monthly_budget_usd"]} onChange={(budget) => set({ budget })} />
        <TeamField value={values.team} error={errors["team"]} set={(team) => set({ team })} />
        <TextInput
          label="Expires (optional)"
          type="datetime-local"
          description={ZONE && `In your time zone, ${ZONE}`}
          inputWrapperOrder={["label", "input", "description", "error"]}
          miw={190}
          value={values.expires}
          error={late ? "This moment is over: choose one to come." : errors["expires_at"]}
          onChange={(event) => set({ expires: event.currentTarget.value })}
        />
      </Group>
      <Checkbox.Group label="May be used for" value={values.scopes} error={errors["scopes"]} onChange={(scopes) => set({ scopes })}>
        <Group mt={4}>
          <Checkbox value="chat" label="Chat" />
          <Checkbox value="optimize" label="The optimize API" />
        </Group>
      </Checkbox.Group>
    </>
  );
}
