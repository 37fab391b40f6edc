import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import type { Bus } from '../ports/bus.js'
import type { User } from '../protocol/objects.js'
import type { Store } from '../store/store.js'
import { isNews, type Naming } from '../store/users.js'
import { NAMES_CHANNEL } from './channels.js'
import { createLane } from './lane.js'
import type { Identity } from './tokens.js'

/** Names kept in memory: a name is looked up for every message. */
const NAMES_KEPT = 50_000
/** When a look-up reads a name anew, in case the word of its change was lost. */
const NAME_TTL_MS = 60_000

/** Names that are written together at most, and those that may wait: every connect says one. */
const BATCH = 200
const QUEUE = 20_000

const namingSchema = z.object({ id: z.string(), fullName: z.string(), namedAt: z.coerce.date() })

/** Tens of thousands are kept: a `Date` would take more than all the rest. */
interface Known {
  readonly fullName: string
  /** In milliseconds since 1970. */
  readonly namedAt: number
}

/** Users and their current names: the newest of what tokens and the marketplace's backend have said. */
export function createUsers({ store, bus }: { store: Store; bus: Bus }) {
  const known = new LRUCache<string, Known>({ max: NAMES_KEPT, ttl: NAME_TTL_MS })
  let tell: (user: User) => void = () => {}
  const naming = createLane<Naming, null>({ flush, batch: BATCH, queue: QUEUE })

  /** False for a name that is older than the one that is known: over the bus they come in any order. */
  function learn({ id, fullName, namedAt }: Naming): boolean {
    const kept = known.get(id)
    const at = namedAt.getTime()
    if (kept !== undefined && kept.namedAt > at) return false
    known.set(id, { fullName, namedAt: at })
    return true
  }

  function knownOf(id: string): Naming | undefined {
    const kept = known.get(id)
    return kept && { id, fullName: kept.fullName, namedAt: new Date(kept.namedAt) }
  }

  /** Of several names of one user the newest, and of those as new the last: a statement cannot write a row twice. */
  async function flush(namings: readonly Naming[]): Promise<null[]> {
    const newest = new Map<string, Naming>()
    for (const naming of namings) {
      const other = newest.get(naming.id)
      if (other === undefined || other.namedAt <= naming.namedAt) newest.set(naming.id, naming)
    }
    for (const { changed, ...naming } of await store.users.name([...newest.values()])) {
      learn(naming)
      if (!changed) continue
      // Here at once: whoever waits for the write is to find the new name in what is said next.
      tell({ id: naming.id, fullName: naming.fullName })
      bus.publish(NAMES_CHANNEL, JSON.stringify(naming))
    }
    return namings.map(() => null)
  }

  return {
    /** Set once, by whoever has the sessions: somebody has another name than before. */
    onRenamed(listener: (user: User) => void): void {
      tell = listener
    },

    /** The user of a token, under the name that counts now. */
    async identify({ userId, fullName, namedAt }: Identity): Promise<User> {
      if (fullName !== undefined) {
        const said = { id: userId, fullName, namedAt }
        if (isNews(knownOf(userId), said)) await naming.push(said)
      }
      return { id: userId, fullName: await this.nameOf(userId) }
    },

    /** The current name, or the id of a user who was never named. */
    async nameOf(userId: string): Promise<string> {
      const names = await this.namesOf([userId])
      return names.get(userId) ?? userId
    },

    /** The current names; a user who was never named is absent. */
    async namesOf(userIds: readonly string[]): Promise<Map<string, string>> {
      const unknown = userIds.filter((userId) => !known.has(userId))
      if (unknown.length > 0) for (const naming of await store.users.names(unknown)) learn(naming)
      return new Map(
        userIds.flatMap((userId) => {
          const kept = known.get(userId)
          return kept === undefined ? [] : [[userId, kept.fullName]]
        }),
      )
    },

    /** A service's write: it counts until a newer token says otherwise. */
    async rename(namings: readonly Naming[]): Promise<void> {
      await Promise.all(namings.map(async (one) => await naming.push(one)))
    },

    /** What any node's write, this one's too, has said over the bus. */
    receive(payload: Buffer): void {
      const renamed = namingSchema.safeParse(JSON.parse(payload.toString())).data
      if (renamed !== undefined && learn(renamed)) tell({ id: renamed.id, fullName: renamed.fullName })
    },
  }
}

export type Users = ReturnType<typeof createUsers>
