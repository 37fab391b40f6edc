import type { Room } from './room.js'

/** The rooms of this node by the members they tell presence to. */
export class MemberIndex {
  readonly #rooms = new Map<string, Set<Room>>()
  readonly #members = new Map<Room, readonly string[]>()

  roomsOf(userId: string): Iterable<Room> {
    return this.#rooms.get(userId) ?? []
  }

  /** The room's members are now these. */
  set(room: Room, members: ReadonlySet<string>): void {
    this.delete(room)
    if (members.size === 0) return
    this.#members.set(room, [...members])
    for (const userId of members) {
      const rooms = this.#rooms.get(userId)
      if (rooms === undefined) this.#rooms.set(userId, new Set([room]))
      else rooms.add(room)
    }
  }

  delete(room: Room): void {
    for (const userId of this.#members.get(room) ?? []) {
      const rooms = this.#rooms.get(userId)
      rooms?.delete(room)
      if (rooms?.size === 0) this.#rooms.delete(userId)
    }
    this.#members.delete(room)
  }
}
