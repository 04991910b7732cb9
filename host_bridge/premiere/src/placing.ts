// Stems onto audio tracks: files imported, clips put where the plan says in one step, and looked
// at whether anything of the user's has moved. What goes where was decided elsewhere.
import type { FolderItem, Project, ProjectItem, Sequence } from "@adobe/premierepro";
import type { Placement } from "./contract";
import { CuelockError } from "./errors";
import { asOneStep, ppro } from "./ppro";
import { frameTicksOfSample, type Rate } from "./time";

// A stem has no picture, and nothing of it goes to this track.
const NO_PICTURE = 0;
// An insertion on a track of its own shifts nothing there, and nothing elsewhere when this is said.
const SHIFT_THAT_TRACK_ALONE = true;

/** Throws CuelockError host.refused where Premiere does not do it, or has moved what it should not. */
export async function placeStems(
  project: Project,
  sequence: Sequence,
  rate: Rate,
  plan: readonly Placement[],
): Promise<void> {
  const wanted = plan.filter((one) => one.state === "place").sort((one, other) => one.track - other.track);
  const items = await imported(project, wanted.map((one) => one.stem.path));
  const before = await standing(sequence);
  const count = await sequence.getAudioTrackCount();
  const editor = ppro.SequenceEditor.getEditor(sequence);
  asOneStep(project, `cuelock: place ${wanted.length} stems`, () =>
    wanted.map((one) => {
      const item = items.get(one.stem.path)!;
      const at = ppro.TickTime.createWithTicks(String(frameTicksOfSample(one.stem.start, rate)));
      // Only an insertion is said to make the track that is missing. The plan found room on the
      // others, so there overwriting covers nothing.
      return one.track < count
        ? editor.createOverwriteItemAction(item, at, NO_PICTURE, one.track)
        : editor.createInsertProjectItemAction(item, at, NO_PICTURE, one.track, SHIFT_THAT_TRACK_ALONE);
    }),
  );
  const after = new Set(await standing(sequence));
  const moved = before.find((clip) => !after.has(clip));
  if (moved !== undefined) {
    throw new CuelockError(
      "host.refused",
      `Premiere has moved or covered ${JSON.parse(moved)[2]} while it placed the stems.`,
      "Undo once: the step is called “cuelock: place …”. Add an empty audio track and place again.",
    );
  }
}

/** The project's items of these files, imported where they are not there yet. */
async function imported(project: Project, paths: readonly string[]): Promise<Map<string, ProjectItem>> {
  let items = await itemsOf(project, paths);
  const missing = paths.filter((path) => !items.has(path));
  if (missing.length > 0) {
    const withoutDialogs = true;
    await project.importFiles(missing, withoutDialogs, await project.getInsertionBin(), false);
    items = await itemsOf(project, paths); // what importing returns tells of no item
  }
  const refused = paths.find((path) => !items.has(path));
  if (refused !== undefined) {
    throw new CuelockError(
      "host.refused",
      `Premiere did not import ${refused}.`,
      "Import the file by hand: Premiere then says what is wrong with it.",
    );
  }
  return items;
}

async function itemsOf(project: Project, paths: readonly string[]): Promise<Map<string, ProjectItem>> {
  const names = new Map(paths.map((path) => [fileName(path), path]));
  const found = new Map<string, ProjectItem>();
  const bins: FolderItem[] = [await project.getRootItem()];
  for (let bin = bins.pop(); bin; bin = bins.pop()) {
    for (const item of await bin.getItems()) {
      if (item.type === ppro.ProjectItem.TYPE_BIN) bins.push(ppro.FolderItem.cast(item));
      const path = names.get(item.name);
      if (path === undefined) continue;
      const clip = ppro.ClipProjectItem.cast(item);
      if (clip && samePath(await clip.getMediaFilePath(), path)) found.set(path, item);
    }
  }
  return found;
}

/** Every clip of the sequence, by track, where it stands, its name and what it shows of it. */
async function standing(sequence: Sequence): Promise<string[]> {
  const tracks = [];
  for (let n = 0; n < (await sequence.getVideoTrackCount()); n++) tracks.push(await sequence.getVideoTrack(n));
  for (let n = 0; n < (await sequence.getAudioTrackCount()); n++) tracks.push(await sequence.getAudioTrack(n));
  const clips = tracks.flatMap((track) =>
    track
      .getTrackItems(ppro.Constants.TrackItemType.CLIP, false)
      .map(async (item) => {
        const times = [item.getStartTime(), item.getEndTime(), item.getInPoint()];
        const ticks = (await Promise.all(times)).map((time) => time.ticks);
        return JSON.stringify([track.id, ticks, await item.getName()]);
      }),
  );
  return Promise.all(clips);
}

function fileName(path: string): string {
  return path.split(/[\\/]/).pop()!;
}

/** Premiere writes a path of Windows in its own way. */
function samePath(one: string, other: string): boolean {
  const plain = (path: string) => path.replace(/^\\\\\?\\/, "").replace(/\\/g, "/");
  return plain(one) === plain(other);
}
