import { Button, Checkbox, Modal, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { call, type Schema } from "../../api/client";
import { members, stale, team } from "../../api/queries";
import { useMay } from "../../app/who";
import { Refused, Show } from "../../ui/states";

type Team = Schema["Team"];

/** Who is in a team, and its keys; admins put people in and take them out. */
export function TeamMembers({ of }: { of: Team }) {
  const [opened, { open, close }] = useDisclosure();
  return (
    <>
      <Button size="xs" px="xs" variant="subtle" aria-label={`Members of ${of.name}`} onClick={open}>
        Members
      </Button>
      <Modal opened={opened} onClose={close} title={`Team ${of.name}`} closeButtonProps={{ "aria-label": "Close" }} centered>
        {opened && <Page id={of.id} />}
      </Modal>
    </>
  );
}

function Page({ id }: { id: string }) {
  const found = useQuery(team(id));
  const may = useMay("manage_settings");
  return (
    <Show of={found} height={120}>
      {(page) => (
        <Stack gap="sm">
          <Text size="sm" fw={600}>
            Members
          </Text>
          {may ? <Choose page={page} /> : <Names of={page.members.map((one) => one.email)} none="Nobody is in this team yet." />}
          <Text size="sm" fw={600}>
            Keys
          </Text>
          <Names of={page.keys.map((one) => `${one.name} …${one.last_four}`)} none="No key is in this team yet." />
        </Stack>
      )}
    </Show>
  );
}

function Names({ of, none }: { of: string[]; none: string }) {
  return (
    <Text size="sm" c={of.length === 0 ? "dimmed" : undefined} style={{ overflowWrap: "anywhere", whiteSpace: "pre-line" }}>
      {of.length === 0 ? none : of.join("\n")}
    </Text>
  );
}

function Choose({ page }: { page: Schema["TeamPage"] }) {
  const client = useQueryClient();
  const everybody = useQuery(members());
  const inside = new Set(page.members.map((one) => one.id));
  const put = useMutation({
    mutationFn: ({ user, into }: { user: string; into: boolean }) => {
      const path = { team_id: page.id, user_id: user };
      return into ? call("put", "/api/teams/{team_id}/members/{user_id}", { path }) : call("delete", "/api/teams/{team_id}/members/{user_id}", { path });
    },
    onSettled: () => stale(client, "teams"),
  });
  return (
    <Show of={everybody} height={80}>
      {({ members: all }) => (
        <Stack gap={6}>
          {all.map((one) => (
            <Checkbox
              key={one.id}
              label={one.email}
              checked={inside.has(one.id)}
              disabled={put.isPending}
              onChange={(event) => put.mutate({ user: one.id, into: event.currentTarget.checked })}
            />
          ))}
          <Refused error={put.error} />
        </Stack>
      )}
    </Show>
  );
}
