import { Autocomplete, Badge, Button, Fieldset, Group, SimpleGrid, Stack, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { call, type Schema } from "../../api/client";
import { providerKeys, routing, settle } from "../../api/queries";
import { useMay } from "../../app/who";
import { useProviders } from "../../ui/ConnectProvider";
import { TIERS } from "../../ui/routing";
import { Panel, Refused } from "../../ui/states";
import { useEdits } from "../../ui/useEdits";

type Config = Schema["Routing"];
type Models = Partial<Record<string, string>>;

export function Tiers({ config }: { config: Config }) {
  const keys = useQuery(providerKeys());
  const connected = new Set((keys.data?.keys ?? []).map((key) => key.provider as string));
  const providers = [...new Set([...Object.keys(config.tiers), ...connected])];
  providers.sort((one, other) => Number(connected.has(other)) - Number(connected.has(one)) || one.localeCompare(other));
  return (
    <Panel title="Tiers">
      <Stack gap="lg">
        <Text size="sm" c="dimmed">
          The model that a tier stands for, by provider. A tier's model is taken only where a connected key reaches it and Promptly knows its price.
        </Text>
        {providers.map((provider) => {
          const models = config.tiers[provider] ?? {};
          const listed = (keys.data?.keys ?? []).filter((key) => key.provider === provider).flatMap((key) => key.models);
          const defaults = config.default_tiers[provider] ?? {};
          const known = [...new Set([...Object.values(models), ...Object.values(defaults), ...listed])];
          return (
            <Provider key={provider} provider={provider} models={models} defaults={defaults} known={known} connected={keys.data === undefined || connected.has(provider)} />
          );
        })}
      </Stack>
    </Panel>
  );
}

function Provider({ provider, models, defaults, known, connected }: { provider: string; models: Models; defaults: Models; known: string[]; connected: boolean }) {
  const client = useQueryClient();
  const may = useMay("manage_settings");
  const { draft, set, undo } = useEdits(models);
  const name = useProviders().nameOf(provider);
  const own = TIERS.filter((tier) => models[tier] !== defaults[tier]);
  const typed = (tier: string): string => (draft[tier] ?? "").trim();
  const wanted = TIERS.filter((tier) => typed(tier) && typed(tier) !== models[tier]);
  const save = useMutation({
    mutationFn: (change: Record<string, string> | null) => call("put", "/api/routing/config", { body: { routing_mode: null, tiers: { [provider]: change } } }),
    onSuccess: (now, change) => {
      if (change === null) undo();
      return settle(client, routing().queryKey, now);
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    save.mutate(Object.fromEntries(wanted.map((tier) => [tier, typed(tier)])));
  };
  return (
    <form onSubmit={submit} aria-label={`Tiers of ${name}`}>
      <Fieldset variant="unstyled" disabled={!may}>
        <Stack gap="xs">
          <Group gap="xs">
            <Text size="sm" fw={600}>
              {name}
            </Text>
            {!connected && <Badge size="sm" variant="light" color="gray">not connected</Badge>}
            {own.length > 0 && <Badge size="sm" variant="light">{Object.keys(defaults).length > 0 ? `changed: ${own.join(", ")}` : "your own"}</Badge>}
          </Group>
          <SimpleGrid cols={{ base: 1, xs: 3 }} spacing="sm">
            {TIERS.map((tier) => (
              <Autocomplete
                key={tier}
                label={tier}
                labelProps={{ tt: "capitalize" }}
                disabled={!may}
                required={models[tier] !== undefined}
                maxLength={200}
                data={known}
                placeholder={models[tier] === undefined ? "none" : defaults[tier]}
                value={draft[tier] ?? ""}
                onChange={(value) => set({ [tier]: value })}
              />
            ))}
          </SimpleGrid>
          <Refused error={save.error} />
          {may && (
            <Group gap="sm">
              <Button size="xs" type="submit" disabled={wanted.length === 0} loading={save.isPending && save.variables !== null} aria-label={`Save the tiers of ${name}`}>
                Save
              </Button>
              {own.length > 0 && (
                <Button size="xs" variant="subtle" color="gray" loading={save.isPending && save.variables === null} aria-label={`${defaultsVerb(defaults)} for ${name}`} onClick={() => save.mutate(null)}>
                  {defaultsVerb(defaults)}
                </Button>
              )}
              {wanted.length > 0 && (
                <Text size="sm" c="dimmed" role="status">
                  Not saved yet
                </Text>
              )}
            </Group>
          )}
        </Stack>
      </Fieldset>
    </form>
  );
}

function defaultsVerb(defaults: Models): string {
  return Object.keys(defaults).length > 0 ? "Use the defaults" : "Use no tiers";
}
