// Ctrl+K or ⌘K: every page, what can be done from anywhere, and what typed text names in the request log.
import { Button, Combobox, Group, Kbd, Modal, Text, TextInput, UnstyledButton, useCombobox } from "@mantine/core";
import { useDisclosure, useHotkeys } from "@mantine/hooks";
import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import { namedInRequests } from "../pages/requests/named";
import { Icon, type IconName } from "../ui/Icon";
import { signOut, useOtherScheme } from "./account";
import { useOtherDensity } from "./density";
import { useMenu } from "./pages";
import { go } from "./router";

const LABEL = "Search or go to";
const LONGEST = 200; // characters that the API takes of a filter
const GROUPS = ["Pages", "Actions", "Requests"] as const;
export const APPLE = /Mac|iPhone|iPad/.test(navigator.platform);

interface Command {
  group: (typeof GROUPS)[number];
  label: string;
  icon: IconName;
  run: () => void;
}

export function Palette() {
  const [opened, { open, close }] = useDisclosure();
  const toggle = (): void => {
    if (opened) close();
    else if (document.querySelector("[role=dialog]") === null) open(); // what was asked there is answered first
  };
  useHotkeys([["mod+K", toggle]], [], true);
  return (
    <>
      <Button variant="default" c="dimmed" size="xs" onClick={open} aria-haspopup="dialog" leftSection={<Icon name="search" size={14} />} visibleFrom="sm" rightSection={<Kbd size="xs">{APPLE ? "⌘ K" : "Ctrl K"}</Kbd>}>
        {LABEL} …
      </Button>
      <UnstyledButton onClick={open} aria-label={LABEL} aria-haspopup="dialog" hiddenFrom="sm" p={8} c="dimmed" display="flex">
        <Icon name="search" />
      </UnstyledButton>
      <Modal.Root opened={opened} onClose={close} size="lg" yOffset="10vh" padding="xs" transitionProps={{ duration: 0 }}>
        <Modal.Overlay />
        <Modal.Content aria-label={LABEL}>
          <Modal.Body>
            <Search close={close} />
          </Modal.Body>
        </Modal.Content>
      </Modal.Root>
    </>
  );
}

function Search({ close }: { close: () => void }) {
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const store = useCombobox();
  const list = useId();
  const chosen = useRef<HTMLDivElement>(null);
  const commands = useCommands(text);
  useEffect(() => {
    chosen.current?.scrollIntoView({ block: "nearest" }); // answers with a promise in some browsers
  }, [at, text]);
  const run = (command: Command | undefined): void => {
    if (!command) return;
    close();
    command.run();
  };
  const press = (event: KeyboardEvent): void => {
    if (event.nativeEvent.isComposing || commands.length === 0) return;
    const to = { ArrowDown: at + 1, ArrowUp: at - 1 }[event.key];
    if (to === undefined && event.key !== "Enter") return;
    event.preventDefault();
    if (to === undefined) run(commands[at]);
    else setAt((to + commands.length) % commands.length);
  };
  return (
    <Combobox store={store} onOptionSubmit={(label) => run(commands.find((one) => one.label === label))}>
      <TextInput
        data-autofocus
        role="combobox"
        aria-label={LABEL}
        aria-expanded
        aria-haspopup="listbox"
        aria-controls={list}
        aria-autocomplete="list"
        aria-activedescendant={commands.length > 0 ? `${list}-${at}` : undefined}
        autoComplete="off"
        placeholder="Page, action, req_…, model, user, tag=value"
        leftSection={<Icon name="search" />}
        maxLength={LONGEST}
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value);
          setAt(0);
        }}
        onKeyDown={press}
      />
      <Combobox.Options id={list} aria-label={LABEL} mah="60vh" mt="xs" style={{ overflowY: "auto" }}>
        {GROUPS.filter((group) => commands.some((one) => one.group === group)).map((group) => (
          <Combobox.Group key={group} label={group}>
            {commands.map(
              (one, index) =>
                one.group === group && (
                  <Combobox.Option key={one.label} ref={index === at ? chosen : undefined} id={`${list}-${index}`} value={one.label} selected={index === at} aria-selected={index === at}>
                    <Group gap="sm" wrap="nowrap">
                      <Icon name={one.icon} />
                      <Text size="sm" style={{ overflowWrap: "anywhere" }}>
                        {one.label}
                      </Text>
                    </Group>
                  </Combobox.Option>
                ),
            )}
          </Combobox.Group>
        ))}
      </Combobox.Options>
    </Combobox>
  );
}

/** What fits the text, in the order in which it is shown. */
function useCommands(text: string): Command[] {
  const { other, use } = useOtherScheme();
  const density = useOtherDensity();
  const reference = (path: string) => () => void window.open(path, "_blank", "noopener");
  const pages = useMenu().map(({ section, label, icon }): Command => ({ group: "Pages", label, icon, run: () => go(`/${section}`) }));
  const actions: Command[] = [
    { group: "Actions", label: `Use ${other} colours`, icon: other === "light" ? "sun" : "moon", run: use },
    { group: "Actions", label: `Use ${density.other} tables`, icon: "list", run: density.use },
    { group: "Actions", label: "API reference (in a new tab)", icon: "book", run: reference("/docs") },
    { group: "Actions", label: "Control plane API reference (in a new tab)", icon: "book", run: reference("/docs/control-plane") },
    { group: "Actions", label: "Sign out", icon: "person", run: () => void signOut() },
  ];
  const wanted = text.trim().toLowerCase();
  const requests = namedInRequests(text).map(({ label, path }): Command => ({ group: "Requests", label, icon: "list", run: () => go(path) }));
  return [...[...pages, ...actions].filter(({ label }) => label.toLowerCase().includes(wanted)), ...requests];
}
