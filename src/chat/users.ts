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

  async function write(namings: readonly Naming[]): Promise<void> {
    for (const { changed, ...naming } of await store.users.name(namings)) {
      known.set(naming.id, naming)
      if (changed) bus.publish(NAMES_CHANNEL, JSON.stringify(naming))
    }
  }

  return {
    /** The user of a token, under the name that counts now. */
    async identify({ userId, fullName, namedAt }: Identity): Promise<User> {
      const kept = known.get(userId)
      const isNews = fullName !== undefined && (kept === undefined || kept.namedAt < namedAt)
      if (isNews) await write([{ id: userId, fullName, namedAt }])
      return { id: userId, fullName: await this.nameOf(userId) }
    },

    /** The current name, or the id of a user who was never named. */
    async nameOf(userId: string): Promise<string> {
      const kept = known.get(userId) ?? (await store.users.names([userId]))[0]
      if (kept === undefined) return userId
      known.set(userId, kept)
      return kept.fullName
    },

    /** A service's write: it counts until a newer token says otherwise. */
    async rename(namings: readonly Naming[]): Promise<void> {
      // The last word on each: a statement cannot write one row twice.
      const distinct = new Map(namings.map((naming) => [naming.id, naming]))
      if (distinct.size > 0) await write([...distinct.values()])
    },

    /** What any node's write has said over the bus; undefined when it is not understood. */
    receive(payload: Buffer): User | undefined {
      const renamed = naming.safeParse(JSON.parse(payload.toString())).data
      if (renamed === undefined) return undefined
      // Only what is in use here: another name is read when it is needed.
      if (known.has(renamed.id)) known.set(renamed.id, renamed)
      return { id: renamed.id, fullName: renamed.fullName }
    },
  }
}

export type Users = ReturnType<typeof createUsers>
