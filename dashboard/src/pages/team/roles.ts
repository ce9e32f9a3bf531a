import type { Role } from "../../api/queries";

export const ROLES: Role[] = ["admin", "member", "viewer"];

export function roleOf(text: string): Role {
  return ROLES.find((one) => one === text) ?? "viewer";
}
