import { Button, Stack, Text, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { call } from "../../api/client";
import { session } from "../../api/session";
import { go } from "../../app/router";
import { useWho } from "../../app/who";
import { Panel, Refused } from "../../ui/states";

export function Delete() {
  const { org } = useWho();
  const [name, setName] = useState("");
  const erase = useMutation({
    mutationFn: async (): Promise<void> => {
      await call("delete", "/api/org", { body: { name } });
      session.end();
      go("/deleted", true);
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    erase.mutate();
  };
  return (
    <Panel title="Delete the organization">
      <form onSubmit={submit} aria-label="Delete the organization">
        <Stack gap="sm" align="flex-start">
          <Text size="sm">
            Everything goes with it: members, Promptly keys, providers' keys, settings, rules, alerts, the request log, cached answers, and
            credits that are left. Applications that use its keys are refused within a second. Nobody can bring any of it back.
          </Text>
          <TextInput label={`To be sure, type its name: ${org.name}`} autoComplete="off" required w="100%" maw={420} value={name} onChange={(event) => setName(event.currentTarget.value)} />
          <Refused error={erase.error} />
          <Button type="submit" color="red" maw="100%" disabled={name.trim() !== org.name.trim()} loading={erase.isPending}>
            Delete {org.name}
          </Button>
        </Stack>
      </form>
    </Panel>
  );
}
