// The receipt's form: what was asked for, what each lever took off, what was paid.
import { Alert, Stack, Table, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { Link } from "../app/router";
import { count, exactMoney, lever } from "./format";
import { type Sum, sumsUp } from "./receipt";

interface Props {
  sum: Sum;
  asked: string;
  paid: ReactNode;
  /** Stands below sums that add up. */
  note?: ReactNode;
  /** What to tell us where they do not; without it nothing is said. */
  report?: string;
  /** Where a lever's line leads. */
  to?: (lever: string) => string;
}

export function Ledger({ sum, asked, paid, note, report, to }: Props) {
  return (
    <Stack gap="xs">
      <Table className="figures" data-testid="receipt">
        <Table.Tbody>
          <Table.Tr>
            <Table.Td>{asked}</Table.Td>
            <Table.Td ta="right" ff="monospace" className="whole">
              {exactMoney(sum.baseline_cost_usd)}
            </Table.Td>
          </Table.Tr>
          {sum.lines.map((line) => (
            <Table.Tr key={line.lever}>
              <Table.Td>
                {to ? <Link to={to(line.lever)}>{lever(line.lever)}</Link> : lever(line.lever)}
                {line.tokens_saved !== 0 && (
                  <Text span size="xs" c="dimmed">
                    {" "}
                    {count(line.tokens_saved)} {line.tokens_saved === 1 ? "token" : "tokens"}
                  </Text>
                )}
              </Table.Td>
              <Table.Td ta="right" ff="monospace" className="whole">
                {exactMoney(line.savings_usd === null ? null : -line.savings_usd)}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
        <Table.Tfoot>
          <Table.Tr>
            <Table.Th>{paid}</Table.Th>
            <Table.Th ta="right" ff="monospace" className="whole">
              {exactMoney(sum.cost_usd)}
            </Table.Th>
          </Table.Tr>
        </Table.Tfoot>
      </Table>
      {sumsUp(sum) ? (
        <Text size="xs" c="dimmed">
          The lines add up to the last digit. {note}
        </Text>
      ) : (
        report && <Alert color="orange">These lines do not add up. {report}</Alert>
      )}
    </Stack>
  );
}
