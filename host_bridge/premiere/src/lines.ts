// How frames get to the gateway and back: by its socket or, where that is not allowed, as files in a
// folder (PROTOCOL.md, "Without ZeroMQ"). Both open with the token.
import { files } from "./uxp";

export interface Line {
  say(frame: Uint8Array): void;
  close(): void;
}

/** What a line tells: each frame, and once that there will be no more. */
export interface Listener {
  heard(frame: Uint8Array): void;
  ended(): void;
}

const OPENING_MS = 3000;
const LOOK_MS = 50;
const SILENCE_MS = 20_000; // the gateway gives up a folder in which nothing is asked for a minute

export function openSocket(port: number, token: string, listener: Listener): Promise<Line> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}`);
    const late = setTimeout(() => socket.close(), OPENING_MS);
    let open = false;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      clearTimeout(late);
      open = true;
      socket.send(token);
      resolve({ say: (frame) => socket.send(frame as Uint8Array<ArrayBuffer>), close: () => socket.close() });
    };
    socket.onmessage = (event) => listener.heard(new Uint8Array(event.data as ArrayBuffer));
    socket.onclose = () => {
      clearTimeout(late);
      if (open) listener.ended();
      else reject(new Error("the gateway's port takes no connection"));
    };
  });
}

/** ping: a frame that asks for nothing much, for times in which nothing else is asked. */
export async function openFolder(
  letters: string,
  token: string,
  listener: Listener,
  ping: () => Uint8Array,
): Promise<Line> {
  const folder = `${letters}/${crypto.randomUUID()}`;
  await files.mkdir(folder);
  let [asked, said, last, over] = [0, 0, Date.now(), false];
  let writing: Promise<unknown> = Promise.resolve();

  function say(frame: Uint8Array): void {
    const path = `${folder}/${++asked}`;
    last = Date.now();
    writing = writing
      .then(() => files.writeFile(`${path}.part`, frame))
      .then(() => files.rename(`${path}.part`, `${path}.ask`))
      .catch(end);
  }

  function end(): void {
    if (over) return;
    over = true;
    listener.ended();
  }

  async function look(): Promise<void> {
    try {
      const names = new Set(await files.readdir(folder));
      for (; !over && names.has(`${said + 1}.say`); said++) {
        const path = `${folder}/${said + 1}.say`;
        const frame = await files.readFile(path);
        await files.unlink(path);
        listener.heard(new Uint8Array(frame));
      }
    } catch {
      end(); // the gateway took the folder away
    }
    if (over) return;
    if (Date.now() - last > SILENCE_MS) say(ping());
    setTimeout(look, LOOK_MS);
  }

  say(new TextEncoder().encode(token));
  await writing;
  await taken(folder);
  void look();
  return { say, close: end };
}

/** Wait until the first frame is taken. A gateway that was killed leaves its folders behind. */
async function taken(folder: string): Promise<void> {
  for (const until = Date.now() + OPENING_MS; Date.now() < until; ) {
    if (!(await files.readdir(folder)).includes("1.ask")) return;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  await files.unlink(`${folder}/1.ask`);
  await files.rmdir(folder);
  throw new Error("nobody reads what is left in the gateway's folder");
}
