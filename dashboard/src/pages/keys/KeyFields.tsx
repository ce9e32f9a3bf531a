import { Checkbox, Group, NumberInput, TextInput } from "@mantine/core";
import type { Schema } from "../../api/client";
import { toField } from "../requests/period";

const ZONE = new Intl.DateTimeFormat().resolvedOptions().timeZone;
const SCOPES = ["chat", "optimize"] as const;

export interface KeyValues {
  name: string;
  scopes: string[];
  rpm: number | string;
  budget: number | string;
  expires: string; // as the field writes it: in the viewer's zone, and without naming it
}

export const NEW_KEY: KeyValues = { name: "", scopes: [...SCOPES], rpm: 500, budget: "", expires: "" };

/** A stored key as the fields show it. */
export function valuesOf(key: Schema["Key"]): KeyValues {
  return { name: key.name, scopes: key.scopes, rpm: key.rpm, budget: key.monthly_budget_usd ?? "", expires: toField(key.expires_at ?? undefined) };
}

/** What the API takes for them. */
export function bodyOf(values: KeyValues) {
  return {
    name: values.name.trim(),
    scopes: SCOPES.filter((scope) => values.scopes.includes(scope)),
    rpm: Number(values.rpm),
    expires_at: values.expires ? new Date(values.expires).toISOString() : null,
    monthly_budget_usd: values.budget === "" ? null : Number(values.budget),
  };
}

/** Whether a key would have expired before it can be used. */
export function isOver(expires: string): boolean {
  return expires !== "" && !(new Date(expires) > new Date());
}

export function KeyFields({ values, errors, late, set }: { values: KeyValues; errors: Record<string, string>; late: boolean; set: (change: Partial<KeyValues>) => void }) {
  return (
    <>
      <Group align="flex-start" grow preventGrowOverflow={false}>
        <TextInput label="Name" required maxLength={200} miw={180} value={values.name} error={errors["name"]} onChange={(event) => set({ name: event.currentTarget.value })} />
        <NumberInput label="Requests a minute" required min={1} max={1_000_000} allowDecimal={false} miw={140} hideControls value={values.rpm} error={errors["rpm"]} onChange={(rpm) => set({ rpm })} />
        <NumberInput label="Dollars a month (optional)" min={0} decimalScale={2} miw={140} hideControls value={values.budget} error={errors["monthly_budget_usd"]} onChange={(budget) => set({ budget })} />
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
