// The gateway as something to ask: envelopes of PROTOCOL.md over whichever line is open.
import "./utf8";
import { decode, encode } from "@msgpack/msgpack";
import { version } from "../panel/manifest.json";
import { CuelockError } from "./errors";
import { openFolder, openSocket, type Line } from "./lines";
import { readJson } from "./uxp";

const PROTOCOL = [1, 0];

interface Envelope {
  id: string;
  kind: string;
  body: unknown;
}

interface Waiting {
  resolve(body: unknown): void;
  reject(error: CuelockError): void;
}

/** Told of events of topics that were subscribed to. */
export type Happened = (topic: string, data: unknown) => void;

export class Gateway {
  private line: Line | undefined;
  private asked = 0;
  private readonly waiting = new Map<string, Waiting>();

  private constructor(private readonly happened: Happened) {}

  /** The gateway of a home. Throws CuelockError engine.unreachable when there is none. */
  static async open(home: string, happened: Happened): Promise<Gateway> {
    const gateway = new Gateway(happened);
    const listener = {
      heard: (frame: Uint8Array) => gateway.heard(decode(frame) as Envelope),
      ended: () => gateway.ended(),
    };
    try {
      const door = (await readJson(`${home}/run/gateway.json`)) as { port: number; token: string };
      gateway.line = await openSocket(door.port, door.token, listener).catch(() =>
        openFolder(`${home}/run/letters`, door.token, listener, () => gateway.frame("ping", {})),
      );
      await gateway.ask("hello", { client: "premiere", version });
    } catch (error) {
      throw error instanceof CuelockError ? error : away();
    }
    return gateway;
  }

  get isOpen(): boolean {
    return this.line !== undefined;
  }

  /** The answer's body. Throws the CuelockError that it is, or engine.unreachable. */
  ask<Body>(kind: string, body: object): Promise<Body> {
    return new Promise((resolve, reject) => {
      if (!this.line) return reject(away());
      const frame = this.frame(kind, body);
      this.waiting.set(String(this.asked), { resolve: resolve as Waiting["resolve"], reject });
      this.line.say(frame);
    });
  }

  private frame(kind: string, body: object): Uint8Array {
    return encode({ v: PROTOCOL, id: String(++this.asked), kind, body });
  }

  private heard({ id, kind, body }: Envelope): void {
    if (kind === "event") {
      const { topic, data } = body as { topic: string; data: unknown };
      return this.happened(topic, data);
    }
    const asker = this.waiting.get(id);
    this.waiting.delete(id);
    if (kind === "ok") return asker?.resolve(body);
    const { code, message, hint, retryable } = (body as { error: CuelockError }).error;
    asker?.reject(new CuelockError(code, message, hint, retryable));
  }

  private ended(): void {
    this.line = undefined;
    for (const asker of this.waiting.values()) asker.reject(away());
    this.waiting.clear();
  }
}

function away(): CuelockError {
  return new CuelockError(
    "engine.unreachable",
    "cuelock is not running.",
    "Start it here, or with “cuelock engine gateway” in a terminal.",
    true,
  );
}
