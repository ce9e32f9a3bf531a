import { Button, Group, Stack, Switch } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { call, type Schema } from "../../api/client";
import { optimizationSettings, settle } from "../../api/queries";
import { useMay } from "../../app/who";
import { InForce, Panel, Refused } from "../../ui/states";
import { useEdits } from "../../ui/useEdits";

type Settings = Pick<Schema["OptimizationSettings"], "substitute_unreachable" | "rules_in_manual" | "older_generations">;
const SWITCHES: { name: keyof Settings; label: string; about: string }[] = [
  { name: "substitute_unreachable", label: "Another model may answer for one without a key", about: "In auto mode. Otherwise such a request is refused. No routing saving is counted for it." },
  { name: "rules_in_manual", label: "Rules in manual mode too", about: "Otherwise manual mode passes every request on as it is." },
  { name: "older_generations", label: "Models of any age", about: "Tiers may name models that are more than one generation older than the one asked for." },
];

/** What routing may do only where the organization says so. */
export function Limits({ settings }: { settings: Settings }) {
  const client = useQueryClient();
  const may = useMay("manage_settings");
  const { substitute_unreachable, rules_in_manual, older_generations } = settings;
  const { draft, edits, changed, set } = useEdits({ substitute_unreachable, rules_in_manual, older_generations });
  const save = useMutation({
    mutationFn: () => call("put", "/api/optimization/settings", { body: edits }),
    onSuccess: (now) => settle(client, optimizationSettings().queryKey, now),
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <form onSubmit={submit} aria-label="What routing may do">
      <Panel title="What routing may do">
        <Stack gap="sm">
          {SWITCHES.map(({ name, label, about }) => (
            <Switch key={name} label={label} description={about} disabled={!may} checked={draft[name]} onChange={(event) => set({ [name]: event.currentTarget.checked })} />
          ))}
          <Refused error={save.error} />
          {may && (
            <Group gap="sm">
              <Button type="submit" disabled={!changed} loading={save.isPending}>
                Save what it may do
              </Button>
              <InForce changed={changed} />
            </Group>
          )}
        </Stack>
      </Panel>
    </form>
  );
}
