import { Button, Group, PasswordInput, Select, Stack, TagsInput, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ApiError, call, type Schema } from "../api/client";
import { stale } from "../api/queries";
import { Refused } from "./states";

type Provider = Schema["ProviderKey"]["provider"];

export const PROVIDERS: { value: Provider; label: string }[] = [
  { value: "openai", label: "OpenAI" },
  { value: "anthropic", label: "Anthropic" },
  { value: "google", label: "Google" },
  { value: "openai_compatible", label: "Another server with OpenAI's API" },
];

export function providerName(provider: string): string {
  return PROVIDERS.find((one) => one.value === provider)?.label ?? provider;
}

export function ConnectProvider({ done }: { done?: (key: Schema["ProviderKey"]) => void }) {
  const client = useQueryClient();
  const [provider, setProvider] = useState<Provider>("openai");
  const [apiKey, setApiKey] = useState("");
  const [baseUrl, setBaseUrl] = useState("");
  const [label, setLabel] = useState("");
  const [models, setModels] = useState<string[]>([]);
  const other = provider === "openai_compatible";
  const connect = useMutation({
    mutationFn: () =>
      call("post", "/api/keys/providers", {
        body: {
          provider,
          api_key: apiKey.trim(),
          base_url: baseUrl.trim() || null,
          label: label.trim() || null,
          models: other ? models : null,
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
            data={PROVIDERS}
            value={provider}
            allowDeselect={false}
            onChange={(value) => setProvider(PROVIDERS.find((one) => one.value === value)?.value ?? "openai")}
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
        {other && (
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
