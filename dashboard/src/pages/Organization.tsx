import { Button, Code, Group, Stack, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { ApiError, call } from "../api/client";
import { me, settle } from "../api/queries";
import { useMay, useWho } from "../app/who";
import { CopyButton } from "../ui/Copy";
import { Facts } from "../ui/Facts";
import { moment } from "../ui/format";
import { PageTitle, Panel, Refused } from "../ui/states";
import { useEdits } from "../ui/useEdits";
import { Account } from "./organization/Account";
import { Captures } from "./organization/Captures";
import { Delete } from "./organization/Delete";
import { Issuers } from "./organization/Issuers";
import { Reports } from "./organization/Reports";

export default function Organization() {
  const may = useMay("manage_org");
  const issuers = useMay("manage_issuers");
  const texts = useMay("read_texts");
  const reported = useMay("get_reports");
  return (
    <>
      <PageTitle title="Organization" />
      <Stack>
        <About />
        <Account />
        {reported && <Reports />}
        {issuers && <Issuers />}
        {texts && <Captures />}
        {may && <Delete />}
      </Stack>
    </>
  );
}

function About() {
  const { org } = useWho();
  const may = useMay("manage_org");
  return (
    <Panel title="About">
      <Stack gap="sm">
        <Facts
          rows={[
            ["Name", org.name],
            ["Kind", org.account_type === "team" ? "Team" : "Personal: it has one user"],
            [
              "Id",
              <Group key="id" gap="xs">
                <Code>{org.id}</Code>
                <CopyButton text={org.id} label="Copy the organization's id" />
              </Group>,
            ],
            ["Registered", moment(org.created_at)],
          ]}
        />
        {may && <Rename name={org.name} />}
      </Stack>
    </Panel>
  );
}

function Rename({ name: saved }: { name: string }) {
  const client = useQueryClient();
  const who = useWho();
  const {
    draft: { name },
    set,
  } = useEdits({ name: saved });
  const rename = useMutation({
    mutationFn: () => call("put", "/api/org", { body: { name: name.trim() } }),
    onSuccess: (org) => settle(client, me().queryKey, { ...who, org }),
  });
  const fields = rename.error instanceof ApiError ? rename.error.fields : {};
  const changed = name.trim() !== "" && name.trim() !== saved;
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    rename.mutate();
  };
  return (
    <form onSubmit={submit} aria-label="Rename the organization">
      <Stack gap="sm">
        <Group align="flex-end" gap="sm">
          <TextInput label="Name" required maxLength={200} miw={240} flex={1} maw={360} value={name} error={fields["name"]} onChange={(event) => set({ name: event.currentTarget.value })} />
          <Button type="submit" variant="default" disabled={!changed} loading={rename.isPending}>
            Rename
          </Button>
        </Group>
        <Refused error={rename.error} />
      </Stack>
    </form>
  );
}
