import { Button, Collapse, Group, Progress, Stack, Table, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { call, type Schema } from "../api/client";
import { budgets, stale } from "../api/queries";
import { useMay } from "../app/who";
import { Confirm } from "../ui/Confirm";
import { money, moment } from "../ui/format";
import { Nothing, PageTitle, Panel, Show, Wide } from "../ui/states";
import { useOpener } from "../ui/useOpener";
import { BudgetForm, EditBudget } from "./budgets/BudgetForm";
import { Teams } from "./budgets/Teams";
import { about, EXCEEDS, shareOf } from "./budgets/words";

type Budget = Schema["Budget"];

export default function Budgets() {
  return (
    <>
      <PageTitle title="Budgets" />
      <Stack>
        <All />
        <Teams />
      </Stack>
    </>
  );
}

function All() {
  const found = useQuery(budgets());
  const may = useMay("manage_settings");
  const { open, button, done } = useOpener("New budget");
  return (
    <Panel title="Budgets" aside={may && button}>
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          What keys, teams, users and tags may spend in a day or a month (UTC), and what becomes of a request for which there is no room. A key&apos;s own budget stands on Keys.
        </Text>
        <Collapse expanded={open}>
          <BudgetForm done={done} />
        </Collapse>
        <Show of={found} height={140}>
          {({ budgets: all }) =>
            all.length === 0 ? (
              <Nothing title="No budgets yet">{may ? "Write one for each user, say, so that none of them spends what is meant for all." : "An admin writes them."}</Nothing>
            ) : (
              <Wide label="Budgets, table" width={820}>
                <Table verticalSpacing={6}>
                  <Table.Thead>
                    <Table.Tr>
                      <Table.Th>Name</Table.Th>
                      <Table.Th>Limit</Table.Th>
                      <Table.Th>Without room</Table.Th>
                      <Table.Th>Spent</Table.Th>
                      {may && <Table.Th aria-label="Actions" />}
                    </Table.Tr>
                  </Table.Thead>
                  <Table.Tbody>
                    {all.map((budget) => (
                      <Row key={budget.id} budget={budget} />
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

function Row({ budget }: { budget: Budget }) {
  const client = useQueryClient();
  const may = useMay("manage_settings");
  return (
    <Table.Tr style={{ verticalAlign: "top" }}>
      <Table.Td className="name">
        <Text size="sm">{budget.name}</Text>
        <Text size="xs" c="dimmed">
          {about(budget)}
        </Text>
      </Table.Td>
      <Table.Td className="figures">
        <Text size="sm">
          {money(budget.limit_usd)} a {budget.period}
        </Text>
        <Text size="xs" c="dimmed">
          anew {moment(budget.period_end)}
        </Text>
      </Table.Td>
      <Table.Td>{EXCEEDS.find((one) => one.value === budget.on_exceed)?.short}</Table.Td>
      <Table.Td className="figures" miw={220}>
        <Spent budget={budget} />
      </Table.Td>
      {may && (
        <Table.Td>
          <Group gap={4} wrap="nowrap" justify="flex-end">
            <EditBudget budget={budget} />
            <Confirm
              verb="Delete"
              what={budget.name}
              warning="Requests are no longer held to this budget."
              run={async () => {
                await call("delete", "/api/budgets/{budget_id}", { path: { budget_id: budget.id } });
                stale(client, "budgets");
              }}
            />
          </Group>
        </Table.Td>
      )}
    </Table.Tr>
  );
}

const FEW = 3; // values that are shown unasked

function Spent({ budget }: { budget: Budget }) {
  const [every, setEvery] = useState(false);
  if (budget.spent_usd !== null) return <Line spent={budget.spent_usd} left={budget.remaining_usd} limit={budget.limit_usd} name={budget.name} />;
  if (budget.value !== null) return <Text size="sm">not known now</Text>;
  if (budget.values.length === 0) return <Text size="sm">nothing is known to be spent</Text>;
  return (
    <Stack gap={6}>
      {(every ? budget.values : budget.values.slice(0, FEW)).map((one) => (
        <Line key={one.value} spent={one.spent_usd} left={one.remaining_usd} limit={budget.limit_usd} name={one.name ?? one.value} shown />
      ))}
      {budget.values.length > FEW && (
        <Button size="compact-xs" variant="subtle" style={{ alignSelf: "flex-start" }} aria-expanded={every} aria-label={`${every ? "Fewer" : "More"} values of ${budget.name}`} onClick={() => setEvery(!every)}>
          {every ? "Fewer" : `${budget.values.length - FEW} more`}
        </Button>
      )}
    </Stack>
  );
}

function Line({ spent, left, limit, name, shown = false }: { spent: number; left: number | null; limit: number; name: string; shown?: boolean }) {
  const over = left !== null && left <= 0;
  return (
    <div>
      {shown && (
        <Text size="xs" style={{ overflowWrap: "anywhere" }}>
          {name}
        </Text>
      )}
      <Progress size="sm" value={shareOf(spent, limit)} color={over ? "red" : undefined} aria-label={`Spent of ${name}`} />
      <Text size="xs" c="dimmed">
        {money(spent)} spent, {over && left < 0 ? `${money(-left)} over` : `${money(left)} left`}
      </Text>
    </div>
  );
}
