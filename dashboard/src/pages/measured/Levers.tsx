import { Badge, Button, Group, NativeSelect, Stack, Table, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { call, type Schema } from "../../api/client";
import { holdout, settle, stale } from "../../api/queries";
import { useMay } from "../../app/who";
import { count, DASH, lever, percent } from "../../ui/format";
import { Refused, Wide } from "../../ui/states";
import { between } from "./Quality";

type Arms = Schema["Holdout"]["levers"];
type Lever = Schema["LeverEffect"]["lever"];
const ALL: Lever[] = ["routing", "caching", "cache_discount", "pruning", "compression", "redundancy", "whitespace", "effort", "tools", "images", "deferral"];
const HALF = 0.5;

/** What each lever with an arm of its own has saved, and which have one. */
export function Levers({ arms, effects }: { arms: Arms; effects: Schema["LeverEffect"][] }) {
  const may = useMay("manage_settings");
  return (
    <Stack gap="sm">
      <Text size="sm" c="dimmed">
        A lever with an arm of its own is off in half of the conversations, by lots of its own: what it does shows whatever the others do. A lever that is off in the settings has no arm.
      </Text>
      {effects.length > 0 && (
        <Wide label="Levers, table" width={640}>
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Lever</Table.Th>
                <Table.Th ta="right">Measured</Table.Th>
                <Table.Th ta="right">Between</Table.Th>
                <Table.Th ta="right">With / without it</Table.Th>
                <Table.Th aria-label="Verdict" />
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody className="figures">
              {effects.map((one) => (
                <Table.Tr key={one.lever}>
                  <Table.Td>{lever(one.lever)}</Table.Td>
                  <Table.Td ta="right">{one.measured ? percent(one.measured.value) : DASH}</Table.Td>
                  <Table.Td ta="right">{one.measured ? between(one.measured, percent) : "not enough yet"}</Table.Td>
                  <Table.Td ta="right">
                    {count(one.conversations_on)} / {count(one.conversations_off)}
                  </Table.Td>
                  <Table.Td>
                    {one.reask?.harmful && (
                      <Badge color="red" variant="light" miw="max-content">
                        asked again more often
                      </Badge>
                    )}
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Wide>
      )}
      {may ? <Change arms={arms} /> : <Text size="sm">{Object.keys(arms).length > 0 ? `Arms: ${Object.keys(arms).map(lever).join(", ")}.` : "No lever has an arm of its own."}</Text>}
    </Stack>
  );
}

function Change({ arms }: { arms: Arms }) {
  const client = useQueryClient();
  const rest = ALL.filter((one) => !(one in arms));
  const [wanted, setWanted] = useState<Lever | "">("");
  const save = useMutation({
    mutationFn: (levers: Arms) => call("put", "/api/experiments/holdout", { body: { levers, unit: "conversation" } }),
    onSuccess: async (now) => {
      await settle(client, holdout().queryKey, now);
      setWanted("");
      stale(client, "holdout");
      stale(client, "settings");
      stale(client, "audit");
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (wanted) save.mutate({ ...arms, [wanted]: HALF });
  };
  const without = (name: string): Arms => Object.fromEntries(Object.entries(arms).filter(([one]) => one !== name));
  return (
    <form onSubmit={submit} aria-label="Arms of levers">
      <Stack gap="xs">
        {Object.entries(arms).map(([name, share]) => (
          <Group key={name} gap="sm">
            <Text size="sm">
              {lever(name)}: off in {percent(share)} of the conversations
            </Text>
            <Button size="xs" variant="subtle" color="gray" aria-label={`End the arm of ${lever(name)}`} onClick={() => save.mutate(without(name))}>
              End it
            </Button>
          </Group>
        ))}
        <Group align="flex-end" gap="sm">
          <NativeSelect label="Another lever" w={240} data={[{ value: "", label: "Choose a lever" }, ...rest.map((one) => ({ value: one, label: lever(one) }))]} value={wanted} onChange={(event) => setWanted(ALL.find((one) => one === event.currentTarget.value) ?? "")} />
          <Button type="submit" variant="default" loading={save.isPending} disabled={!wanted}>
            Give it an arm of its own
          </Button>
        </Group>
        <Refused error={save.error} />
      </Stack>
    </form>
  );
}
