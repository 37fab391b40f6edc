/**
 * Several values by key, where nearly every key has one: that one is kept as itself. A Set of one takes ten times as
 * much, and there is one for every user and chat of the node.
 */
export class Multimap<Value extends object | string> {
  #kept: Map<string, Value | Set<Value>> | undefined

  keys(): Iterable<string> {
    return this.#kept?.keys() ?? []
  }

  has(key: string): boolean {
    return this.#kept?.has(key) ?? false
  }

  includes(key: string, value: Value): boolean {
    const kept = this.#kept?.get(key)
    return kept === value || (kept instanceof Set && kept.has(value))
  }

  of(key: string): Iterable<Value> {
    const kept = this.#kept?.get(key)
    if (kept instanceof Set) return kept
    return kept === undefined ? [] : [kept]
  }

  *values(): Iterable<Value> {
    for (const kept of this.#kept?.values() ?? []) {
      if (kept instanceof Set) yield* kept
      else yield kept
    }
  }

  /** True when it is the key's first. */
  add(key: string, value: Value): boolean {
    this.#kept ??= new Map()
    const kept = this.#kept.get(key)
    if (kept instanceof Set) kept.add(value)
    else if (kept !== value) this.#kept.set(key, kept === undefined ? value : new Set([kept, value]))
    return kept === undefined
  }

  /** False when the key did not have it. */
  delete(key: string, value: Value): boolean {
    const kept = this.#kept?.get(key)
    if (kept === value) return this.#kept?.delete(key) ?? false
    if (!(kept instanceof Set) || !kept.delete(value)) return false
    if (kept.size === 0) this.#kept?.delete(key)
    return true
  }
}
