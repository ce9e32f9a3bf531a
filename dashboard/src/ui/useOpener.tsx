// The button that opens a form on its page, and closes it again.
import { Button } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { type ReactNode, useRef } from "react";

/** Whether the form is open, its button, and what ends it: the focus goes back to where the form was asked for. */
export function useOpener(verb: string): { open: boolean; button: ReactNode; done: () => void } {
  const [open, { toggle, close }] = useDisclosure();
  const opener = useRef<HTMLButtonElement>(null);
  const button = (
    <Button ref={opener} size="xs" variant={open ? "default" : "filled"} aria-expanded={open} onClick={toggle}>
      {open ? "Close" : verb}
    </Button>
  );
  const done = (): void => {
    close();
    opener.current?.focus();
  };
  return { open, button, done };
}
