import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useMutation } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { heading, nowhere } from "./focus";
import { Refused } from "./states";

/** A button for what cannot be undone: it asks first, and says what went wrong. */
export function Confirm({ verb, what, warning, run }: { verb: string; what: string; warning: string; run: () => Promise<unknown> }) {
  const [open, { open: show, close }] = useDisclosure();
  const opener = useRef<HTMLButtonElement>(null);
  const left = useRef<HTMLElement>(null);
  const task = useMutation({
    mutationFn: run,
    onSuccess: () => {
      left.current = heading(opener.current);
      close();
    },
  });
  const ask = (): void => {
    task.reset(); // what went wrong the last time is over
    show();
  };
  // What is deleted takes this button along.
  useEffect(
    () => () => {
      if (nowhere()) left.current?.focus();
    },
    [],
  );
  return (
    <>
      <Button ref={opener} size="xs" px="xs" variant="subtle" color="red" aria-label={`${verb} ${what}`} onClick={ask}>
        {verb}
      </Button>
      <Modal opened={open} onClose={close} title={`${verb} ${what}?`} closeButtonProps={{ "aria-label": "Close" }} centered>
        <Stack>
          <Text size="sm">{warning}</Text>
          <Refused error={task.error} />
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              Keep it
            </Button>
            <Button color="red" loading={task.isPending} onClick={() => task.mutate()}>
              {verb}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}
