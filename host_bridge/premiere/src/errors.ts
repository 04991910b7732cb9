/** Something a person may be told: a stable code, one sentence, and what to do now. */
export class CuelockError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly hint: string,
    readonly retryable = false,
  ) {
    super(message);
  }

  get sentences(): string {
    return `${this.message} ${this.hint}`;
  }
}

/** Whatever was thrown, as something to tell. */
export function told(thrown: unknown): CuelockError {
  if (thrown instanceof CuelockError) return thrown;
  const words = thrown instanceof Error ? thrown.message : String(thrown);
  return new CuelockError(
    "internal.bug",
    `A defect of cuelock has ended this: ${words}.`,
    "Please report it with the version of Premiere.",
  );
}
