// What is said between the panel and the gateway: the structs of host_bridge/timeline.py, errand.py
// and protocol.py, as far as the panel looks into them. Frames and samples at 48 kHz are counted
// from the sequence's first frame, ranges are half-open.

export interface Piece {
  start: number;
  stop: number;
  path: string;
  media_start: number;
  media_rate: string;
  speed: string;
}

/** The range between the marks, without its picture. */
export interface Range {
  host: "premiere";
  timeline: string;
  rate: string;
  first: number;
  start: number;
  stop: number;
}

export interface MarkedRange extends Range {
  pieces: Piece[];
}

export interface PlacedClip {
  start: number;
  stop: number;
  name: string;
  path: string;
}

export interface Track {
  name: string;
  channels: number | null;
  locked: boolean;
  clips: PlacedClip[];
}

export interface Stem {
  path: string;
  take: string;
  layer: string;
  start: number;
  samples: number;
  channels: number;
}

export interface Placement {
  stem: Stem;
  state: "place" | "there" | "placed" | "refused";
  track: number;
  track_name: string;
  reason: string;
}

export interface Marker {
  frame: number;
  name: string;
  key: string;
}

export type Want =
  | { do: "render"; texts: string[]; variations: number; seed: number }
  | { do: "regenerate"; seed: number }
  | { do: "place"; take: string };

export interface Errand {
  marked: MarkedRange;
  tracks: Track[];
  want: Want;
  onto: string | null;
  variation: number;
  job: string;
}

export interface StemReport {
  layer: string;
  variation: number;
  rank: number;
}

export interface RenderReply {
  take: string;
  range: { in: string; out: string };
  stems: StemReport[];
}

export interface Planned {
  reply: RenderReply;
  placements: Placement[];
}

export interface Confirmed {
  placements: Placement[];
}

export interface Marked {
  markers: Marker[];
}

export interface TakeSummary {
  record: { take: string; reply: RenderReply };
  star: boolean;
}

export interface TakesReply {
  takes: TakeSummary[];
}

export interface JobProgress {
  stage: string;
  done: number;
}
