/** Numbers that look random and are the same for the same seed: what is drawn from them can be replayed. */
export interface Random {
  /** At least 0 and below 1. */
  next(): number
  /** An integer, both ends included. */
  between(least: number, most: number): number
  /** True so many times of one. */
  chance(share: number): boolean
  /** One of the items. @throws when there are none */
  pick<T>(items: readonly T[]): T
  shuffle<T>(items: readonly T[]): T[]
  /** Another source, that depends on the seed and the name alone and not on what was drawn here. */
  fork(name: string): Random
}

/** Mulberry32: one state of 32 bits, which is plenty for a schedule. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0
  const random: Random = {
    next() {
      state = (state + 0x6d2b79f5) >>> 0
      let mixed = Math.imul(state ^ (state >>> 15), state | 1)
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
    },
    between: (least, most) => least + Math.floor(random.next() * (most - least + 1)),
    chance: (share) => random.next() < share,
    pick(items) {
      const item = items[Math.floor(random.next() * items.length)]
      if (item === undefined) throw new Error('there is nothing to pick from')
      return item
    },
    shuffle(items) {
      return items
        .map((item) => ({ item, rank: random.next() }))
        .sort((a, b) => a.rank - b.rank)
        .map(({ item }) => item)
    },
    fork: (name) => createRandom(mix(seed, name)),
  }
  return random
}

/** FNV-1a of the name, begun at the seed. */
function mix(seed: number, name: string): number {
  let hash = (0x811c9dc5 ^ seed) >>> 0
  for (const byte of Buffer.from(name)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0
  return hash
}
