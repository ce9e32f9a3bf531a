// Tables whose rows are put in order by a click on a column's head.
import { Table, UnstyledButton } from "@mantine/core";
import { type ReactNode, useState } from "react";

type Value = string | number | null;

interface Head {
  direction: "ascending" | "descending" | undefined;
  sort: () => void;
}

/** The rows in the order of a column: figures largest first, names from a; the same column again turns it round. Nothing known comes last. */
export function useSort<Row, Name extends string>(rows: readonly Row[], columns: Record<Name, (row: Row) => Value>, first: NoInfer<Name>): { sorted: Row[]; head: (name: Name) => Head } {
  const [by, setBy] = useState<{ name: Name; turned: boolean }>({ name: first, turned: false });
  const read = columns[by.name];
  const sorted = [...rows].sort((one, other) => compare(read(one), read(other), by.turned));
  const names = rows.some((row) => typeof read(row) === "string");
  return {
    sorted,
    head: (name) => ({
      direction: by.name !== name ? undefined : names === by.turned ? "descending" : "ascending",
      sort: () => setBy({ name, turned: by.name === name && !by.turned }),
    }),
  };
}

function compare(one: Value, other: Value, turned: boolean): number {
  if (one === null || other === null) return Number(one === null) - Number(other === null);
  const order = typeof one === "string" ? one.localeCompare(String(other)) : Number(other) - one;
  return turned ? -order : order;
}

/** The head of a column: a button that says in which order the rows are. */
export function SortHead({ children, right, direction, sort }: Head & { children: ReactNode; right?: boolean }) {
  return (
    <Table.Th ta={right ? "right" : undefined} aria-sort={direction}>
      <UnstyledButton fz="inherit" fw="inherit" onClick={sort} className="sort">
        {children}
        <span aria-hidden="true">{direction === "ascending" ? " ↑" : direction === "descending" ? " ↓" : ""}</span>
      </UnstyledButton>
    </Table.Th>
  );
}
