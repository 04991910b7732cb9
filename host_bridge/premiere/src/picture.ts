// The picture under the marks: which file is seen when. Of tracks that lie above each other the
// topmost is seen; through titles, adjustment layers and what is switched off one sees what is below.
import type { AudioClipTrackItem, ClipProjectItem, Sequence, VideoClipTrackItem } from "@adobe/premierepro";
import type { Piece } from "./contract";
import { CuelockError } from "./errors";
import { ppro } from "./ppro";
import { frameOfTicks, labelOfFrame, rateNear, rateText, ticksOfFrame, type Rate } from "./time";

type Span = readonly [start: number, stop: number];
type Clip = AudioClipTrackItem | VideoClipTrackItem;

interface Medium {
  readonly name: string;
  readonly path: string;
  readonly framesPerSecond: number;
}

/** What is seen in frames [start, stop), in the order of time.
 *  Throws CuelockError media.missing, host.retimed where no file shows it, or not as it runs there. */
export async function pieces(sequence: Sequence, rate: Rate, start: number, stop: number): Promise<Piece[]> {
  const seen: Piece[] = [];
  const drawn: Shown[] = [];
  let dark: Span[] = [[start, stop]];
  for (const one of await shown(sequence, rate, [start, stop])) {
    const parts = overlapping(dark, one.span);
    if (parts.length === 0) continue;
    const medium = await mediumOf(one.item);
    if (!medium) {
      drawn.push(one);
      continue;
    }
    for (const part of parts) seen.push(await piece(one.item, medium, part, rate));
    dark = dark.flatMap((gap) => without(gap, one.span));
  }
  for (const one of drawn) {
    if (overlapping(dark, one.span).length > 0) {
      throw noFile(`${await one.item.getName()} under the marks is drawn by Premiere, with no clip below it.`);
    }
  }
  return seen.sort((one, other) => one.start - other.start);
}

/** The topmost file in frames [start, stop), however it is shown there; "" where there is none. */
export async function fileUnder(sequence: Sequence, rate: Rate, start: number, stop: number): Promise<string> {
  for (const { item } of await shown(sequence, rate, [start, stop])) {
    const path = await pathOf(item);
    if (path) return path;
  }
  return "";
}

interface Shown {
  readonly item: VideoClipTrackItem;
  readonly span: Span;
}

/** What is switched on in a part of the sequence, the topmost first; what only adjusts is not shown. */
async function shown(sequence: Sequence, rate: Rate, wanted: Span): Promise<Shown[]> {
  const found: Shown[] = [];
  for (let index = (await sequence.getVideoTrackCount()) - 1; index >= 0; index--) {
    const track = await sequence.getVideoTrack(index);
    if (await track.isMuted()) continue;
    for (const item of track.getTrackItems(ppro.Constants.TrackItemType.CLIP, false)) {
      const span = await spanOf(item, rate);
      if (overlapping([wanted], span).length === 0) continue;
      if ((await item.isDisabled()) || (await item.isAdjustmentLayer())) continue;
      found.push({ item, span });
    }
  }
  return found;
}

/** The file a clip shows; empty for what has none, such as a title. */
export async function pathOf(item: Clip): Promise<string> {
  const clip = await clipOf(item);
  return clip && !(await clip.isSequence()) ? await clip.getMediaFilePath() : "";
}

async function clipOf(item: Clip): Promise<ClipProjectItem | undefined> {
  const shown = await item.getProjectItem();
  return shown && ppro.ClipProjectItem.cast(shown);
}

/** The file of a clip that runs at its own speed; undefined for what has none, such as a title. */
async function mediumOf(item: VideoClipTrackItem): Promise<Medium | undefined> {
  const [clip, name] = [await clipOf(item), await item.getName()];
  if (!clip) return undefined;
  await refuseWhatCannotBeSeen(clip, name);
  const path = await clip.getMediaFilePath();
  if (!path) return undefined;
  if ((await item.getSpeed()) !== 1 || (await item.isSpeedReversed())) {
    throw noFile(`The clip ${name} under the marks does not run at its own speed.`);
  }
  const footage = await clip.getFootageInterpretation();
  return { name, path, framesPerSecond: footage.getFrameRate() };
}

async function refuseWhatCannotBeSeen(clip: ClipProjectItem, name: string): Promise<void> {
  if (await clip.isSequence()) {
    throw noFile(`${name} is a nested sequence, which is no file that cuelock could look at.`);
  }
  if (await clip.isOffline()) {
    throw new CuelockError(
      "media.missing",
      `The media of ${name} is offline.`,
      "Link it again in the Project panel.",
    );
  }
}

/** A clip's part of the sequence. The in point counts from the file's first picture. */
async function piece(item: VideoClipTrackItem, medium: Medium, part: Span, rate: Rate): Promise<Piece> {
  const into = ticksOfFrame(part[0], rate) - BigInt((await item.getStartTime()).ticks);
  const ticks = BigInt((await item.getInPoint()).ticks) + into;
  const own = rateNear(medium.framesPerSecond);
  if (!own) {
    throw noFile(
      `The clip ${medium.name} at ${labelOfFrame(part[0], rate)} runs at ` +
        `${medium.framesPerSecond.toFixed(3)} frames a second, which is not a rate cuelock works at.`,
    );
  }
  return {
    start: part[0],
    stop: part[1],
    path: medium.path,
    media_start: frameOfTicks(ticks + ticksOfFrame(1, own) / 2n, own),
    media_rate: rateText(own),
    speed: "1",
  };
}

async function spanOf(item: Clip, rate: Rate): Promise<Span> {
  const [start, end] = [await item.getStartTime(), await item.getEndTime()];
  return [frameOfTicks(BigInt(start.ticks), rate), frameOfTicks(BigInt(end.ticks), rate)];
}

/** What Premiere can render and no file shows. */
function noFile(sentence: string): CuelockError {
  return new CuelockError("host.retimed", sentence, "Render and replace it, or mark beside it.");
}

/** The parts of some gaps that a span covers. */
function overlapping(gaps: Span[], span: Span): Span[] {
  return gaps.map((gap) => common(gap, span)).filter(([begin, end]) => begin < end);
}

function common(one: Span, other: Span): Span {
  return [Math.max(one[0], other[0]), Math.min(one[1], other[1])];
}

function without(gap: Span, taken: Span): Span[] {
  const left: Span = [gap[0], Math.min(gap[1], taken[0])];
  const right: Span = [Math.max(gap[0], taken[1]), gap[1]];
  return [left, right].filter(([begin, end]) => begin < end);
}
