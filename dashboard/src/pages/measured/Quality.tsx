import { Badge, Table, Text } from "@mantine/core";
import type { Schema } from "../../api/client";
import { percent } from "../../ui/format";
import { Wide } from "../../ui/states";

type Row = Schema["QualityDifference"];
type Interval = Schema["MeasuredInterval"];

const NAMES: Record<Row["name"], { label: string; mean?: boolean }> = {
  reask: { label: "Asked again in the same words" },
  bad_feedback: { label: "Bad feedback" },
  error: { label: "With an error" },
  cancelled_stream: { label: "Cancelled while the answer came" },
  turns: { label: "Turns", mean: true },
  output_tokens: { label: "Output tokens", mean: true },
};

function plain(value: number): string {
  return new Intl.NumberFormat("en-US", { minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(value).replace("-", "−");
}

function points(value: number): string {
  return plain(value * 100);
}

/** The ends of an always-valid interval. */
export function between(interval: Interval, write: (value: number) => string): string {
  return `${write(interval.always_valid_low)} and ${write(interval.always_valid_high)}`.replaceAll("-", "−");
}

/** What conversations with levers had more or less of than those without. */
export function Quality({ rows }: { rows: Row[] }) {
  return (
    <>
      <Wide label="Quality, table" width={640}>
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Of the conversations</Table.Th>
              <Table.Th ta="right">With levers</Table.Th>
              <Table.Th ta="right">Without</Table.Th>
              <Table.Th ta="right">Difference</Table.Th>
              <Table.Th ta="right">Between</Table.Th>
              <Table.Th aria-label="Verdict" />
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody className="figures">
            {rows.map((row) => {
              const { label, mean } = NAMES[row.name];
              const [write, differ, unit] = mean ? [plain, plain, ""] : [percent, points, " points"];
              return (
                <Table.Tr key={row.name}>
                  <Table.Td style={{ whiteSpace: "normal" }}>
                    {label}
                    {mean && (
                      <Text span size="xs" c="dimmed">
                        {" "}
                        on average
                      </Text>
                    )}
                  </Table.Td>
                  <Table.Td ta="right">{write(row.treated)}</Table.Td>
                  <Table.Td ta="right">{write(row.control)}</Table.Td>
                  <Table.Td ta="right">
                    {row.difference.value > 0 ? "+" : ""}
                    {differ(row.difference.value)}
                    {unit}
                  </Table.Td>
                  <Table.Td ta="right">{between(row.difference, differ)}</Table.Td>
                  <Table.Td>
                    {row.harmful && (
                      <Badge color="red" variant="light" miw="max-content">
                        worse
                      </Badge>
                    )}
                  </Table.Td>
                </Table.Tr>
              );
            })}
          </Table.Tbody>
        </Table>
      </Wide>
      <Text size="xs" c="dimmed" mt="xs">
        The intervals hold at 95 % however often somebody looks. Only asking again leads to anything by itself: where it is worse by more than its
        margin, the guard switches a lever off.
      </Text>
    </>
  );
}
