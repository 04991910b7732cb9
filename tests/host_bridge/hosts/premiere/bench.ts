// The panel's own modules for a test to call, without the page.
import { told } from "../../../../host_bridge/premiere/src/errors";
import { Gateway } from "../../../../host_bridge/premiere/src/gateway";
import * as time from "../../../../host_bridge/premiere/src/time";
import { Timeline } from "../../../../host_bridge/premiere/src/timeline";

/** What a call came to: its value, or the error it threw. */
async function outcome(call: () => unknown): Promise<object> {
  try {
    return { value: (await call()) ?? null };
  } catch (thrown) {
    const { code, message, hint } = told(thrown);
    return { error: { code, message, hint } };
  }
}

Object.assign(globalThis, { bench: { outcome, Gateway, Timeline, time } });
