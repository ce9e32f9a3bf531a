import { Button, Group, Modal, Stack, Table, Text, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ApiError, call, type Schema } from "../../api/client";
import { stale, teams } from "../../api/queries";
import { Link } from "../../app/router";
import { useMay, useWho } from "../../app/who";
import { Confirm } from "../../ui/Confirm";
import { count } from "../../ui/format";
import { Nothing, Panel, Refused, Show, Wide } from "../../ui/states";
import { useOpener } from "../../ui/useOpener";
import { TeamMembers } from "./TeamMembers";

type Team = Schema["Team"];

export function Teams() {
  const client = useQueryClient();
  const found = useQuery(teams());
  const may = useMay("manage_settings");
  const { role } = useWho().user;
  const { open, button, done } = useOpener("New team");
  return (
    <Panel title="Teams" aside={may && button}>
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          Keys that are counted together. A key is put into a team on <Link to="/keys">Keys</Link>; what teams spend is on <Link to="/costs?by=team">Costs</Link>.
        </Text>
        {open && <TeamForm done={done} />}
        <Show of={found} height={100}>
          {({ teams: all }) =>
            all.length === 0 ? (
              <Nothing title="No teams" />
            ) : (
              <Wide label="Teams, table" width={520}>
                <Table verticalSpacing={6}>
                  <Table.Thead>
                    <Table.Tr>
                      <Table.Th>Name</Table.Th>
                      <Table.Th ta="right">Keys</Table.Th>
                      <Table.Th ta="right">Members</Table.Th>
                      <Table.Th aria-label="Actions" />
                    </Table.Tr>
                  </Table.Thead>
                  <Table.Tbody>
                    {all.map((team) => (
                      <Table.Tr key={team.id}>
                        <Table.Td className="name">{team.name}</Table.Td>
                        <Table.Td ta="right" className="figures">
                          {count(team.keys)}
                        </Table.Td>
                        <Table.Td ta="right" className="figures">
                          {count(team.members)}
                        </Table.Td>
                        <Table.Td>
                          <Group gap={4} wrap="nowrap" justify="flex-end">
                            {(team.is_member || role !== "member") && <TeamMembers of={team} />}
                            {may && (
                              <>
                                <Rename team={team} />
                                <Confirm
                                  verb="Delete"
                                  what={team.name}
                                  warning="Its keys go on working, and belong to no team."
                                  run={async () => {
                                    await call("delete", "/api/teams/{team_id}", { path: { team_id: team.id } });
                                    stale(client, "teams");
                                    stale(client, "keys", "platform");
                                  }}
                                />
                              </>
                            )}
                          </Group>
                        </Table.Td>
                      </Table.Tr>
                    ))}
                  </Table.Tbody>
                </Table>
              </Wide>
            )
          }
        </Show>
      </Stack>
    </Panel>
  );
}

function Rename({ team }: { team: Team }) {
  const [opened, { open, close }] = useDisclosure();
  return (
    <>
      <Button size="xs" px="xs" variant="subtle" aria-label={`Rename ${team.name}`} onClick={open}>
        Rename
      </Button>
      <Modal opened={opened} onClose={close} title={`Rename ${team.name}`} closeButtonProps={{ "aria-label": "Close" }} centered>
        <TeamForm team={team} done={close} />
      </Modal>
    </>
  );
}

function TeamForm({ team, done }: { team?: Team; done: () => void }) {
  const client = useQueryClient();
  const [name, setName] = useState(team?.name ?? "");
  const save = useMutation({
    mutationFn: () => {
      const body = { name: name.trim() };
      return team ? call("patch", "/api/teams/{team_id}", { path: { team_id: team.id }, body }) : call("post", "/api/teams", { body });
    },
    onSuccess: () => {
      stale(client, "teams");
      stale(client, "keys", "platform");
      stale(client, "budgets");
      done();
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <form onSubmit={submit} aria-label={team ? `Rename ${team.name}` : "New team"}>
      <Stack gap="sm">
        <TextInput label="Name" required maxLength={200} value={name} error={save.error instanceof ApiError ? save.error.fields["name"] : undefined} onChange={(event) => setName(event.currentTarget.value)} />
        <Refused error={save.error} />
        <Button type="submit" loading={save.isPending} style={{ alignSelf: "flex-start" }}>
          {team ? "Save" : "Make the team"}
        </Button>
      </Stack>
    </form>
  );
}
