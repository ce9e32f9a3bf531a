import { Alert, Badge, Button, Group, NativeSelect, Stack, Table, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { call, type Schema } from "../api/client";
import { members, stale } from "../api/queries";
import { useMay, useWho } from "../app/who";
import { Confirm } from "../ui/Confirm";
import { ago, moment } from "../ui/format";
import { PageTitle, Panel, Show, Wide } from "../ui/states";
import { useEdits } from "../ui/useEdits";
import { Invitations } from "./team/Invitations";
import { ROLES, roleOf } from "./team/roles";

type Member = Schema["User"];

export default function Team() {
  const may = useMay("manage_team");
  return (
    <>
      <PageTitle title="Team" />
      <Stack>
        <Members />
        {may && <Invitations />}
      </Stack>
    </>
  );
}

function Members() {
  const found = useQuery(members());
  const may = useMay("manage_team");
  return (
    <Panel title="Members" aside={may ? undefined : <Badge variant="light" color="gray">Admins invite and change members</Badge>}>
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          Admins do everything. Members make keys of their own, write alerts and take cached answers back. Viewers read.
        </Text>
        <Show of={found} height={140}>
          {({ members: all }) => (
            <Wide label="Members, table" width={600}>
              <Table verticalSpacing={6}>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>E-mail</Table.Th>
                    <Table.Th>Role</Table.Th>
                    <Table.Th>Joined</Table.Th>
                    {may && <Table.Th aria-label="Actions" />}
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {all.map((member) => (
                    <Row key={member.id} member={member} />
                  ))}
                </Table.Tbody>
              </Table>
            </Wide>
          )}
        </Show>
      </Stack>
    </Panel>
  );
}

function Row({ member }: { member: Member }) {
  const client = useQueryClient();
  const may = useMay("manage_team");
  const own = useWho().user.id === member.id;
  const leaves = own ? "You are signed out at once" : "They are signed out within seconds";
  return (
    <Table.Tr>
      <Table.Td className="name">
        <Group gap={6}>
          {member.email}
          {own && (
            <Badge size="sm" variant="light" miw="max-content">
              you
            </Badge>
          )}
          {member.suspended && (
            <Badge size="sm" variant="light" color="orange" miw="max-content" title="In no group that may come in: the next sign-in through the identity provider with one ends this">
              suspended
            </Badge>
          )}
        </Group>
      </Table.Td>
      <Table.Td>{may ? <RoleForm member={member} own={own} /> : member.role}</Table.Td>
      <Table.Td title={moment(member.created_at)}>{ago(member.created_at)}</Table.Td>
      {may && (
        <Table.Td ta="right">
          <Confirm
            verb="Remove"
            what={member.email}
            warning={`${leaves}, and the Promptly keys that ${own ? "you" : "they"} made stop working.`}
            run={async () => {
              await call("delete", "/api/team/members/{user_id}", { path: { user_id: member.id } });
              stale(client, "team");
              stale(client, "keys");
              if (own) stale(client, "me");
            }}
          />
        </Table.Td>
      )}
    </Table.Tr>
  );
}

/** The choice is saved by a button of its own: with the keyboard, a list passes every role on the way to another. */
function RoleForm({ member, own }: { member: Member; own: boolean }) {
  const client = useQueryClient();
  const {
    draft: { role },
    changed,
    set,
  } = useEdits({ role: member.role });
  const save = useMutation({
    mutationFn: () => call("put", "/api/team/members/{user_id}", { path: { user_id: member.id }, body: { role } }),
    onSuccess: () => {
      stale(client, "team");
      if (own) stale(client, "me");
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <form onSubmit={submit} aria-label={`Role of ${member.email}`}>
      <Group gap={6} wrap="nowrap">
        <NativeSelect
          size="xs"
          aria-label={`Role of ${member.email}`}
          data={ROLES}
          value={role}
          onChange={(event) => {
            set({ role: roleOf(event.currentTarget.value) });
            save.reset();
          }}
        />
        {changed && (
          <Button size="xs" type="submit" loading={save.isPending} aria-label={`Save the role of ${member.email}`}>
            Save
          </Button>
        )}
      </Group>
      {changed && own && !save.error && (
        <Text size="xs" c="dimmed" mt={4} maw={260} style={{ whiteSpace: "normal" }}>
          You can no longer change the team then.
        </Text>
      )}
      {save.error && (
        <Alert color="red" role="alert" mt={4} p="xs" maw={320} style={{ whiteSpace: "normal" }}>
          {save.error.message}
        </Alert>
      )}
    </form>
  );
}
