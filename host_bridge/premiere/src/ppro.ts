import type { Action, premierepro, Project } from "@adobe/premierepro";
import { CuelockError } from "./errors";

declare function require(name: "premierepro"): unknown;

/** Premiere itself, as it shows itself to a panel. */
export const ppro = require("premierepro") as premierepro;

/** Do actions as one step of undo. They are made under the lock: outside it they would be stale.
 *  Throws CuelockError host.refused, and then nothing has changed. */
export function asOneStep(project: Project, name: string, actions: () => Action[]): void {
  let done = false;
  let why = "";
  try {
    project.lockedAccess(() => {
      const made = actions();
      done = project.executeTransaction((step) => made.forEach((one) => step.addAction(one)), name);
    });
  } catch (error) {
    why = `: ${error instanceof Error ? error.message : String(error)}`;
  }
  if (done) return;
  throw new CuelockError(
    "host.refused",
    `Premiere did not do “${name}”${why}. Nothing has changed.`,
    "Look whether a dialog is open in Premiere or the project is read-only, and try again.",
  );
}
