// Keys that lead through the dashboard: g and a letter goes to a page, / to the search, ? shows this list (Palette.tsx has Ctrl+K).
import { Kbd, Modal, Table } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useEffect } from "react";
import { APPLE } from "./Palette";
import { PAGES } from "./pages";
import { go } from "./router";

const BY_KEY = new Map(PAGES.flatMap((page) => (page.key ? [[page.key, page] as const] : [])));
const PATIENCE = 1500; // ms between the two keys
const SEARCH = "[role=search] input";

/** Whether a key is meant for what has the focus, or for what lies above the page. */
function taken(event: KeyboardEvent): boolean {
  const at = event.target;
  const typing = at instanceof HTMLElement && (at.isContentEditable || at.matches("input, textarea, select"));
  return typing || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || document.querySelector("[role=dialog]") !== null;
}

/** Puts the focus into the search, which may be on a page that is not here yet, or here and not shown: then it takes no focus. */
function search(): void {
  const focused = (): boolean => {
    const field = document.querySelector<HTMLElement>(SEARCH);
    field?.focus();
    return field !== null && document.activeElement === field;
  };
  if (focused()) return;
  if (!document.querySelector(SEARCH)) go("/requests");
  const watch = new MutationObserver(() => focused() && end());
  // Whoever goes on with something else wants the focus there.
  const end = (): void => {
    watch.disconnect();
    for (const kind of ["keydown", "pointerdown", "popstate"]) window.removeEventListener(kind, end, true);
  };
  watch.observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ["style"] });
  for (const kind of ["keydown", "pointerdown", "popstate"]) window.addEventListener(kind, end, true);
}

export function Shortcuts() {
  const [opened, { open, close }] = useDisclosure();
  useEffect(() => {
    let since = -Infinity; // when g was pressed
    const press = (event: KeyboardEvent): void => {
      if (taken(event)) return;
      const page = event.timeStamp - since < PATIENCE ? BY_KEY.get(event.key) : undefined;
      since = event.key === "g" ? event.timeStamp : -Infinity;
      if (!page && event.key !== "/" && event.key !== "?") return;
      event.preventDefault();
      if (page) go(`/${page.section}`);
      else if (event.key === "/") search();
      else open();
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, [open]);
  return (
    <Modal opened={opened} onClose={close} title="Shortcuts" closeButtonProps={{ "aria-label": "Close" }} centered>
      <Table>
        <Table.Tbody>
          {[...BY_KEY].map(([key, { label }]) => (
            <Row key={key} keys={["g", key]} what={label} />
          ))}
          <Row keys={[APPLE ? "⌘" : "Ctrl", "K"]} what="Search, or go to a page" />
          <Row keys={["/"]} what="Find a request by its id" />
          <Row keys={["?"]} what="This list" />
        </Table.Tbody>
      </Table>
    </Modal>
  );
}

function Row({ keys, what }: { keys: string[]; what: string }) {
  return (
    <Table.Tr>
      <Table.Td>
        {keys.map((key) => (
          <Kbd key={key} mr={4}>
            {key}
          </Kbd>
        ))}
      </Table.Td>
      <Table.Td>{what}</Table.Td>
    </Table.Tr>
  );
}
