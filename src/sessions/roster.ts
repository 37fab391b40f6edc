import { Multimap } from './multimap.js'

/**
 * Who has joined one chat on other nodes, as far as those have said.
 *
 * A hint like all that comes over the bus: it decides whether `user_joined` and `user_left` are told, nothing
 * else. A node without users here is forgotten: when it turns up again it has forgotten us too, and is told anew.
 */
export class Roster {
  /** By their node. */
  readonly #users = new Multimap<string>()

  /** True when nothing is known of the node. */
  isNew(nodeId: string): boolean {
    return !this.#users.has(nodeId)
  }

  add(nodeId: string, userId: string): void {
    this.#users.add(nodeId, userId)
  }

  /** False when the node had not said that the user is there. */
  remove(nodeId: string, userId: string): boolean {
    return this.#users.delete(nodeId, userId)
  }

  /** The user is gone from every other node; false when it was on none. */
  forget(userId: string): boolean {
    const nodes = [...this.#users.keys()]
    return nodes.filter((nodeId) => this.remove(nodeId, userId)).length > 0
  }

  has(userId: string): boolean {
    for (const nodeId of this.#users.keys()) if (this.#users.includes(nodeId, userId)) return true
    return false
  }
}
