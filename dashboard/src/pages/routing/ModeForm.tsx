import { Badge, Button, Group, SegmentedControl, Stack, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { call } from "../../api/client";
import { routing, settle, stale } from "../../api/queries";
import { useMay } from "../../app/who";
import type { Mode } from "../../ui/routing";
import { InForce, Panel, Refused } from "../../ui/states";
import { useEdits } from "../../ui/useEdits";

const MODES: { value: Mode; label: string; about: string }[] = [
  { value: "auto", label: "Auto", about: "Rules first; then each conversation is judged at its first turn, and what is simple goes to a cheaper model and stays there. None is sent to one that is expected to cost more, unless a rule says so." },
  { value: "manual", label: "Manual", about: "The model that was asked for: no rules, unless they are switched on below, and prompts are not judged." },
  { value: "shadow", label: "Shadow", about: "As manual; but each request's entry says which model auto would have taken, and what that would have saved. A way to try it without a risk." },
];

export function ModeForm({ mode: saved }: { mode: Mode }) {
  const client = useQueryClient();
  const may = useMay("manage_settings");
  const {
    draft: { mode },
    changed,
    set,
  } = useEdits({ mode: saved });
  const save = useMutation({
    mutationFn: () => call("put", "/api/routing/config", { body: { routing_mode: mode, tiers: {} } }),
    onSuccess: (now) => {
      stale(client, "settings");
      return settle(client, routing().queryKey, now);
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <form onSubmit={submit} aria-label="Mode">
      <Panel title="Mode" aside={may ? undefined : <Badge variant="light" color="gray">Admins change these</Badge>}>
        <Stack gap="sm">
          <SegmentedControl
            aria-label="Mode"
            disabled={!may}
            value={mode}
            onChange={(value) => set({ mode: MODES.find((one) => one.value === value)?.value ?? mode })}
            data={MODES.map(({ value, label }) => ({ value, label }))}
            size="xs"
            style={{ alignSelf: "flex-start" }}
          />
          <Text size="sm" c="dimmed">
            {MODES.find((one) => one.value === mode)?.about}
          </Text>
          <Refused error={save.error} />
          {may && (
            <Group gap="sm">
              <Button type="submit" disabled={!changed} loading={save.isPending}>
                Save the mode
              </Button>
              <InForce changed={changed} />
            </Group>
          )}
        </Stack>
      </Panel>
    </form>
  );
}
