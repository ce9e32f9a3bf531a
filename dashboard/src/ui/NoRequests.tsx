import { Link } from "../app/router";
import { Nothing } from "./states";

/** In place of a chart that has nothing to draw: what there may be to do about it. */
export function NoRequests() {
  return (
    <Nothing title="No requests in this period">
      Choose another one, or <Link to="/start">get started</Link>: the page shows how a first request is sent, and watches it arrive.
    </Nothing>
  );
}
