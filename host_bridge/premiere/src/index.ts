// The panel's start: whose cuelock it belongs to is written beside it when it is packaged.
import { Panel } from "./panel";
import { Session, type Place } from "./session";
import { readJson } from "./uxp";

async function start(): Promise<void> {
  const place = (await readJson("plugin:/home.json")) as Place;
  const panel = new Panel((progress) => new Session(place, progress));
  await panel.live();
}

start().catch((error: unknown) => {
  const sentence = `The panel could not start (${error}). Install it anew with “cuelock hosts install premiere”.`;
  document.getElementById("state")!.textContent = sentence;
});
