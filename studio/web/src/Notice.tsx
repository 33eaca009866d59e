/** What has just been told: a fault, or that something was done. */

import { notice } from "./state";
import { say } from "./words";

export function Notice() {
  const told = notice.value;
  if (!told) return null;
  return (
    <p class={told.bad ? "bad" : ""}>
      <span>{told.text}</span> <button type="button" class="plain" onClick={() => (notice.value = null)}>{say.close}</button>
    </p>
  );
}
