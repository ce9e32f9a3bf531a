import { Alert, Button, Code, Group, NativeSelect, Stack, Table, Text, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ApiError, call, type Schema } from "../../api/client";
import { invites, members, type Role, stale } from "../../api/queries";
import { useWho } from "../../app/who";
import { Confirm } from "../../ui/Confirm";
import { CopyButton, PutAway } from "../../ui/Copy";
import { moment } from "../../ui/format";
import { Icon } from "../../ui/Icon";
import { Nothing, Panel, Refused, Show, Wide } from "../../ui/states";
import { ROLES, roleOf } from "./roles";

/** For admins: nobody else may ask which invitations are open. */
export function Invitations() {
  const { org } = useWho();
  return (
    <Panel title="Invitations">
      {org.account_type === "personal" ? (
        <Nothing title="A personal account has one user">
          To work with others, sign out and register a team account with another e-mail address, or let a team invite that address.
        </Nothing>
      ) : (
        <Inviting />
      )}
    </Panel>
  );
}

function Inviting() {
  const found = useQuery(invites());
  const [made, setMade] = useState<Schema["NewInvite"] | null>(null);
  return (
    <Stack gap="sm">
      <InviteForm done={setMade} />
      {made && <Invited invite={made} done={() => setMade(null)} />}
      <Show of={found} height={80}>
        {({ invites: open }) =>
          open.length === 0 ? (
            <Text size="sm" c="dimmed">
              No invitation is open.
            </Text>
          ) : (
            <Open invites={open} withdrawn={(id) => setMade((before) => (before?.id === id ? null : before))} />
          )
        }
      </Show>
    </Stack>
  );
}

function InviteForm({ done }: { done: (invite: Schema["NewInvite"]) => void }) {
  const client = useQueryClient();
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<Role>("member");
  const invite = useMutation({
    mutationFn: () => call("post", "/api/team/invite", { body: { email: email.trim(), role } }),
    onSuccess: (made) => {
      setEmail("");
      stale(client, "team", "invites");
      done(made);
    },
  });
  const fields = invite.error instanceof ApiError ? invite.error.fields : {};
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    invite.mutate();
  };
  return (
    <form onSubmit={submit} aria-label="Invite somebody">
      <Stack gap="sm">
        <Group align="flex-start" gap="sm">
          <TextInput label="E-mail" type="email" required maxLength={200} miw={240} flex={1} maw={360} value={email} error={fields["email"]} onChange={(event) => setEmail(event.currentTarget.value)} />
          <NativeSelect label="Role" data={ROLES} value={role} error={fields["role"]} onChange={(event) => setRole(roleOf(event.currentTarget.value))} />
        </Group>
        <Refused error={invite.error} />
        <Button type="submit" loading={invite.isPending} style={{ alignSelf: "flex-start" }}>
          Invite
        </Button>
      </Stack>
    </form>
  );
}

/** The link is a secret like a key: it is in no storage, and nobody can show it again. */
function Invited({ invite, done }: { invite: Schema["NewInvite"]; done: () => void }) {
  return (
    <Alert color="teal" title={`${invite.email} is invited`} icon={<Icon name="check" />} role="status" data-testid="invited">
      <Stack gap="xs">
        <Text size="sm">
          {invite.mailed ? "A mail with this link is on its way." : "No mail server is set up here, so send them this link yourself."} It works once, until{" "}
          {moment(invite.expires_at)}, and is not shown again.
        </Text>
        <Group gap="xs">
          <Code fz="sm" style={{ overflowWrap: "anywhere" }}>
            {invite.link}
          </Code>
          <CopyButton text={invite.link} label="Copy the link" />
        </Group>
        <PutAway done={done}>Done</PutAway>
      </Stack>
    </Alert>
  );
}

function Open({ invites: open, withdrawn }: { invites: Schema["Invite"][]; withdrawn: (id: string) => void }) {
  const client = useQueryClient();
  const known = useQuery(members());
  const { user } = useWho();
  const nameOf = (id: string): string => (id === user.id ? "you" : (known.data?.members.find((one) => one.id === id)?.email ?? "–"));
  return (
    <Wide label="Open invitations, table" width={640}>
      <Table verticalSpacing={6}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>E-mail</Table.Th>
            <Table.Th>Role</Table.Th>
            <Table.Th>Invited by</Table.Th>
            <Table.Th>Open until</Table.Th>
            <Table.Th aria-label="Actions" />
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {open.map((invite) => (
            <Table.Tr key={invite.id}>
              <Table.Td className="name">{invite.email}</Table.Td>
              <Table.Td>{invite.role}</Table.Td>
              <Table.Td>{nameOf(invite.invited_by)}</Table.Td>
              <Table.Td>{moment(invite.expires_at)}</Table.Td>
              <Table.Td ta="right">
                <Confirm
                  verb="Withdraw"
                  what={`the invitation of ${invite.email}`}
                  warning="Its link stops working at once. You can invite them again."
                  run={async () => {
                    await call("delete", "/api/team/invites/{invite_id}", { path: { invite_id: invite.id } });
                    withdrawn(invite.id);
                    stale(client, "team", "invites");
                  }}
                />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Wide>
  );
}
