// What throws takes no more with it than itself. Mostly it is a file that went with an update while the page stood open.
import { Component, type ReactNode } from "react";
import { Failed } from "../ui/states";

const SAID = new Error("This cannot be shown. Promptly may have been updated meanwhile: trying again loads the page anew.");

export class Boundary extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true };
  }

  override render(): ReactNode {
    return this.state.failed ? <Failed error={SAID} again={() => window.location.reload()} /> : this.props.children;
  }
}
