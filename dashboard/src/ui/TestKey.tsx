import { Button, Group, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { keyTest } from "../api/queries";
import { milliseconds } from "./format";

/** Has a gateway call the provider once: when asked to, or `byItself`. */
export function TestKey({ id, name, byItself = false }: { id: string; name: string; byItself?: boolean }) {
  const test = useQuery({ ...keyTest(id), enabled: byItself });
  return (
    <Group gap="xs" wrap="nowrap">
      <Button size="xs" variant="default" loading={test.isFetching} aria-label={`Test ${name}`} onClick={() => void test.refetch()}>
        Test
      </Button>
      <Text size="sm" role="status" maw={360} style={{ whiteSpace: "normal" }} c={test.isError || test.data?.ok === false ? "red" : "dimmed"}>
        {!test.isFetching && test.isError && test.error.message}
        {!test.isFetching && test.data && (test.data.ok ? `Works (${milliseconds(test.data.latency_ms)})` : test.data.detail)}
      </Text>
    </Group>
  );
}
