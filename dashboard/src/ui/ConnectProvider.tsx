import { Button, Group, PasswordInput, Select, Stack, TagsInput, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ApiError, call, type Schema } from "../api/client";
import { providerKeys, stale } from "../api/queries";
import { Refused } from "./states";

type Provider = Schema["ProviderKey"]["provider"];

/** The providers that can be connected, and what a provider is called. */
export function useProviders(): { providers: Schema["ConnectableProvider"][]; nameOf: (provider: string) => string } {
  const providers = useQuery(providerKeys()).data?.providers ?? [];
  return { providers, nameOf: (provider) => providers.find((one) => one.name === provider)?.label ?? provider };
}

export function ConnectProvider({ done }: { done?: (key: Schema["ProviderKey"]) => void }) {
  const client = useQueryClient();
  const [provider, setProvider] = useState<Provider>("openai");
  const [apiKey, setApiKey] = useState("");
  const [baseUrl, setBaseUrl] = useState("");
  const [label, setLabel] = useState("");
  const [models, setModels] = useState<string[]>([]);
  const { providers } = useProviders();
  const chosen = providers.find((one) => one.name === provider);
  const other = chosen?.needs_base_url ?? false;
  const listsModels = chosen?.needs_models ?? false;
  const connect = useMutation({
    mutationFn: () =>
      call("post", "/api/keys/providers", {
        body: {
          provider,
          api_key: apiKey.trim(),
          base_url: baseUrl.trim() || null,
          label: label.trim() || null,
          models: listsModels ? models : null,
        },
      }),
    onSuccess: (key) => {
      setApiKey("");
      setBaseUrl(""); // the next key must not go to this one's address
      setLabel("");
      setModels([]);
      stale(client, "keys");
      done?.(key);
    },
  });
  const fields = connect.error instanceof ApiError ? connect.error.fields : {};
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    connect.mutate();
  };
  return (
    <form onSubmit={submit} aria-label="Connect a provider">
      <Stack gap="sm">
        <Group grow align="flex-start" preventGrowOverflow={false}>
          <Select
            label="Provider"
            data={providers.map((one) => ({ value: one.name, label: one.label }))}
            value={provider}
            allowDeselect={false}
            onChange={(value) => setProvider(providers.find((one) => one.name === value)?.name ?? "openai")}
            miw={220}
          />
          <PasswordInput
            label="The provider's API key"
            placeholder="sk-…"
            autoComplete="off"
            required
            value={apiKey}
            error={fields["api_key"]}
            visibilityToggleButtonProps={{ "aria-label": "Show or hide the key" }}
            onChange={(event) => setApiKey(event.currentTarget.value)}
            miw={220}
          />
        </Group>
        <Group grow align="flex-start" preventGrowOverflow={false}>
          <TextInput
            label={other ? "Base URL" : "Base URL (optional)"}
            placeholder="https://…/v1"
            type="url"
            required={other}
            value={baseUrl}
            error={fields["base_url"]}
            onChange={(event) => setBaseUrl(event.currentTarget.value)}
            miw={220}
          />
          <TextInput
            label="Label (optional)"
            value={label}
            maxLength={200}
            error={fields["label"]}
            onChange={(event) => setLabel(event.currentTarget.value)}
            miw={220}
          />
        </Group>
        {listsModels && (
          <TagsInput
            label="Models that it serves"
            description="Type a name and press Enter"
            required
            value={models}
            error={fields["models"]}
            onChange={setModels}
          />
        )}
        <Refused error={connect.error} />
        <Button type="submit" loading={connect.isPending} style={{ alignSelf: "flex-start" }}>
          Connect
        </Button>
      </Stack>
    </form>
  );
}
