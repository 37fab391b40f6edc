import { Multimap } from './multimap.js'
import type { Room } from './room.js'

/** The rooms of this node by the members they tell presence to. */
export class MemberIndex {
  readonly #rooms = new Multimap<Room>()
  readonly #members = new Map<Room, readonly string[]>()

  roomsOf(userId: string): Iterable<Room> {
    return this.#rooms.of(userId)
  }

  /** The room's members are now these. */
  set(room: Room, members: readonly string[]): void {
    this.delete(room)
    if (members.length === 0) return
    this.#members.set(room, members)
    for (const userId of members) this.#rooms.add(userId, room)
  }

  delete(room: Room): void {
    for (const userId of this.#members.get(room) ?? []) this.#rooms.delete(userId, room)
    this.#members.delete(room)
  }
}
