import { Card, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { Link } from "../app/router";

const LONG = 10; // $9,999,999.99 on a phone, where two of them share a line

/** One number that is worth a card; `to` is the page that says what it is made of. */
export function Figure({ label, value, color, to, children }: { label: string; value: string; color?: string; to?: string; children: ReactNode }) {
  return (
    <Card withBorder padding="md" component="section" aria-label={label}>
      {to ? (
        <Link to={to}>{label}</Link>
      ) : (
        <Text size="sm" c="dimmed">
          {label}
        </Text>
      )}
      <Text fz={value.length > LONG ? { base: 15, xs: 20 } : { base: 21, xs: 26 }} fw={650} lh={1.3} c={color && `light-dark(var(--mantine-color-${color}-9), var(--mantine-color-${color}-4))`} className="figures">
        {value}
      </Text>
      <Text size="xs" c="dimmed">
        {children}
      </Text>
    </Card>
  );
}
