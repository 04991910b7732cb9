// The panel's page: shows what there is, and hands each button on to the session. State lives in the
// session and in Premiere; here are only words.
import type { Placement, TakeSummary } from "./contract";
import { told } from "./errors";
import { Session, type Progress, type Where } from "./session";
import { labelOfFrame, type Rate } from "./time";
import { Timeline } from "./timeline";
import { pause } from "./uxp";

const LOOK_MS = 1000;
const OWN_TRACK = "cuelock’s own";

export class Panel {
  private readonly session: Session;
  private working = false;

  constructor(session: (progress: Progress) => Session) {
    this.session = session((stage, done) => this.showProgress(stage, done));
    this.addLayer();
    pressed("start", () => this.work(() => this.session.start().then(() => "cuelock is starting …")));
    pressed("add", () => this.addLayer().focus());
    pressed("sound", () => this.sound());
    pressed("texture", () => this.work(() => this.session.texture(this.where()).then(outcome)));
    pressed("events", () => this.work(() => this.session.events().then((n) => `${n} events are marked.`)));
    pressed("cancel", () => this.cancel());
  }

  /** Look at Premiere and at the gateway again and again, as long as there is a panel. */
  async live(): Promise<never> {
    for (let known = false; ; await pause(LOOK_MS)) {
      await this.showRange();
      const open = await this.session.reach().catch(told);
      const error = "sentences" in open ? open : undefined;
      show("state", error ? error.sentences : "connected", error ? "bad" : "good");
      element("away").className = error ? "" : "away";
      if (!error && !known) await this.showTakes();
      known = !error;
    }
  }

  private sound(): Promise<void> {
    const texts = inputs().map((input) => input.value.trim()).filter((text) => text !== "");
    const variations = Number(select("variations").value);
    return this.work(() => this.session.sound(texts, variations, this.where()).then(outcome));
  }

  /** One thing at a time: what is done meanwhile, and what came of it, a sentence each. */
  private async work(does: () => Promise<string>): Promise<void> {
    if (this.working) return;
    const held = document.activeElement as HTMLElement | null;
    this.busy(true);
    element("cancel").focus();
    show("told", "");
    this.showProgress("starting", 0);
    try {
      show("told", await does(), "");
    } catch (thrown) {
      show("told", told(thrown).sentences, "bad");
    }
    await this.showTakes();
    this.busy(false);
    (held && document.body.contains(held) ? held : element("sound")).focus();
  }

  private async cancel(): Promise<void> {
    show("stage", "cancelling …");
    await this.session.cancel();
  }

  private busy(working: boolean): void {
    this.working = working;
    element("working").className = working ? "" : "away";
    document.querySelectorAll("button").forEach((button) => (button.disabled = working));
    (element("cancel") as HTMLButtonElement).disabled = !working;
  }

  private where(variation = 0): Where {
    return { onto: select("onto").value || null, variation };
  }

  private addLayer(): HTMLInputElement {
    const row = made("div", "row");
    const input = made("input", "wide") as HTMLInputElement;
    input.placeholder = "footsteps on gravel";
    input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault(); // else the same key presses what gets the focus meanwhile: Cancel
      void this.sound();
    });
    const remove = button("Remove", () => {
      if (inputs().length > 1) row.remove();
      else input.value = "";
    });
    filled(row, input, remove);
    filled(element("layers"), row);
    return input;
  }

  private async showRange(): Promise<void> {
    try {
      const timeline = await Timeline.inFront();
      const range = await timeline.range();
      const label = (frame: number) => labelOfFrame(range.first + frame, timeline.exactRate);
      show("range", `${label(range.start)} – ${label(range.stop)}`);
      show("sequence", `${range.stop - range.start} frames · ${range.timeline} · ${shownRate(timeline.exactRate)}`);
      this.showTracks(await timeline.trackNames());
    } catch (thrown) {
      show("range", "–");
      show("sequence", told(thrown).sentences);
    }
  }

  private showTracks(names: string[]): void {
    const list = select("onto");
    const chosen = list.value;
    const shown = Array.from(list.children, (option) => (option as HTMLOptionElement).value);
    if (shown.join("\n") === ["", ...names].join("\n")) return;
    list.textContent = "";
    for (const name of ["", ...names]) {
      const option = made("option") as HTMLOptionElement;
      option.value = name;
      option.textContent = name || OWN_TRACK;
      filled(list, option);
    }
    list.value = names.includes(chosen) ? chosen : "";
  }

  private showProgress(stage: string, done: number): void {
    show("stage", `${stage} …`);
    (element("done") as HTMLProgressElement).value = done;
  }

  private async showTakes(): Promise<void> {
    const takes = await this.session.takes().catch(() => undefined);
    if (!takes) return;
    const list = element("takes");
    list.textContent = "";
    for (const take of takes) filled(list, this.take(take));
    if (takes.length === 0) list.textContent = "None yet.";
  }

  private take({ record, star }: TakeSummary): HTMLElement {
    const { take, range, stems } = record.reply;
    const box = made("div", "take");
    const [top, bottom] = [made("div", "row"), made("div", "row")];
    filled(top, made("div", "wide name", [...new Set(stems.map((stem) => stem.layer))].join(", ")));
    const best = [...stems].sort((one, other) => one.rank - other.rank);
    const variations = new Set(best.map((stem) => stem.variation));
    for (const variation of variations) {
      filled(
        bottom,
        button(variations.size > 1 ? `Place ${variation + 1}` : "Place", () =>
          this.work(() => this.session.place(take, this.where(variation)).then(outcome)),
        ),
      );
    }
    filled(
      bottom,
      button(star ? "★ Unstar" : "☆ Star", () =>
        this.work(() => this.session.star(take, !star).then(() => "")),
      ),
      made("div", "quiet", `${range.in} · ${take.slice(0, 4)}`),
    );
    return filled(box, top, bottom);
  }
}

/** What has become of each stem. */
function outcome(placements: Placement[]): string {
  const words = { place: "is planned on", there: "stands already on", placed: "is placed on", refused: "" };
  return placements
    .map(({ state, stem, track_name, reason }) =>
      state === "refused"
        ? `${stem.layer} was not placed: ${reason}`
        : `${stem.layer} ${words[state]} ${track_name}.`,
    )
    .join("\n");
}

function shownRate({ numerator, denominator, drop }: Rate): string {
  const number = (numerator / denominator).toFixed(3).replace(/\.?0+$/, "");
  return `${number} fps${drop ? " drop-frame" : ""}`;
}

function element(id: string): HTMLElement {
  return document.getElementById(id)!;
}

function select(id: string): HTMLSelectElement {
  return element(id) as HTMLSelectElement;
}

function inputs(): HTMLInputElement[] {
  const found: HTMLInputElement[] = [];
  element("layers").querySelectorAll("input").forEach((input) => found.push(input));
  return found;
}

function made(kind: string, classes = "", text = ""): HTMLElement {
  const node = document.createElement(kind);
  node.className = classes;
  node.textContent = text;
  return node;
}

function filled(parent: HTMLElement, ...children: HTMLElement[]): HTMLElement {
  for (const child of children) parent.appendChild(child);
  return parent;
}

function button(text: string, does: () => unknown): HTMLButtonElement {
  const node = made("button", "", text) as HTMLButtonElement;
  node.addEventListener("click", () => void does());
  return node;
}

function pressed(id: string, does: () => unknown): void {
  element(id).addEventListener("click", () => void does());
}

function show(id: string, text: string, kind?: "" | "good" | "bad"): void {
  const node = element(id);
  node.textContent = text;
  if (kind !== undefined) node.className = kind;
}
