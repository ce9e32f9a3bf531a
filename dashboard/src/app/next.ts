// The page that was asked for, while somebody signs in elsewhere. It is no secret, and gone once it was used.
const NAME = "promptly-next";

// Maps, here and where else an address is looked up: an object knows "constructor", too.
export const OUTSIDE = new Map(Object.entries({
  login: "Sign in",
  register: "Register",
  forgot: "Forgotten password",
  deleted: "Deleted",
  auth: "Sign in",
}));

/** A page of the dashboard's own; the overview in place of whatever leads to another site, or to no page at all. */
export function ownPage(text: string | null): string {
  const origin = window.location.origin;
  if (!text?.startsWith("/") || !URL.canParse(text, origin)) return "/";
  const url = new URL(text, origin);
  const [section = ""] = url.pathname.slice(1).split("/");
  const strange = url.origin !== origin || url.pathname.startsWith("//") || OUTSIDE.has(section) || section === "api";
  return strange ? "/" : url.pathname + url.search;
}

export const next = {
  keep(): void {
    const page = ownPage(window.location.pathname + window.location.search);
    if (page !== "/") sessionStorage.setItem(NAME, page);
    else sessionStorage.removeItem(NAME);
  },
  take(): string {
    const page = ownPage(sessionStorage.getItem(NAME));
    sessionStorage.removeItem(NAME);
    return page;
  },
};
