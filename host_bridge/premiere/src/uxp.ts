/** UXP's `fs` as far as it is used here. Adobe's definitions demand the callback that UXP does not. */
export interface Files {
  readFile(path: string): Promise<ArrayBuffer>;
  writeFile(path: string, data: Uint8Array): Promise<number>;
  rename(from: string, to: string): Promise<number>;
  unlink(path: string): Promise<number>;
  mkdir(path: string): Promise<number>;
  rmdir(path: string): Promise<number>;
  readdir(path: string): Promise<string[]>;
  lstat(path: string): Promise<{ size: number }>;
}

/** UXP's `shell`. openPath asks the user and gives "" when the file was opened, else why not. */
interface Shell {
  openPath(path: string, why: string): Promise<string>;
}

declare function require(name: "fs" | "uxp"): unknown;

export const files = require("fs") as Files;
export const { shell } = require("uxp") as { shell: Shell };

const decoder = () => new TextDecoder();

/** A file of UTF-8 JSON. Throws whatever UXP does when there is none. */
export async function readJson(path: string): Promise<unknown> {
  return JSON.parse(decoder().decode(new Uint8Array(await files.readFile(path))));
}

/** How many bytes a file has, 0 where it is not there. */
export async function sizeOf(path: string): Promise<number> {
  return files.lstat(path).then(
    ({ size }) => Number(size),
    () => 0,
  );
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
