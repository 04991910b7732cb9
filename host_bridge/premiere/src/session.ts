// What an editor can have done: each a question to the gateway between a look at the sequence and
// another. The panel's buttons call these and nothing else.
import type {
  Confirmed,
  Errand,
  JobProgress,
  Marked,
  MarkedRange,
  Piece,
  Placement,
  Planned,
  RenderReply,
  TakesReply,
  TakeSummary,
  Want,
} from "./contract";
import { CuelockError, told } from "./errors";
import { Gateway } from "./gateway";
import { dropMovie, refused } from "./rendered";
import { Timeline } from "./timeline";
import { shell } from "./uxp";

const TAKES_SHOWN = 12;
const SEEDS = 2 ** 32;

/** onto: a track of the user's, null for one of cuelock's own; variation: which stem of each layer. */
export interface Where {
  readonly onto: string | null;
  readonly variation: number;
}

/** Where this panel's cuelock keeps its things, the file that starts its gateway, and the preset of
 *  Premiere's own that pictures are rendered with; "" where none was found. */
export interface Place {
  readonly home: string;
  readonly starter: string;
  readonly preset: string;
}

/** Told how far the running job is: the stage's name and its share, 0 to 1. */
export type Progress = (stage: string, done: number) => void;

export class Session {
  private gateway: Gateway | undefined;
  private job = "";
  private cancelled = false;

  constructor(
    private readonly cuelock: Place,
    private readonly progress: Progress,
  ) {}

  /** The gateway, opened where it is not. Throws CuelockError engine.unreachable. */
  async reach(): Promise<Gateway> {
    if (!this.gateway?.isOpen) {
      this.gateway = await Gateway.open(this.cuelock.home, (topic, data) => this.happened(topic, data));
    }
    return this.gateway;
  }

  /** Start the gateway, which is found by itself then. Throws CuelockError engine.start. */
  async start(): Promise<void> {
    const refused = await shell.openPath(this.cuelock.starter, "It starts cuelock, which makes the sounds.");
    if (refused === "") return;
    throw new CuelockError(
      "engine.start",
      `Premiere did not start cuelock: ${refused}`,
      "Run “cuelock engine gateway” in a terminal and leave it open.",
    );
  }

  /** Have a stem made for the marks, and place it. */
  async sound(texts: string[], variations: number, where: Where): Promise<Placement[]> {
    const timeline = await Timeline.inFront();
    const { marked, movie } = await this.look(timeline);
    const want: Want = { do: "render", texts, variations, seed: anySeed() };
    const reply = await this.made(timeline, marked, want, where).catch(async (thrown: unknown) => {
      // Where the gateway is gone the job goes on, and its take is in the list when it is back.
      if (movie && told(thrown).code !== "engine.unreachable") await dropMovie(movie);
      throw thrown;
    });
    return this.settled(timeline, marked, reply, where);
  }

  /** Have what sounds under the marks made anew; its timing stays. */
  async texture(where: Where): Promise<Placement[]> {
    const timeline = await Timeline.inFront();
    const range = await timeline.range();
    const marked = { ...range, pieces: await timeline.pieces(range).catch(unseen) };
    return this.fulfil(timeline, marked, { do: "regenerate", seed: anySeed() }, where);
  }

  /** Place a take that was made before, where its labels say. */
  async place(take: string, where: Where): Promise<Placement[]> {
    const timeline = await Timeline.inFront();
    const range = await timeline.range().catch(() => undefined);
    const marked = range
      ? { ...range, pieces: await timeline.pieces(range).catch(unseen) }
      : { ...(await timeline.whole()), pieces: unseen() };
    return this.fulfil(timeline, marked, { do: "place", take }, where);
  }

  /** Set a marker at every event of the picture under the marks; returns how many there are. */
  async events(): Promise<number> {
    const timeline = await Timeline.inFront();
    const { marked, movie } = await this.look(timeline);
    const gateway = await this.reach();
    const { markers } = await gateway.ask<Marked>("host.markers", marked).finally(() => movie && dropMovie(movie));
    await timeline.putMarkers(markers);
    return markers.length;
  }

  /** End the job that runs; one that is not known yet is ended when it is. */
  async cancel(): Promise<void> {
    this.cancelled = true;
    await this.gateway?.ask("job.cancel", { job: this.job }).catch(() => undefined);
  }

  async takes(): Promise<readonly TakeSummary[]> {
    const gateway = await this.reach();
    return (await gateway.ask<TakesReply>("take.list", { most: TAKES_SHOWN })).takes;
  }

  async star(take: string, star: boolean): Promise<void> {
    await (await this.reach()).ask("take.star", { take, star });
  }

  /** The marks with what is seen between them. What no file shows Premiere renders: then there is a
   *  movie, to be dropped when no take comes of it. */
  private async look(timeline: Timeline): Promise<{ marked: MarkedRange; movie?: string }> {
    const range = await timeline.range();
    try {
      return { marked: { ...range, pieces: await timeline.pieces(range) } };
    } catch (thrown) {
      const error = told(thrown);
      if (error.code !== "host.retimed") throw error;
      if (!this.cuelock.preset) throw refused(`cuelock found no preset of Premiere’s to render it with. ${error.message}`);
      await this.reach(); // before Premiere works for nothing
    }
    this.cancelled = false;
    this.progress("rendering the picture", 0);
    const marked = await timeline.rendered(range, this.cuelock.preset, this.cuelock.home);
    const movie = marked.pieces[0]!.path;
    if (!this.cancelled) return { marked, movie };
    await dropMovie(movie);
    throw new CuelockError("cancelled.user", "Cancelled.", "Press the button again to start over.");
  }

  private async fulfil(timeline: Timeline, marked: MarkedRange, want: Want, where: Where): Promise<Placement[]> {
    return this.settled(timeline, marked, await this.made(timeline, marked, want, where), where);
  }

  private async made(timeline: Timeline, marked: MarkedRange, want: Want, where: Where): Promise<RenderReply> {
    const gateway = await this.reach();
    this.job = crypto.randomUUID();
    this.cancelled = false;
    await gateway.ask("subscribe", { topics: [`progress/${this.job}`] });
    const errand: Errand = { marked, tracks: await timeline.tracks(), want, job: this.job, ...where };
    // Should the gateway go away now, the job goes on: its take is in the list when it is back.
    return (await gateway.ask<Planned>("host.errand", errand)).reply;
  }

  /** Planned anew: what stood on the tracks when the work began may stand elsewhere by now. */
  private async settled(
    timeline: Timeline,
    marked: MarkedRange,
    reply: RenderReply,
    where: Where,
  ): Promise<Placement[]> {
    const gateway = await this.reach();
    const made = { marked, tracks: await timeline.tracks(), reply, ...where };
    const { placements } = await gateway.ask<Planned>("host.plan", made);
    if (placements.some((one) => one.state === "place")) await timeline.place(placements);
    const shown = { placements, tracks: await timeline.tracks() };
    return (await gateway.ask<Confirmed>("host.confirm", shown)).placements;
  }

  private happened(topic: string, data: unknown): void {
    if (topic !== `progress/${this.job}`) return;
    if (this.cancelled) void this.cancel();
    const { stage, done } = data as JobProgress;
    this.progress(stage, done);
  }
}

function anySeed(): number {
  return Math.floor(Math.random() * SEEDS);
}

/** A take is placed whether its picture can be looked at or not. */
function unseen(): Piece[] {
  return [];
}
