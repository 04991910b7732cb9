// A Premiere that is not there: the objects of `premierepro` that the panel uses, held to Adobe's own
// definitions by the compiler and strict where the real one is. What is asked about comes as a
// promise; actions are made under the project's lock and die with it; a transaction does all or
// nothing and is one step of undo; items come in no order; an index beyond the last track makes one
// only when inserting; ticks are text and clips stand on frames; a locked track takes nothing and
// says nothing; an export takes the constant of its kind, any other word makes no file and says nothing.
import type * as adobe from "@adobe/premierepro";
import { answered, fs, movie, shell, sound } from "./outside";

const TICKS_PER_SECOND = 254_016_000_000n;
const UNSET = -400_000n * TICKS_PER_SECOND;
const CLIP = 1;

type Does = () => void;

class Time implements Pick<adobe.TickTime, "ticks" | "seconds" | "ticksNumber"> {
  constructor(readonly exact: bigint) {}
  get ticks(): string {
    return String(this.exact);
  }
  get ticksNumber(): number {
    return Number(this.exact);
  }
  get seconds(): number {
    return Number(this.exact) / Number(TICKS_PER_SECOND);
  }
}

const time = (exact: bigint) => new Time(exact) as unknown as adobe.TickTime;

interface Source {
  name: string;
  path: string;
  fps: number;
  ticks: bigint;
  offline: boolean;
  nested: boolean;
}

interface Item {
  source: Source | null;
  name: string;
  start: bigint;
  end: bigint;
  into: bigint;
  speed: number;
  reversed: boolean;
  disabled: boolean;
  adjustment: boolean;
}

interface Track {
  id: number;
  name: string;
  muted: boolean;
  locked: boolean;
  items: Item[];
}

interface Marker {
  name: string;
  at: bigint;
  comments: string;
}

interface Edit {
  video: Track[];
  audio: Track[];
  markers: Marker[];
}

/** What a test sets up and looks at. */
class World {
  name = "Reel 1";
  open = true;
  timebase = 10_160_640_000n;
  zero = 0n;
  display = 101;
  marks = { begin: UNSET, end: UNSET };
  edit: Edit = { video: [], audio: [], markers: [] };
  bin: RawItem[] = [];
  steps: { name: string; before: Edit }[] = [];
  /** Marks count from the start timecode; an insertion never makes a track. */
  quirks = { marksFromZeroPoint: false, insertsOntoTheLastTrack: false };
  /** How an export ends; told by its event, or by nothing but that the file grows no more. */
  exports: { ends: "success" | "cancelled" | "failed"; told: boolean } = { ends: "success", told: true };
  exported = 0;
  lock = 0; // the number of the lock that is held, even while none is

  get locked(): boolean {
    return this.lock % 2 === 1;
  }

  get end(): bigint {
    const ends = [...this.edit.video, ...this.edit.audio].flatMap((t) => t.items.map((i) => i.end));
    return ends.reduce((one, other) => (one > other ? one : other), 0n);
  }
}

const world = new World();

class FakeAction {
  readonly lock = world.lock;
  used = false;
  constructor(readonly does: Does) {
    if (!world.locked) throw new Error("Script action failed to execute: no locked access");
  }
}

const action = (does: Does) => new FakeAction(does) as adobe.Action;

class RawItem implements Pick<adobe.ProjectItem, "name" | "type"> {
  readonly type = 1;
  constructor(readonly source: Source) {}
  get name(): string {
    return this.source.name;
  }
}

class CastItem implements Pick<
  adobe.ClipProjectItem,
  "name" | "isSequence" | "isOffline" | "getMediaFilePath" | "getFootageInterpretation"
> {
  constructor(private readonly source: Source) {}
  get name(): string {
    return this.source.name;
  }
  async isSequence(): Promise<boolean> {
    return this.source.nested;
  }
  async isOffline(): Promise<boolean> {
    return this.source.offline;
  }
  async getMediaFilePath(): Promise<string> {
    return this.source.path;
  }
  async getFootageInterpretation(): Promise<adobe.FootageInterpretation> {
    if (!this.source.fps) throw new Error("Script action failed to execute: no footage");
    return { getFrameRate: () => this.source.fps } as adobe.FootageInterpretation;
  }
}

class TrackItem implements Pick<
  adobe.VideoClipTrackItem,
  | "getStartTime" | "getEndTime" | "getInPoint" | "getName" | "getSpeed" | "isSpeedReversed"
  | "isDisabled" | "isAdjustmentLayer" | "getProjectItem"
> {
  constructor(private readonly item: Item) {}
  async getStartTime(): Promise<adobe.TickTime> {
    return time(this.item.start);
  }
  async getEndTime(): Promise<adobe.TickTime> {
    return time(this.item.end);
  }
  async getInPoint(): Promise<adobe.TickTime> {
    return time(this.item.into);
  }
  async getName(): Promise<string> {
    return this.item.name;
  }
  async getSpeed(): Promise<number> {
    return this.item.speed;
  }
  async isSpeedReversed(): Promise<number> {
    return this.item.reversed ? 1 : 0;
  }
  async isDisabled(): Promise<boolean> {
    return this.item.disabled;
  }
  async isAdjustmentLayer(): Promise<boolean> {
    return this.item.adjustment;
  }
  async getProjectItem(): Promise<adobe.ProjectItem> {
    return (this.item.source && new RawItem(this.item.source)) as unknown as adobe.ProjectItem;
  }
}

class SequenceTrack implements Pick<adobe.VideoTrack, "id" | "name" | "isMuted"> {
  constructor(private readonly track: Track) {}
  get id(): number {
    return this.track.id;
  }
  get name(): string {
    return this.track.name;
  }
  async isMuted(): Promise<boolean> {
    return this.track.muted;
  }
  getTrackItems(kind: number, empty: boolean): TrackItem[] {
    if (kind !== CLIP || empty) throw new Error("Illegal Parameter type");
    return [...this.track.items].reverse().map((item) => new TrackItem(item));
  }
}

class FakeSequence implements Pick<
  adobe.Sequence,
  | "name" | "getInPoint" | "getOutPoint" | "getZeroPoint" | "getEndTime" | "getTimebase"
  | "getVideoTrackCount" | "getAudioTrackCount" | "getSequenceVideoTimeDisplayFormat"
> {
  get name(): string {
    return world.name;
  }
  async getInPoint(): Promise<adobe.TickTime> {
    return time(this.shown(world.marks.begin));
  }
  async getOutPoint(): Promise<adobe.TickTime> {
    return time(this.shown(world.marks.end));
  }
  async getZeroPoint(): Promise<adobe.TickTime> {
    return time(world.zero);
  }
  async getEndTime(): Promise<adobe.TickTime> {
    return time(world.end);
  }
  async getTimebase(): Promise<string> {
    return String(world.timebase);
  }
  async getSequenceVideoTimeDisplayFormat(): Promise<adobe.TimeDisplay> {
    return { type: world.display };
  }
  async getVideoTrackCount(): Promise<number> {
    return world.edit.video.length;
  }
  async getAudioTrackCount(): Promise<number> {
    return world.edit.audio.length;
  }
  async getVideoTrack(index: number): Promise<SequenceTrack> {
    return new SequenceTrack(there(world.edit.video, index));
  }
  async getAudioTrack(index: number): Promise<SequenceTrack> {
    return new SequenceTrack(there(world.edit.audio, index));
  }
  private shown(mark: bigint): bigint {
    return mark !== UNSET && world.quirks.marksFromZeroPoint ? mark + world.zero : mark;
  }
}

class Editor implements Pick<
  adobe.SequenceEditor,
  "createInsertProjectItemAction" | "createOverwriteItemAction"
> {
  createOverwriteItemAction(raw: unknown, at: adobe.TickTime, video: number, audio: number): adobe.Action {
    const clip = this.clip(raw, at, video, audio);
    return action(() => {
      const track = there(world.edit.audio, audio);
      if (track.locked) return;
      track.items = track.items.filter((item) => item.end <= clip.start || clip.end <= item.start);
      track.items.push(clip);
    });
  }

  createInsertProjectItemAction(
    raw: unknown,
    at: adobe.TickTime,
    video: number,
    audio: number,
    limitShift: boolean,
  ): adobe.Action {
    const clip = this.clip(raw, at, video, audio);
    return action(() => {
      const tracks = world.edit.audio;
      const made = audio >= tracks.length && !world.quirks.insertsOntoTheLastTrack;
      if (made) tracks.push(newTrack(`Audio ${tracks.length + 1}`));
      const track = there(tracks, Math.min(audio, tracks.length - 1));
      const shifted = limitShift ? [track] : [...tracks, ...world.edit.video];
      for (const item of shifted.flatMap((one) => one.items).filter((one) => clip.start < one.end)) {
        item.start += clip.end - clip.start;
        item.end += clip.end - clip.start;
      }
      track.items.push(clip);
    });
  }

  private clip(raw: unknown, at: adobe.TickTime, video: number, audio: number): Item {
    if (!(raw instanceof RawItem)) throw new Error("Illegal Parameter type: a raw ProjectItem");
    if (!(at instanceof Time)) throw new Error("Illegal Parameter type: a TickTime");
    if (at.exact < 0n || at.exact % world.timebase !== 0n) throw new Error("not on a frame");
    for (const index of [video, audio]) {
      if (!Number.isInteger(index) || index < 0) throw new Error("Illegal Parameter type: a track");
    }
    return newItem(raw.source, at.exact, at.exact + raw.source.ticks);
  }
}

class FakeProject implements Pick<
  adobe.Project,
  | "getActiveSequence" | "getInsertionBin" | "getRootItem" | "importFiles" | "lockedAccess"
  | "executeTransaction"
> {
  async getActiveSequence(): Promise<adobe.Sequence> {
    return (world.open ? sequence : null) as unknown as adobe.Sequence;
  }
  async getInsertionBin(): Promise<adobe.ProjectItem> {
    return root as unknown as adobe.ProjectItem;
  }
  async getRootItem(): Promise<adobe.FolderItem> {
    return root as unknown as adobe.FolderItem;
  }

  async importFiles(paths: string[], quiet?: boolean, bin?: unknown, stills?: boolean): Promise<boolean> {
    if (!quiet || bin !== root || stills) throw new Error("a dialog would have opened");
    const sounds = await Promise.all(paths.map(sound));
    if (sounds.some((one) => one === null)) return false;
    paths.forEach((path, n) => {
      const ticks = (BigInt(sounds[n]!.samples) * TICKS_PER_SECOND) / BigInt(sounds[n]!.rate);
      world.bin.push(new RawItem(newSource(path, { ticks })));
    });
    return true;
  }

  lockedAccess(callback: () => void): void {
    if (world.locked) throw new Error("the project is locked already");
    world.lock++;
    try {
      refuseToWait(callback());
    } finally {
      world.lock++;
    }
  }

  executeTransaction(callback: (step: adobe.CompoundAction) => void, name = ""): boolean {
    const actions: FakeAction[] = [];
    const step = {
      empty: true,
      addAction(one: unknown): boolean {
        if (!(one instanceof FakeAction)) throw new Error("Illegal Parameter type: an Action");
        if (one.used || one.lock !== world.lock) throw new Error("a stale action");
        one.used = true;
        return actions.push(one) > 0;
      },
    };
    refuseToWait(callback(step));
    const before = structuredClone(world.edit);
    try {
      for (const one of actions) one.does();
    } catch {
      world.edit = before;
      return false;
    }
    world.steps.push({ name, before });
    return true;
  }
}

const markersOfSequence: Pick<adobe.Markers, "getMarkers" | "createAddMarkerAction"> = {
  getMarkers: () =>
    world.edit.markers.map((marker) => ({ getComments: () => marker.comments }) as adobe.Marker),
  createAddMarkerAction: (name, _type, start, _duration, comments) =>
    action(() =>
      world.edit.markers.push({ name, at: (start as unknown as Time).exact, comments: comments ?? "" }),
    ),
};

const STATES = { success: 0, cancelled: 1, failed: 2 };
const EXPORTED = "onExportMediaComplete";
const listening = new Map<string, Set<(event?: object) => void>>();

const encoder: Pick<adobe.EncoderManager, "exportSequence"> = {
  async exportSequence(of, kind, path = "", preset = "", full = true): Promise<boolean> {
    if (of !== sequence) throw new Error("Illegal Parameter type: a Sequence");
    const found = await fs.readFile(preset).then(() => preset.endsWith(".epr"), () => false);
    const folder = await fs.readdir(path.slice(0, path.lastIndexOf("/"))).then(() => true, () => false);
    if (!found || !folder) return false;
    if (kind !== 2) return true;
    world.exported++;
    const { ends, told } = world.exports;
    const marked = !full && world.marks.begin !== UNSET;
    const [begin, end] = marked ? [world.marks.begin, world.marks.end] : [0n, world.end];
    const [start, stop] = [Number(begin / world.timebase), Number(end / world.timebase)];
    const rate = `${TICKS_PER_SECOND}/${world.timebase}`;
    const render = (whole: boolean) => movie(path, start, stop, rate, whole);
    if (!told) {
      await render(false);
      setTimeout(() => render(ends === "success"), 5000);
      return true; // the file is not whole yet
    }
    await render(ends === "success");
    listening.get(EXPORTED)?.forEach((heard) => heard({ state: STATES[ends] }));
    return ends === "success";
  },
};

const root = { type: 3, name: "Root", getItems: async () => [...world.bin] };
const project = new FakeProject();
const sequence = new FakeSequence() as unknown as adobe.Sequence;

const premierepro = {
  Project: { getActiveProject: async () => project },
  SequenceEditor: {
    getEditor(of: unknown) {
      if (of !== sequence) throw new Error("Illegal Parameter type: a Sequence");
      return new Editor();
    },
  },
  ClipProjectItem: {
    cast(item: unknown) {
      if (!(item instanceof RawItem)) throw new Error("Illegal Parameter type: a ProjectItem");
      return new CastItem(item.source);
    },
  },
  FolderItem: { cast: (item: unknown) => item },
  ProjectItem: { TYPE_CLIP: 1, TYPE_BIN: 2, TYPE_ROOT: 3 },
  EncoderManager: { getManager: () => encoder },
  OperationCompleteEvent: {
    OPERATION_STATE_SUCCESS: STATES.success,
    OPERATION_STATE_CANCELLED: STATES.cancelled,
    OPERATION_STATE_FAILED: STATES.failed,
    EVENT_EXPORT_MEDIA_COMPLETE: EXPORTED,
  },
  EventManager: {
    addGlobalEventListener(name: string, heard: (event?: object) => void) {
      listening.set(name, (listening.get(name) ?? new Set()).add(heard));
    },
    removeGlobalEventListener(name: string, heard: (event?: object) => void) {
      if (!listening.get(name)?.delete(heard)) throw new Error("nobody listens so");
    },
  },
  Markers: { getMarkers: async () => markersOfSequence },
  Marker: { MARKER_TYPE_COMMENT: "Comment" },
  TickTime: {
    createWithTicks(ticks: unknown) {
      if (typeof ticks !== "string" || !/^-?\d+$/.test(ticks)) throw new Error("Illegal Parameter type");
      return time(BigInt(ticks));
    },
    TIME_ZERO: time(0n),
  },
  Constants: {
    ExportType: { QUEUE_TO_AME: 0, QUEUE_TO_APP: 1, IMMEDIATELY: 2 },
    TrackItemType: { EMPTY: 0, CLIP: 1, TRANSITION: 2, PREVIEW: 3, FEEDBACK: 4 },
    VideoDisplayFormatType: { FPS_25: 101, FPS_29_97: 102, FPS_29_97_NON_DROP: 103, FPS_23_976: 110 },
  },
};

function there(tracks: Track[], index: number): Track {
  const track = tracks[index];
  if (!track) throw new Error(`there is no track ${index}`);
  return track;
}

function refuseToWait(returned: unknown): void {
  if (returned instanceof Promise) throw new Error("nothing may be waited for in here");
}

function newTrack(name: string): Track {
  const id = world.edit.video.length + world.edit.audio.length + 1;
  return { id, name, muted: false, locked: false, items: [] };
}

function newSource(path: string, changes: Partial<Source> = {}): Source {
  const name = path.split("/").pop()!;
  return { name, path, fps: 0, ticks: 0n, offline: false, nested: false, ...changes };
}

function newItem(source: Source | null, start: bigint, end: bigint, changes: Partial<Item> = {}): Item {
  const name = source?.name ?? "Title";
  const plain = { into: 0n, speed: 1, reversed: false, disabled: false, adjustment: false };
  return { source, name, start, end, ...plain, ...changes };
}

/** What a test calls. Ticks come and go as text. */
const fake = {
  world,
  answered,
  /** A sequence without anything. */
  sequence(timebase: string, zero: string, display: number): void {
    Object.assign(world, new World(), { timebase: BigInt(timebase), zero: BigInt(zero), display });
  },
  mark(begin: string | null, end: string | null): void {
    world.marks = { begin: begin ? BigInt(begin) : UNSET, end: end ? BigInt(end) : UNSET };
  },
  track(kind: "video" | "audio", name: string, locked = false): void {
    world.edit[kind].push({ ...newTrack(name), locked });
  },
  /** path: null for a title; source and item: what is not plain. */
  clip(
    kind: "video" | "audio",
    track: string,
    path: string | null,
    [start, end, into]: [string, string, string],
    source: Partial<Source> = {},
    item: Partial<Item> = {},
  ): void {
    const found = world.edit[kind].find((one) => one.name === track)!;
    const shown = path === null ? null : newSource(path, source);
    found.items.push(newItem(shown, BigInt(start), BigInt(end), { into: BigInt(into), ...item }));
  },
  /** Track, start, end and file of every audio clip. */
  sounding(): [string, string, string, string][] {
    return world.edit.audio.flatMap((track) =>
      track.items.map((item) => [
        track.name, String(item.start), String(item.end), item.source?.name ?? "",
      ] as [string, string, string, string]),
    );
  },
  markers(): [string, string][] {
    return world.edit.markers.map((marker) => [String(marker.at), marker.name]);
  },
  /** How many wait for an export to end. */
  listeners: () => listening.get(EXPORTED)?.size ?? 0,
  undo(): void {
    world.edit = world.steps.pop()!.before;
  },
};

const modules: Record<string, unknown> = { premierepro, fs, uxp: { shell } };
const given = globalThis as Record<string, unknown>;
given.require = (name: string) => {
  if (!(name in modules)) throw new Error(`there is no module ${name}`);
  return modules[name];
};
given.fake = fake;
// UXP has neither.
delete given.TextEncoder;
delete given.TextDecoder;
