import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ApiError, call, type Schema } from "../../api/client";
import { stale } from "../../api/queries";
import { Refused } from "../../ui/states";
import { useEdits } from "../../ui/useEdits";
import { bodyOf, isOver, KeyFields, type KeyValues, valuesOf } from "./KeyFields";

type Key = Schema["Key"];

// Which of the API's fields each field of the form is.
const SENT = { name: "name", scopes: "scopes", rpm: "rpm", budget: "monthly_budget_usd", team: "team", expires: "expires_at" } as const;

export function EditKey({ stored, name }: { stored: Key; name: string }) {
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

function Form({ stored, name, close }: { stored: Key; name: string; close: () => void }) {
  const client = useQueryClient();
  const { draft, edits, changed, set } = useEdits<KeyValues>(valuesOf(stored));
  const [late, setLate] = useState(false);
  const save = useMutation({
    mutationFn: () => {
      const all = bodyOf(draft);
      const fields = (Object.keys(edits) as (keyof KeyValues)[]).map((field) => SENT[field]);
      return call("patch", "/api/keys/platform/{key_id}", {
        path: { key_id: stored.id },
        body: Object.fromEntries(fields.map((field) => [field, all[field]])),
      });
    },
    onSuccess: () => {
      stale(client, "keys", "platform");
      stale(client, "teams");
      close();
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const over = edits.expires !== undefined && isOver(edits.expires);
    setLate(over);
    if (!over) save.mutate();
  };
  return (
    <form onSubmit={submit} aria-label={`Edit ${name}`}>
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          The key itself stays: whatever uses it goes on. A change holds within a second.
        </Text>
        <KeyFields values={draft} errors={save.error instanceof ApiError ? save.error.fields : {}} late={late} set={set} />
        <Refused error={save.error} />
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            Leave it as it was
          </Button>
          <Button type="submit" disabled={!changed || draft.scopes.length === 0} loading={save.isPending}>
            Save
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
