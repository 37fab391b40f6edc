/** How many there are of each key; a key of which there are none is not kept. */
export function createTally() {
  const counts = new Map<string, number>()

  return {
    of(key: string): number {
      return counts.get(key) ?? 0
    },

    add(key: string): void {
      counts.set(key, (counts.get(key) ?? 0) + 1)
    },

    /** Answers how many are left. */
    drop(key: string): number {
      const left = (counts.get(key) ?? 1) - 1
      if (left > 0) counts.set(key, left)
      else counts.delete(key)
      return left
    },
  }
}
