import { Button, Group, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import { call, type Schema } from "../api/client";
import { stale, takenBack } from "../api/queries";
import { useMay } from "../app/who";
import { count } from "./format";

function told({ evicted, blocked_pairs: pairs }: Schema["WrongAnswerRemoved"]): string {
  const apart = `${count(pairs)} ${pairs === 1 ? "pair" : "pairs"} of questions kept apart`;
  return evicted ? `Taken back; ${apart}.` : `It was gone already; ${apart}.`;
}

/** Takes an answer back that the cache gave to another question. What became of it is said wherever that answer is shown. */
export function WrongAnswer({ entry, verb, name }: { entry: string; verb: string; name?: string }) {
  const client = useQueryClient();
  const may = useMay("judge_cache");
  const words = useRef<HTMLParagraphElement>(null);
  const { data: taken } = useQuery(takenBack(entry));
  const judge = useMutation({
    mutationFn: () => call("post", "/api/optimization/cache/feedback", { body: { entry_id: entry, wrong: true } }),
    onSuccess: (said) => {
      client.setQueryData(takenBack(entry).queryKey, said);
      stale(client, "cache", "stats");
      words.current?.focus(); // the button goes, and the keyboard's place is here
    },
  });
  if (!may) return null;
  return (
    <Group gap="xs" wrap="nowrap">
      {!taken && (
        <Button size="xs" variant="default" miw="max-content" loading={judge.isPending} aria-label={name && `${verb}: ${name}`} onClick={() => judge.mutate()}>
          {verb}
        </Button>
      )}
      <Text ref={words} tabIndex={-1} size="sm" role="status" maw={340} style={{ whiteSpace: "normal" }} c={judge.isError ? "red" : "dimmed"}>
        {taken ? told(taken) : judge.error?.message}
      </Text>
    </Group>
  );
}
