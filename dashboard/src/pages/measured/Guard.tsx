import { Badge, Button, Group, Stack, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { call, type Schema } from "../../api/client";
import { auditLog, optimizationSettings, settle, type Settings, stale } from "../../api/queries";
import { moment } from "../../ui/format";
import { Nothing, Panel, Refused, Show } from "../../ui/states";
import { fieldName, fieldValue } from "./fields";

type Entry = Schema["AuditLog"]["entries"][number];

/** The levers that the guard switched off, why, and a way to switch each on again. */
export function Guard() {
  const found = useQuery(auditLog());
  return (
    <Panel title="Switched off by the guard">
      <Show of={found} height={100}>
        {({ entries }) => {
          const steps = entries.filter((entry) => entry.action === "lever_switched_off");
          return steps.length === 0 ? (
            <Nothing title="The guard has switched nothing off">Where a holdout runs, it looks every hour whether people ask again more often with the levers.</Nothing>
          ) : (
            <Stack gap="md">
              {steps.map((entry) => (
                <Step key={entry.id} entry={entry} />
              ))}
            </Stack>
          );
        }}
      </Show>
    </Panel>
  );
}

function Step({ entry }: { entry: Entry }) {
  const client = useQueryClient();
  const { data: settings } = useQuery(optimizationSettings());
  const after = Object.entries(entry.after as Record<string, unknown>);
  const off = settings !== undefined && after.every(([name, value]) => settings[name as keyof Settings] === value);
  const restore = useMutation({
    mutationFn: () => call("put", "/api/optimization/settings", { body: entry.before as Schema["SettingsChange"] }),
    onSuccess: async (now) => {
      await settle(client, optimizationSettings().queryKey, now);
      stale(client, "audit");
      stale(client, "routing");
    },
  });
  const names = after.map(([name]) => fieldName(name)).join(", ");
  return (
    <Stack gap={6}>
      <Group gap="sm">
        <Text size="sm" fw={600}>
          {names}
        </Text>
        {settings && (
          <Badge variant="light" color={off ? "orange" : "teal"}>
            {off ? "switched off by the guard" : "changed since"}
          </Badge>
        )}
        <Text size="sm" c="dimmed">
          {moment(entry.time)}
        </Text>
      </Group>
      <Text size="sm">{entry.reason}</Text>
      {off && (
        <Group gap="sm">
          <Button size="xs" variant="default" loading={restore.isPending} aria-label={`Switch ${names} on again`} onClick={() => restore.mutate()}>
            Switch on again
          </Button>
          <Text size="xs" c="dimmed">
            {Object.entries(entry.before as Record<string, unknown>)
              .map(([name, value]) => `${fieldName(name)}: ${fieldValue(value)}`)
              .join(", ")}
            . The guard measures anew from its last step.
          </Text>
        </Group>
      )}
      <Refused error={restore.error} />
    </Stack>
  );
}
