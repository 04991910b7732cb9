// What lies outside the page and is real: files, and sound files as an importer reads them. Asked of
// the test's process, which answers by calling `answered`.

declare function outside(question: string): void;

interface Sound {
  samples: number;
  rate: number;
}

const waiting = new Map<number, { resolve(value: never): void; reject(error: Error): void }>();
let asked = 0;

function ask<Value>(what: string, ...args: string[]): Promise<Value> {
  return new Promise((resolve, reject) => {
    waiting.set(++asked, { resolve, reject });
    outside(JSON.stringify({ id: asked, what, args }));
  });
}

export function answered(id: number, value: unknown, error: string | null): void {
  const asker = waiting.get(id)!;
  waiting.delete(id);
  if (error === null) asker.resolve(value as never);
  else asker.reject(new Error(error));
}

/** A movie of frames [start, stop) of a sequence, each showing its number; half of one where it breaks off. */
export function movie(path: string, start: number, stop: number, rate: string, whole: boolean): Promise<number> {
  return ask("movie", path, String(start), String(stop), rate, String(whole));
}

/** Its length, or null for what is no sound file. */
export function sound(path: string): Promise<Sound | null> {
  return ask("sound", path);
}

/** UXP's `shell`: the user lets the panel open what its manifest names the endings of. */
export const shell = {
  async openPath(path: string, why: string): Promise<string> {
    if (!why) throw new Error("Illegal Parameter type");
    if (!/\.(command|cmd)$/.test(path)) return "permission denied";
    return ask<string>("open", path).catch((error: Error) => error.message);
  },
};

/** UXP's `fs`: promises, bytes unless an encoding is asked for, and "plugin:/" for its own folder. */
export const fs = {
  async readFile(path: string): Promise<ArrayBuffer> {
    const text = atob(await ask<string>("readFile", path));
    return Uint8Array.from(text, (sign) => sign.charCodeAt(0)).buffer;
  },
  async writeFile(path: string, data: Uint8Array): Promise<number> {
    if (!(data instanceof Uint8Array)) throw new Error("Illegal Parameter type");
    await ask("writeFile", path, btoa(String.fromCharCode(...data)));
    return data.length;
  },
  rename: (from: string, to: string) => ask<number>("rename", from, to),
  unlink: (path: string) => ask<number>("unlink", path),
  mkdir: (path: string) => ask<number>("mkdir", path),
  rmdir: (path: string) => ask<number>("rmdir", path),
  readdir: (path: string) => ask<string[]>("readdir", path),
  lstat: async (path: string) => ({ size: await ask<number>("lstat", path) }),
};
