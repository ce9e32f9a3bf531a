// What a part of a page shows while it waits, where it failed, and where there is nothing yet.
import { Alert, Button, Card, Group, Skeleton, Stack, type StyleProp, Text, Title } from "@mantine/core";
import { notifyManager, type Query, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useSyncExternalStore } from "react";
import { ApiError } from "../api/client";
import { Icon } from "./Icon";

export function Failed({ error, name, again }: { error: Error; name?: string; again?: () => void }) {
  return (
    <Alert color="red" icon={<Icon name="warning" />} title={name ? `${name}: that did not work` : "That did not work"} role="alert">
      <Stack gap="sm" align="flex-start">
        <Text size="sm">{error.message}</Text>
        {again && (
          <Button size="xs" variant="default" onClick={again}>
            Try again
          </Button>
        )}
      </Stack>
    </Alert>
  );
}

/** Why what somebody asked for was not done. */
export function Refused({ error }: { error: Error | null }) {
  if (!error) return null;
  return (
    <Alert color="red" role="alert">
      {error.message}
    </Alert>
  );
}

/** Where settings that can be changed stand. */
export function InForce({ changed }: { changed: boolean }) {
  return (
    <Text size="sm" c="dimmed" role="status">
      {changed ? "Not saved yet" : "In force on every gateway"}
    </Text>
  );
}

export function Nothing({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <Stack align="center" gap={6} py="xl" ta="center">
      <Text fw={600}>{title}</Text>
      <Text component="div" size="sm" c="dimmed" maw={420}>
        {children}
      </Text>
    </Stack>
  );
}

export interface Asked<T> {
  data: T | undefined;
  error: Error | null;
  refetch: () => unknown;
}

/** Shows an answer; a place of the same height until it comes, and what went wrong where it does not: by name, outside of a panel. */
export function Show<T>({ of, height, name, children }: { of: Asked<T>; height: StyleProp<number>; name?: string; children: (data: T) => ReactNode }) {
  if (of.data !== undefined) return children(of.data);
  if (of.error) return <Failed error={of.error} name={name} again={() => void of.refetch()} />;
  return <Skeleton h={height} aria-label="Loading" role="status" />;
}

/** Says of answers that stay on the page, because newer ones did not come, that they are old. */
export function Outdated() {
  const client = useQueryClient();
  const cache = client.getQueryCache();
  const failed = { type: "active", predicate: ({ state }: Query) => state.status === "error" && state.data !== undefined } as const;
  const old = useSyncExternalStore(
    (changed) => cache.subscribe(notifyManager.batchCalls(changed)), // the cache tells of a query while a page is drawn
    () => cache.findAll(failed).map(({ state }) => (state.error instanceof ApiError && state.error.status === 0 ? "offline" : "old")).sort()[0],
  );
  if (!old) return null;
  return (
    <Alert color="orange" icon={<Icon name="warning" />} title={old === "offline" ? "Offline" : "Not up to date"} role="status" mb="md">
      <Stack gap="sm" align="flex-start">
        <Text size="sm">
          {old === "offline"
            ? "Promptly cannot be reached. What stands here is what was known before; it is asked for anew once there is a connection."
            : "Some of what stands here may be old: asking for it anew did not work."}
        </Text>
        <Button size="xs" variant="default" onClick={() => void client.refetchQueries(failed)}>
          Try again
        </Button>
      </Stack>
    </Alert>
  );
}

/** `full`: as high as what stands beside it. */
export function Panel({ title, aside, full, children }: { title: string; aside?: ReactNode; full?: boolean; children: ReactNode }) {
  return (
    <Card withBorder h={full ? "100%" : undefined} component="section" aria-label={title} padding="md">
      <Group justify="space-between" mb="sm" gap="xs">
        <Title order={2} size="h5" tabIndex={-1}>
          {title}
        </Title>
        {aside}
      </Group>
      {children}
    </Card>
  );
}

export function PageTitle({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <Group justify="space-between" mb="md" gap="sm">
      <Title order={1} size="h3">
        {title}
      </Title>
      {children}
    </Group>
  );
}

/** For a badge that may have much to say: it takes more lines, where others are cut. */
export const WRAPPING = { h: "auto", mih: "var(--badge-height)", py: 1, radius: "md", styles: { label: { whiteSpace: "normal" } } } as const;

/** A table that is wider than a phone: it scrolls by itself, with the keyboard too, and shows that it does. One with many rows takes no more than a height. */
export function Wide({ label, width, height, children }: { label: string; width: number; height?: number; children: ReactNode }) {
  return (
    <div role="group" aria-label={label} tabIndex={0} className="wide" style={{ maxHeight: height }}>
      <div style={{ minWidth: width, whiteSpace: "nowrap" }}>{children}</div>
    </div>
  );
}
