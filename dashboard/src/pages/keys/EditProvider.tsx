import { Button, Group, Modal, PasswordInput, Stack, TagsInput, Text, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ApiError, call, type Schema } from "../../api/client";
import { stale } from "../../api/queries";
import { useProviders } from "../../ui/ConnectProvider";
import { Refused } from "../../ui/states";

type Stored = Schema["ProviderKey"];

export function EditProvider({ stored, name }: { stored: Stored; name: string }) {
  const [opened, { open, close }] = useDisclosure();
  return (
    <>
      <Button size="xs" px="xs" variant="subtle" aria-label={`Edit ${name}`} onClick={open}>
        Edit
      </Button>
      <Modal opened={opened} onClose={close} title={`Edit ${name}`} closeButtonProps={{ "aria-label": "Close" }} centered>
        <Form stored={stored} name={name} close={close} />
      </Modal>
    </>
  );
}

function Form({ stored, name, close }: { stored: Stored; name: string; close: () => void }) {
  const client = useQueryClient();
  const [apiKey, setApiKey] = useState("");
  const [baseUrl, setBaseUrl] = useState(stored.base_url ?? "");
  const [label, setLabel] = useState(stored.label);
  const [models, setModels] = useState(stored.models);
  const [missing, setMissing] = useState(false);
  const kind = useProviders().providers.find((one) => one.name === stored.provider);
  const other = kind?.needs_base_url ?? false;
  const listsModels = kind?.needs_models ?? false;
  const moved = baseUrl.trim() !== (stored.base_url ?? "");
  const save = useMutation({
    mutationFn: () =>
      call("put", "/api/keys/providers/{key_id}", {
        path: { key_id: stored.id },
        body: {
          api_key: apiKey.trim() || null,
          ...(moved ? { base_url: baseUrl.trim() || null } : {}),
          label: label.trim() === stored.label ? null : label.trim(),
          models: listsModels && models.join("\n") !== stored.models.join("\n") ? models : null,
        },
      }),
    onSuccess: () => {
      stale(client, "keys");
      close();
    },
  });
  const fields = save.error instanceof ApiError ? save.error.fields : {};
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const keyless = moved && !apiKey.trim();
    setMissing(keyless);
    if (!keyless) save.mutate();
  };
  return (
    <form onSubmit={submit} aria-label={`Edit ${name}`}>
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          The stored key stays unless you enter another; it goes to no other address than the one it was stored for.
        </Text>
        <PasswordInput
          label="New API key (optional)"
          placeholder={stored.api_key}
          autoComplete="off"
          value={apiKey}
          error={missing ? "Another base URL needs its key along with it." : fields["api_key"]}
          visibilityToggleButtonProps={{ "aria-label": "Show or hide the key" }}
          onChange={(event) => setApiKey(event.currentTarget.value)}
        />
        <TextInput
          label={other ? "Base URL" : "Base URL (optional)"}
          placeholder="https://…/v1"
          type="url"
          required={other}
          value={baseUrl}
          error={fields["base_url"]}
          onChange={(event) => setBaseUrl(event.currentTarget.value)}
        />
        <TextInput label="Label (optional)" value={label} maxLength={200} error={fields["label"]} onChange={(event) => setLabel(event.currentTarget.value)} />
        {listsModels && <TagsInput label="Models that it serves" description="Type a name and press Enter" required value={models} error={fields["models"]} onChange={setModels} />}
        <Refused error={save.error} />
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            Leave it as it was
          </Button>
          <Button type="submit" loading={save.isPending}>
            Save
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
