import { Badge, Stack, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { Schema } from "../../api/client";
import { alertEvents } from "../../api/queries";
import { ago, moment, money } from "../../ui/format";
import { Nothing, Panel, Show, Wide } from "../../ui/states";
import { Told } from "./Told";
import { amount } from "./words";

const MOST = 100; // what is asked for

export function History({ now }: { now: number }) {
  const found = useQuery(alertEvents());
  return (
    <Panel title="History">
      <Show of={found} height={200}>
        {({ events }) =>
          events.length === 0 ? (
            <Nothing title="Nothing has fired yet">When a rule&apos;s threshold is crossed, and when all is well again, it is written down here. A rule&apos;s test shows whether its channels work.</Nothing>
          ) : (
            <Stack gap="xs">
              <Wide label="History, table" width={920}>
                <Table verticalSpacing={6}>
                  <Table.Thead>
                    <Table.Tr>
                      <Table.Th>Time</Table.Th>
                      <Table.Th>What happened</Table.Th>
                      <Table.Th ta="right">Value</Table.Th>
                      <Table.Th ta="right">Threshold</Table.Th>
                      <Table.Th>Notifications</Table.Th>
                    </Table.Tr>
                  </Table.Thead>
                  <Table.Tbody className="figures">
                    {events.map((event) => (
                      <Row key={event.id} event={event} now={now} />
                    ))}
                  </Table.Tbody>
                </Table>
              </Wide>
              {events.length === MOST && (
                <Text size="xs" c="dimmed">
                  The newest {MOST}; there may be older ones.
                </Text>
              )}
            </Stack>
          )
        }
      </Show>
    </Panel>
  );
}

function Row({ event, now }: { event: Schema["AlertEvent"]; now: number }) {
  const fired = event.kind === "fired";
  return (
    <Table.Tr style={{ verticalAlign: "top" }}>
      <Table.Td>
        {ago(event.time, now)}
        <Text size="xs" c="dimmed">
          {moment(event.time)}
        </Text>
      </Table.Td>
      <Table.Td maw={360} style={{ whiteSpace: "normal" }}>
        <Badge variant="light" color={fired ? "red" : "teal"} mr={6}>
          {fired ? "Fired" : "Recovered"}
        </Badge>
        <Text span size="sm" fw={600} style={{ overflowWrap: "anywhere" }}>
          {event.rule_name}
        </Text>
        {event.message && (
          <Text size="sm" c="dimmed">
            {event.message}
          </Text>
        )}
      </Table.Td>
      <Table.Td ta="right">
        {amount(event.metric, event.value)}
        {event.forecast !== null && (
          <Text size="xs" c="dimmed">
            on pace for {money(event.forecast)}
          </Text>
        )}
      </Table.Td>
      <Table.Td ta="right">{amount(event.metric, event.threshold)}</Table.Td>
      <Table.Td>
        <Told notifications={event.notifications} />
      </Table.Td>
    </Table.Tr>
  );
}
