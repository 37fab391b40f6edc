/** About a minute of a busy node. */
const SLOTS = 1 << 18

/**
 * Whether a message has been said on this node lately, by chat, sender and client id. Kept as fingerprints in a table
 * of fixed size, so that a message leaves nothing behind for the garbage collector: the oldest are overwritten, and
 * once in some hundred millions another message is taken for one that was said.
 */
export class RecentIds {
  readonly #slots = new Uint32Array(SLOTS)

  /** Notes it. True when it was noted before. */
  note(chatId: string, senderId: string, clientId: string): boolean {
    const print = hash(clientId, hash(senderId, hash(chatId, FNV_OFFSET)))
    const slot = (print ^ Math.imul(print, SLOT_FACTOR)) >>> SLOT_SHIFT
    const wasNoted = this.#slots[slot] === print
    this.#slots[slot] = print
    return wasNoted
  }
}

const FNV_OFFSET = 0x811c9dc5
const FNV_PRIME = 0x01000193
const SLOT_FACTOR = 0x9e3779b1
const SLOT_SHIFT = 32 - Math.log2(SLOTS)

/** FNV-1a, and a step between two texts. */
function hash(text: string, before: number): number {
  let value = before
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), FNV_PRIME)
  return Math.imul(value ^ 0xff, FNV_PRIME) >>> 0
}
