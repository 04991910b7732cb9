// The picture under the marks as a movie that Premiere exports: of what no file shows. Nested sequences,
// clips at another speed, titles with nothing below them.
import type { OperationCompleteEvent, Sequence } from "@adobe/premierepro";
import { CuelockError } from "./errors";
import { ppro } from "./ppro";
import { files, pause, sizeOf } from "./uxp";

const MARKS_ALONE = false;
const LOOK_MS = 1000;
// An encoder may pause while it begins; for so many looks without a byte more it has ended.
const QUIET_LOOKS = 30;

/** What is between the sequence's marks, as the movie `path` in folders that are made for it.
 *  Throws CuelockError host.refused where Premiere does not do it, cancelled.user where its user ended it. */
export async function renderMarks(sequence: Sequence, preset: string, path: string): Promise<void> {
  await makeFolders(path);
  const { EVENT_EXPORT_MEDIA_COMPLETE, OPERATION_STATE_SUCCESS, OPERATION_STATE_CANCELLED } =
    ppro.OperationCompleteEvent;
  let state: number | undefined;
  const ended = (event?: object) => (state = (event as OperationCompleteEvent).state);
  ppro.EventManager.addGlobalEventListener(EVENT_EXPORT_MEDIA_COMPLETE, ended);
  try {
    const begun = await ppro.EncoderManager.getManager()
      .exportSequence(sequence, ppro.Constants.ExportType.IMMEDIATELY, path, preset, MARKS_ALONE)
      .catch(() => false);
    // It may come back before the movie is whole, and the event may stay away.
    let size = -1;
    for (let quiet = 0; begun && state === undefined && quiet < QUIET_LOOKS; ) {
      await pause(LOOK_MS);
      const now = await sizeOf(path);
      quiet = now === size ? quiet + 1 : 0;
      size = now;
    }
    if (state === OPERATION_STATE_CANCELLED) {
      throw new CuelockError("cancelled.user", "Rendering was ended in Premiere.", "Nothing was made.");
    }
    if (!begun || (state ?? OPERATION_STATE_SUCCESS) !== OPERATION_STATE_SUCCESS || (await sizeOf(path)) === 0) {
      throw refused("Premiere did not render it.");
    }
  } catch (thrown) {
    await dropMovie(path);
    throw thrown;
  } finally {
    ppro.EventManager.removeGlobalEventListener(EVENT_EXPORT_MEDIA_COMPLETE, ended);
  }
}

/** Take a movie away that no take needs, and its folders where nothing else is in them. */
export async function dropMovie(path: string): Promise<void> {
  const [pictures, stems] = foldersOf(path);
  await files.unlink(path).catch(() => undefined);
  await files.rmdir(pictures).catch(() => undefined);
  await files.rmdir(stems).catch(() => undefined);
}

/** Why what no file shows could not be rendered. */
export function refused(why: string): CuelockError {
  return new CuelockError(
    "host.refused",
    `No file shows the picture under the marks, and ${why}`,
    "Run “cuelock hosts install premiere” again if Premiere is newer than the panel, or render and replace the clip.",
  );
}

async function makeFolders(path: string): Promise<void> {
  const [pictures, stems] = foldersOf(path);
  await files.mkdir(stems).catch(() => undefined); // it is there
  await files.mkdir(pictures).catch(() => undefined);
}

function foldersOf(path: string): [pictures: string, stems: string] {
  const pictures = path.slice(0, path.lastIndexOf("/"));
  return [pictures, pictures.slice(0, pictures.lastIndexOf("/"))];
}
