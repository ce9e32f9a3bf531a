import { Button, Group, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { call } from "../api/client";
import { milliseconds } from "./format";

/** Has a gateway call the provider once. */
export function TestKey({ id, name }: { id: string; name: string }) {
  const test = useMutation({
    mutationFn: () => call("post", "/api/keys/providers/{key_id}/test", { path: { key_id: id } }),
  });
  return (
    <Group gap="xs" wrap="nowrap">
      <Button size="xs" variant="default" loading={test.isPending} aria-label={`Test ${name}`} onClick={() => test.mutate()}>
        Test
      </Button>
      <Text size="sm" role="status" maw={360} style={{ whiteSpace: "normal" }} c={test.isError || test.data?.ok === false ? "red" : "dimmed"}>
        {test.isError && test.error.message}
        {test.data && (test.data.ok ? `Works (${milliseconds(test.data.latency_ms)})` : test.data.detail)}
      </Text>
    </Group>
  );
}
