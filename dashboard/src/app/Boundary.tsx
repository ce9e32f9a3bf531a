// What throws takes no more with it than itself. Mostly it is a file that cannot be fetched: it went with an update while the page
// stood open, or there is no connection.
import { Component, type ReactNode } from "react";
import { Failed } from "../ui/states";

const UPDATED = new Error("This cannot be shown. Promptly may have been updated meanwhile: trying again loads the page anew.");
const OFFLINE = new Error("Promptly cannot be reached, so this part of the page cannot be fetched. Check the connection, then try again.");

/** Whether the server answers at all; which file is asked for does not matter. */
async function reached(): Promise<boolean> {
  return fetch("/icon.svg", { method: "HEAD", cache: "no-store" }).then(
    () => true,
    () => false,
  );
}

export class Boundary extends Component<{ children: ReactNode }, { failed: boolean; offline: boolean }> {
  override state = { failed: false, offline: false };

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true };
  }

  override componentDidCatch(): void {
    void reached().then((online) => this.setState({ offline: !online }));
  }

  override render(): ReactNode {
    const { failed, offline } = this.state;
    // The browser's own page for no connection would take this one's place.
    const again = (): void => void reached().then((online) => (online ? window.location.reload() : this.setState({ offline: true })));
    return failed ? <Failed error={offline ? OFFLINE : UPDATED} again={again} /> : this.props.children;
  }
}
