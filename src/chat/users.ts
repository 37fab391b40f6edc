import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import type { Bus } from '../ports/bus.js'
import type { User } from '../protocol/objects.js'
import type { Store } from '../store/store.js'
import type { Naming } from '../store/users.js'
import { NAMES_CHANNEL } from './channels.js'
import type { Identity } from './tokens.js'

/** Names kept in memory: a name is looked up for every message. */
const NAMES_KEPT = 50_000
/** A name that another node learned from a newer token is seen here no later than this. */
const NAME_TTL_MS = 60_000

const naming = z.object({ id: z.string(), fullName: z.string(), namedAt: z.coerce.date() })

/** Users and their current names: the newest of what tokens and the marketplace's backend have said. */
export function createUsers({ store, bus }: { store: Store; bus: Bus }) {
  const known = new LRUCache<string, Naming>({ max: NAMES_KEPT, ttl: NAME_TTL_MS })

  function learn(namings: readonly Naming[]): void {
    for (const naming of namings) known.set(naming.id, naming)
  }

  return {
    /** The user of a token, under the name that counts now. */
    async identify({ userId, fullName, namedAt }: Identity): Promise<User> {
      const kept = known.get(userId)
      const isNews = fullName !== undefined && (kept === undefined || kept.namedAt < namedAt)
      if (isNews) learn(await store.users.name([{ id: userId, fullName, namedAt }]))
      return { id: userId, fullName: await this.nameOf(userId) }
    },

    /** The current name, or the id of a user who was never named. */
    async nameOf(userId: string): Promise<string> {
      const kept = known.get(userId)
      if (kept !== undefined) return kept.fullName
      const found = await store.users.names([userId])
      learn(found)
      return found[0]?.fullName ?? userId
    },

    /** A service's write: it counts until a newer token says otherwise. */
    async rename(namings: readonly Naming[]): Promise<void> {
      if (namings.length === 0) return
      const distinct = new Map(namings.map((naming) => [naming.id, naming]))
      const current = await store.users.name([...distinct.values()])
      learn(current)
      for (const naming of current) bus.publish(NAMES_CHANNEL, JSON.stringify(naming))
    },

    /** What another node's `rename` has said. */
    receive(payload: Buffer): void {
      const parsed = naming.safeParse(JSON.parse(payload.toString()))
      // Only what is in use here: a rename of somebody else is read when it is needed.
      if (parsed.success && known.has(parsed.data.id)) learn([parsed.data])
    },
  }
}

export type Users = ReturnType<typeof createUsers>
