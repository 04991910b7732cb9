// Exact time as Premiere counts it: ticks, in whole numbers. 254016000000 ticks a second make every
// frame of every rate here and every sample at 48 kHz a whole number of ticks. An hour of them comes
// near to what a double holds exactly, so they are BigInt.
import { CuelockError } from "./errors";

export const TICKS_PER_SECOND = 254_016_000_000n;
const TICKS_PER_SAMPLE = TICKS_PER_SECOND / 48_000n;

/** Frames a second as a fraction, and whether labels drop. Source of the laws: SMPTE ST 12-1. */
export interface Rate {
  readonly numerator: number;
  readonly denominator: number;
  readonly drop: boolean;
}

const RATES: readonly (readonly [number, number])[] = [
  [24000, 1001], [24, 1], [25, 1], [30000, 1001], [30, 1], [48, 1], [50, 1],
  [60000, 1001], [60, 1], [100, 1], [120000, 1001], [120, 1],
];

/** The rate whose frames last so many ticks. Throws CuelockError request.rate. */
export function rateOfTimebase(ticksPerFrame: bigint, drop: boolean): Rate {
  for (const [numerator, denominator] of RATES) {
    const rate = { numerator, denominator, drop: drop && numerator % 30_000 === 0 };
    if (ticksOfFrame(1, rate) === ticksPerFrame) return rate;
  }
  const shown = Number(TICKS_PER_SECOND) / Number(ticksPerFrame);
  throw new CuelockError(
    "request.rate",
    `The sequence runs at ${shown.toFixed(3)} frames a second, which is not a rate cuelock works at.`,
    "Use a sequence at 23.976, 24, 25, 29.97, 30, 48, 50, 59.94, 60, 100, 119.88 or 120.",
  );
}

/** The rate that a medium's frames a second, as Premiere rounds them, stand for; else undefined. */
export function rateNear(framesPerSecond: number): Rate | undefined {
  const found = RATES.find(([n, d]) => Math.abs(n / d / framesPerSecond - 1) < 0.0005 / 2);
  return found && { numerator: found[0], denominator: found[1], drop: false };
}

/** As the engine writes it: "30000/1001 DF". */
export function rateText(rate: Rate): string {
  const { numerator, denominator } = rate;
  const number = denominator > 1 ? `${numerator}/${denominator}` : `${numerator}`;
  return rate.drop ? `${number} DF` : number;
}

export function ticksOfFrame(frame: number, rate: Rate): bigint {
  return (BigInt(frame) * TICKS_PER_SECOND * BigInt(rate.denominator)) / BigInt(rate.numerator);
}

/** The frame that holds a tick. */
export function frameOfTicks(ticks: bigint, rate: Rate): number {
  return Number(floored(ticks, ticksOfFrame(1, rate)));
}

/** The frame that begins at a tick, else the one after it. */
export function frameFromTicks(ticks: bigint, rate: Rate): number {
  return -frameOfTicks(-ticks, rate);
}

/** The sample at 48 kHz nearest to a tick; half samples go up. */
export function sampleOfTicks(ticks: bigint): number {
  return Number(floored(2n * ticks + TICKS_PER_SAMPLE, 2n * TICKS_PER_SAMPLE));
}

/** Where the frame begins that begins nearest to a sample: a clip stands on frames. */
export function frameTicksOfSample(sample: number, rate: Rate): bigint {
  const frame = ticksOfFrame(1, rate);
  return floored(2n * BigInt(sample) * TICKS_PER_SAMPLE + frame, 2n * frame) * frame;
}

/** SMPTE label of a frame counted from midnight; wraps at 24 hours. */
export function labelOfFrame(counted: number, rate: Rate): string {
  const nominal = Math.ceil(rate.numerator / rate.denominator);
  const dropped = rate.drop ? nominal / 15 : 0;
  const perTenMinutes = 600 * nominal - 9 * dropped;
  const perDay = 144 * perTenMinutes;
  let frame = ((counted % perDay) + perDay) % perDay;
  const tens = Math.floor(frame / perTenMinutes);
  const rest = Math.max(0, (frame % perTenMinutes) - dropped);
  frame += dropped * (9 * tens + Math.floor(rest / (60 * nominal - dropped)));
  const seconds = Math.floor(frame / nominal);
  const two = (n: number) => String(n).padStart(2, "0");
  const clock = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].map(two);
  const frames = String(frame % nominal).padStart(nominal > 100 ? 3 : 2, "0");
  return `${clock.join(":")}${rate.drop ? ";" : ":"}${frames}`;
}

function floored(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  return dividend % divisor < 0n ? quotient - 1n : quotient;
}
