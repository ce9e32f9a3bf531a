// What typed text may name in the request log.
const WHOLE = /^req_[0-9a-f]{32}$/;
const PART = /^req_([0-9a-f]{4,31})$/;
const TAG = /^[^=]{1,256}=/;
const DIGITS = 12; // of an id's 32: the millisecond in which it was made
const LAST = Date.UTC(9999, 0); // later years have no four digits

export function isRequestId(text: string): boolean {
  return WHOLE.test(text);
}

export interface Named {
  label: string;
  path: string;
}

/** Pages of the log that the text may be meant for: one request, or those of an id's beginning, a tag, a model or a user. */
export function namedInRequests(text: string): Named[] {
  const wanted = text.trim();
  if (wanted === "") return [];
  if (isRequestId(wanted)) return [{ label: `Open request ${wanted}`, path: `/requests/${wanted}` }];
  const part = PART.exec(wanted)?.[1];
  const stretch = part === undefined ? undefined : madeIn(part);
  if (stretch) return [{ label: `Find ids that begin with ${wanted} in requests`, path: found(stretch) }];
  if (TAG.test(wanted)) return [{ label: `Find tag ${wanted} in requests`, path: found({ tag: wanted }) }];
  return (["model", "user"] as const).map((name) => ({ label: `Find ${name} ${wanted} in requests`, path: found({ [name]: wanted }) }));
}

/** When ids with these first digits are made: they begin with their time. */
export function madeIn(part: string): { from: string; to: string } | undefined {
  const known = part.slice(0, DIGITS);
  const unit = 16 ** (DIGITS - known.length);
  const from = parseInt(known, 16) * unit;
  return from + unit < LAST ? { from: new Date(from).toISOString(), to: new Date(from + unit).toISOString() } : undefined;
}

function found(filters: Record<string, string>): string {
  return `/requests?${new URLSearchParams(filters)}`;
}
