import { Table } from "@mantine/core";
import type { ReactNode } from "react";

/** Names and values, one a line; a name without a value has none. */
export function Facts({ rows }: { rows: [string, ReactNode][] }) {
  return (
    <Table className="figures" layout="fixed">
      <Table.Tbody>
        {rows.filter(([, value]) => value !== null && value !== undefined && value !== false && value !== "").map(([name, value]) => (
          <Table.Tr key={name}>
            <Table.Th w="38%" fw={500}>
              {name}
            </Table.Th>
            <Table.Td style={{ overflowWrap: "anywhere" }}>{value}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
