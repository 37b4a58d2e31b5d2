// Unpacks LZMA (the .lzma form of the public LZMA specification, with an end marker). The reader of codes is a fifth smaller in it than in gzip,
// and a telephone unpacks it once. Only what our own build packed comes here.

const HALF = 1024, MATCH_LEAST = 2, STATES = 12;
const probabilities = (count: number): Uint16Array => new Uint16Array(count).fill(HALF);

class Bits {
  private range = 0xffffffff;
  private code = 0;

  constructor(private readonly bytes: Uint8Array, private place: number) {
    for (let n = 0; n < 5; n++) this.code = ((this.code << 8) | this.next()) >>> 0;
  }

  private next(): number {
    const byte = this.bytes[this.place++];
    if (byte === undefined) throw new Error("the packed part is cut off");
    return byte;
  }

  private normal(): void {
    if (this.range >= 0x1000000) return;
    this.range = (this.range << 8) >>> 0;
    this.code = ((this.code << 8) | this.next()) >>> 0;
  }

  bit(model: Uint16Array, at: number): number {
    const likely = model[at]!;
    const bound = (this.range >>> 11) * likely;
    const bit = this.code < bound ? 0 : 1;
    if (bit) {
      this.range -= bound;
      this.code -= bound;
      model[at] = likely - (likely >>> 5);
    } else {
      this.range = bound;
      model[at] = likely + ((2048 - likely) >>> 5);
    }
    this.normal();
    return bit;
  }

  /** So many bits of equal chance. */
  plain(count: number): number {
    let said = 0;
    for (; count; count--) {
      this.range >>>= 1;
      const bit = this.code >= this.range ? 1 : 0;
      if (bit) this.code -= this.range;
      said = said * 2 + bit;
      this.normal();
    }
    return said;
  }

  tree(model: Uint16Array, depth: number, from = 0): number {
    let node = 1;
    for (let n = 0; n < depth; n++) node = node * 2 + this.bit(model, from + node);
    return node - (1 << depth);
  }

  /** A tree whose lowest bit comes first. */
  backwards(model: Uint16Array, depth: number, from = 0): number {
    let node = 1, said = 0;
    for (let n = 0; n < depth; n++) {
      const bit = this.bit(model, from + node);
      node = node * 2 + bit;
      said |= bit << n;
    }
    return said;
  }
}

class Lengths {
  private readonly choice = probabilities(2);
  private readonly low = probabilities(16 << 3);
  private readonly middle = probabilities(16 << 3);
  private readonly high = probabilities(256);

  read(bits: Bits, position: number): number {
    if (!bits.bit(this.choice, 0)) return bits.tree(this.low, 3, position << 3);
    if (!bits.bit(this.choice, 1)) return 8 + bits.tree(this.middle, 3, position << 3);
    return 16 + bits.tree(this.high, 8);
  }
}

/** The unpacked bytes, at most ``most``. Throws where the packed ones are damaged. */
export function unpack(packed: Uint8Array, most: number): Uint8Array<ArrayBuffer> {
  const properties = packed[0]!;
  const [lc, lp, pb] = [properties % 9, Math.floor(properties / 9) % 5, Math.floor(properties / 45)];
  const bits = new Bits(packed, 13);
  const literals = probabilities(0x300 << (lc + lp));
  const [isMatch, isLong] = [probabilities(STATES << 4), probabilities(STATES << 4)];
  const [isRepeat, isFirst, isSecond, isThird] = [probabilities(STATES), probabilities(STATES), probabilities(STATES), probabilities(STATES)];
  const [slots, distances, align] = [probabilities(4 << 6), probabilities(128), probabilities(16)];
  const [lengths, repeats] = [new Lengths(), new Lengths()];
  const out = new Uint8Array(most);
  let size = 0, state = 0, last = [0, 0, 0, 0];

  const literal = (): number => {
    const from = 0x300 * (((size & ((1 << lp) - 1)) << lc) + ((size ? out[size - 1]! : 0) >>> (8 - lc)));
    let symbol = 1;
    if (state >= 7) {
      for (let match = out[size - last[0]! - 1]! << 1; symbol < 0x100; match <<= 1) {
        const expected = (match >>> 8) & 1;
        const bit = bits.bit(literals, from + ((1 + expected) << 8) + symbol);
        symbol = symbol * 2 + bit;
        if (bit !== expected) break;
      }
    }
    while (symbol < 0x100) symbol = symbol * 2 + bits.bit(literals, from + symbol);
    state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
    return symbol & 0xff;
  };

  const distance = (length: number): number => {
    const slot = bits.tree(slots, 6, Math.min(length, 3) << 6);
    if (slot < 4) return slot;
    const direct = (slot >>> 1) - 1;
    const base = (2 | (slot & 1)) * 2 ** direct;
    return slot < 14 ? base + bits.backwards(distances, direct, base - slot) : base + bits.plain(direct - 4) * 16 + bits.backwards(align, 4);
  };

  for (;;) {
    const position = size & ((1 << pb) - 1);
    if (!bits.bit(isMatch, (state << 4) + position)) {
      if (size >= most) throw new Error("the packed part is larger than it may be");
      out[size] = literal();
      size++;
      continue;
    }
    let length: number;
    if (bits.bit(isRepeat, state)) {
      if (!bits.bit(isFirst, state)) {
        if (!bits.bit(isLong, (state << 4) + position)) {
          state = state < 7 ? 9 : 11;
          if (size >= most || last[0]! >= size) throw new Error("the packed part is damaged");
          out[size] = out[size - last[0]! - 1]!;
          size++;
          continue;
        }
      } else {
        const which = !bits.bit(isSecond, state) ? 1 : 2 + bits.bit(isThird, state);
        last = [last[which]!, ...last.filter((_, place) => place !== which)];
      }
      length = repeats.read(bits, position);
      state = state < 7 ? 8 : 11;
    } else {
      length = lengths.read(bits, position);
      state = state < 7 ? 7 : 10;
      const far = distance(length);
      if (far === 0xffffffff) return out.slice(0, size);
      last = [far, ...last.slice(0, 3)];
    }
    length += MATCH_LEAST;
    if (last[0]! >= size || size + length > most) throw new Error("the packed part is damaged");
    for (; length; length--, size++) out[size] = out[size - last[0]! - 1]!;
  }
}
