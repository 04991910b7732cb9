// UXP has neither TextEncoder nor TextDecoder, and the msgpack library asks for both as it loads.
// Imported before it.

class Encoder {
  encode(text: string): Uint8Array {
    const bytes: number[] = [];
    for (const sign of text) {
      const code = sign.codePointAt(0)!;
      if (code < 0x80) bytes.push(code);
      else if (code < 0x800) bytes.push(0xc0 | (code >> 6), tail(code));
      else if (code < 0x10000) bytes.push(0xe0 | (code >> 12), tail(code >> 6), tail(code));
      else bytes.push(0xf0 | (code >> 18), tail(code >> 12), tail(code >> 6), tail(code));
    }
    return new Uint8Array(bytes);
  }

  encodeInto(text: string, into: Uint8Array): { read: number; written: number } {
    const bytes = this.encode(text);
    into.set(bytes);
    return { read: text.length, written: bytes.length };
  }
}

class Decoder {
  /** The text of well-formed UTF-8, which is all that msgpack brings. */
  decode(bytes: Uint8Array): string {
    let text = "";
    for (let at = 0; at < bytes.length; ) {
      const first = bytes[at]!;
      const more = first < 0x80 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
      let code = more === 0 ? first : first & (0x3f >> more);
      for (let n = 1; n <= more; n++) code = (code << 6) | (bytes[at + n]! & 0x3f);
      text += String.fromCodePoint(code);
      at += more + 1;
    }
    return text;
  }
}

function tail(code: number): number {
  return 0x80 | (code & 0x3f);
}

const world = globalThis as { TextEncoder?: unknown; TextDecoder?: unknown };
world.TextEncoder ??= Encoder;
world.TextDecoder ??= Decoder;
