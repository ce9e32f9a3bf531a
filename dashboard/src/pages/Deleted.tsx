import { Text } from "@mantine/core";
import { Link } from "../app/router";
import { Outside } from "./SignIn";

/** What somebody sees whose organization is no more. */
export function Deleted() {
  return (
    <Outside title="The organization is deleted">
      <Text size="sm" role="status">
        You are signed out, and so is everybody else who belonged to it. Its keys stop working within a second; its request log and cached
        answers are being erased.
      </Text>
      <Link to="/login" ta="center">
        Sign in to another one
      </Link>
    </Outside>
  );
}
