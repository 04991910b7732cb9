// Premiere's sequence as the contract shows it (host_bridge/timeline.py): read, and placed onto.
import type { AudioClipTrackItem, Project, Sequence } from "@adobe/premierepro";
import type { MarkedRange, Marker, Piece, PlacedClip, Placement, Range, Track } from "./contract";
import { CuelockError } from "./errors";
import { fileUnder, pathOf, pieces } from "./picture";
import { placeStems } from "./placing";
import { asOneStep, ppro } from "./ppro";
import { renderMarks } from "./rendered";
import {
  frameFromTicks,
  frameOfTicks,
  rateOfTimebase,
  rateText,
  sampleOfTicks,
  ticksOfFrame,
  type Rate,
} from "./time";

// 59.94 frames with labels that drop: Premiere has the code and Adobe's definitions no name for it.
const FPS_59_94_DROP = 106;

/** One sequence of one project; what is asked of it later is still the same one. */
export class Timeline {
  private constructor(
    private readonly project: Project,
    private readonly sequence: Sequence,
    private readonly rate: Rate,
  ) {}

  /** The sequence in front. Throws CuelockError host.timeline, request.rate. */
  static async inFront(): Promise<Timeline> {
    const project = await ppro.Project.getActiveProject().catch(() => undefined);
    const sequence = project && (await project.getActiveSequence().catch(() => undefined));
    if (!sequence) {
      throw new CuelockError(
        "host.timeline",
        "No sequence is open in Premiere.",
        "Open the sequence that should sound.",
      );
    }
    const display = await sequence.getSequenceVideoTimeDisplayFormat();
    const drops: number[] = [ppro.Constants.VideoDisplayFormatType.FPS_29_97, FPS_59_94_DROP];
    const timebase = BigInt(await sequence.getTimebase());
    return new Timeline(project, sequence, rateOfTimebase(timebase, drops.includes(display.type)));
  }

  get exactRate(): Rate {
    return this.rate;
  }

  /** What is between the marks. Throws CuelockError host.marks. */
  async range(): Promise<Range> {
    const zero = BigInt((await this.sequence.getZeroPoint()).ticks);
    const end = BigInt((await this.sequence.getEndTime()).ticks);
    const begin = BigInt((await this.sequence.getInPoint()).ticks);
    const out = BigInt((await this.sequence.getOutPoint()).ticks);
    // Nothing says whether marks count from the start timecode or from nought. A mark in behind the
    // sequence's end can only be the former.
    const origin = zero > 0n && begin >= zero && begin >= end ? zero : 0n;
    if (begin < 0n || out <= begin) {
      throw new CuelockError(
        "host.marks",
        "No range is marked in the sequence.",
        "Put the playhead where the sound should begin and press I, then O where it ends.",
      );
    }
    return this.between(zero, begin - origin, out - origin);
  }

  /** The whole sequence, for what needs no marks. */
  async whole(): Promise<Range> {
    const zero = BigInt((await this.sequence.getZeroPoint()).ticks);
    const end = BigInt((await this.sequence.getEndTime()).ticks);
    return this.between(zero, 0n, end);
  }

  /** The picture that is seen in a range. Throws CuelockError as pieces() does. */
  async pieces(range: Range): Promise<Piece[]> {
    return pieces(this.sequence, this.rate, range.start, range.stop);
  }

  /** A range with one movie under it that Premiere renders of its marks, among the stems.
   *  home: where stems go when no file is near. Throws CuelockError host.refused, cancelled.user. */
  async rendered(range: Range, preset: string, home: string): Promise<MarkedRange> {
    const file = (await fileUnder(this.sequence, this.rate, range.start, range.stop)).replace(/\\/g, "/");
    const stems = file ? `${file.slice(0, file.lastIndexOf("/"))}/cuelock` : `${home}/stems`;
    const path = `${stems}/pictures/${range.timeline.replace(/[^\w.-]+/g, "-")}_${Date.now().toString(36)}.mp4`;
    await renderMarks(this.sequence, preset, path);
    const { start, stop } = range;
    const [media_rate] = range.rate.split(" ") as [string];
    return { ...range, pieces: [{ start, stop, path, media_start: 0, media_rate, speed: "1" }] };
  }

  /** The names of the audio tracks. */
  async trackNames(): Promise<string[]> {
    const names: string[] = [];
    const count = await this.sequence.getAudioTrackCount();
    for (let index = 0; index < count; index++) names.push((await this.sequence.getAudioTrack(index)).name);
    return names;
  }

  /** Every audio track. Premiere tells neither what channels it takes nor whether it is locked. */
  async tracks(): Promise<Track[]> {
    const tracks: Track[] = [];
    const count = await this.sequence.getAudioTrackCount();
    for (let index = 0; index < count; index++) {
      const track = await this.sequence.getAudioTrack(index);
      const items = track.getTrackItems(ppro.Constants.TrackItemType.CLIP, false);
      const clips = await Promise.all(items.map(shown));
      clips.sort((one, other) => one.start - other.start);
      tracks.push({ name: track.name, channels: null, locked: false, clips });
    }
    return tracks;
  }

  /** Do what was planned, as one step of undo. Throws CuelockError host.refused. */
  async place(plan: readonly Placement[]): Promise<void> {
    await placeStems(this.project, this.sequence, this.rate, plan);
  }

  /** Set the markers whose keys no marker bears yet. Throws CuelockError host.refused. */
  async putMarkers(wanted: readonly Marker[]): Promise<void> {
    const markers = await ppro.Markers.getMarkers(this.sequence);
    const known = new Set(markers.getMarkers().map((marker) => marker.getComments()));
    const added = wanted.filter((marker) => !known.has(marker.key));
    if (added.length === 0) return;
    asOneStep(this.project, `cuelock: ${added.length} markers`, () =>
      added.map((marker) =>
        markers.createAddMarkerAction(
          marker.name,
          ppro.Marker.MARKER_TYPE_COMMENT,
          ppro.TickTime.createWithTicks(String(ticksOfFrame(marker.frame, this.rate))),
          ppro.TickTime.TIME_ZERO,
          marker.key,
        ),
      ),
    );
  }

  private between(zero: bigint, begin: bigint, end: bigint): Range {
    return {
      host: "premiere",
      timeline: this.sequence.name,
      rate: rateText(this.rate),
      first: frameOfTicks(zero, this.rate),
      start: frameOfTicks(begin, this.rate),
      stop: frameFromTicks(end, this.rate),
    };
  }
}

async function shown(item: AudioClipTrackItem): Promise<PlacedClip> {
  const [start, stop] = [await item.getStartTime(), await item.getEndTime()];
  return {
    start: sampleOfTicks(BigInt(start.ticks)),
    stop: sampleOfTicks(BigInt(stop.ticks)),
    name: await item.getName(),
    path: await pathOf(item),
  };
}
