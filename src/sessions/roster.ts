/**
 * Who has joined one chat, on this node and, as far as the others have said, on theirs.
 *
 * A hint like all that comes over the bus: it decides whether `user_joined` and `user_left` are told, nothing
 * else. It lives as long as the chat is in use on this node; what it missed ends with it.
 */
export class Roster {
  /** Users joined elsewhere, by the nodes that say so. */
  readonly #elsewhere = new Map<string, Set<string>>()
  readonly #nodes = new Set<string>()

  /** True when the node had not been heard of in this chat. */
  meet(nodeId: string): boolean {
    if (this.#nodes.has(nodeId)) return false
    this.#nodes.add(nodeId)
    return true
  }

  add(nodeId: string, userId: string): void {
    const nodes = this.#elsewhere.get(userId)
    if (nodes === undefined) this.#elsewhere.set(userId, new Set([nodeId]))
    else nodes.add(nodeId)
  }

  remove(nodeId: string, userId: string): void {
    const nodes = this.#elsewhere.get(userId)
    nodes?.delete(nodeId)
    if (nodes?.size === 0) this.#elsewhere.delete(userId)
  }

  /** The user is gone from every other node; false when it was on none. */
  forget(userId: string): boolean {
    return this.#elsewhere.delete(userId)
  }

  has(userId: string): boolean {
    return this.#elsewhere.has(userId)
  }
}
