import { randomUUID } from 'node:crypto'
import type { Redis } from 'ioredis'
import { z } from 'zod'
import type { OpenSession, SessionRegistry } from '../ports/session-registry.js'
import { createOwnSessions } from './own-sessions.js'

/** One hash tag, so that a cluster keeps all of it in one slot and a script may touch it together. */
const USER = '{parley:sessions}:user:'
const WRITING = '{parley:sessions}:writing:'
/** Of a writing, a UUID. */
const ID_LENGTH = 36

/** A user's set that nobody writes any more goes away by itself; those of open sessions are written again in time. */
const USER_TTL_MS = 3_600_000
const REWRITE_MS = USER_TTL_MS / 3

/** Sessions that are written at once. */
const CHUNK = 500

/** Time is Redis' own, and a session has its age, so that nodes with different clocks agree on which is the oldest. */
const ADD = `
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
redis.call('ZADD', KEYS[1], 'NX', now - ARGV[2], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ${USER_TTL_MS})
for _, member in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  if redis.call('EXISTS', '${WRITING}' .. string.sub(member, 1, ${ID_LENGTH})) == 0 then
    redis.call('ZREM', KEYS[1], member)
  end
end
return redis.call('ZRANGE', KEYS[1], 0, -1 - ARGV[3])`

/** The sessions of the one before count no more, from the moment on at which this one stands. */
const BEGIN_WRITING = `
redis.call('DEL', KEYS[1])
return redis.call('SET', KEYS[2], 1, 'PX', ARGV[1])`

const members = z.array(z.string())

/**
 * The registry in Redis: a sorted set for each user, of its sessions by the time of their beginning.
 *
 * A member begins with the id of the *writing* it belongs to, and counts while that one's key stands, which its node
 * renews with its lease. A node begins a new writing, and writes all of its sessions into it, whenever it is not sure
 * any more what Redis has: so nothing of what was lost, or went to Redis and was not answered, has to be found again.
 */
export function createRedisSessionRegistry(
  redis: Redis,
  { leaseMs, most }: { leaseMs: number; most: number },
): SessionRegistry {
  const own = createOwnSessions(most)
  let writing: string = randomUUID()
  /** All of `own` is in Redis, as far as this node knows. */
  let isStanding = false
  let writtenAt = 0

  async function write({ userId, sessionId }: OpenSession, begunAt: number): Promise<OpenSession[]> {
    const ageMs = performance.now() - begunAt
    const beyond = await redis.eval(ADD, 1, USER + userId, writing + sessionId, ageMs, most)
    return members.parse(beyond).map((member) => ({ userId, sessionId: member.slice(ID_LENGTH) }))
  }

  async function beginWriting(): Promise<void> {
    const next = randomUUID()
    await redis.eval(BEGIN_WRITING, 2, WRITING + writing, WRITING + next, leaseMs)
    writing = next
    isStanding = true
  }

  /** Those that begin meanwhile write themselves. */
  async function writeAll(): Promise<OpenSession[]> {
    writtenAt = performance.now()
    const all = [...own.all()]
    const beyond = new Map<string, OpenSession>()
    for (let start = 0; start < all.length; start += CHUNK) {
      // Looked up in the turn in which it is sent: one that ends later is removed later.
      const open = all.slice(start, start + CHUNK).filter(own.has)
      for (const answer of await Promise.all(open.map((one) => write(one, one.begunAt))))
        for (const session of answer) beyond.set(session.sessionId, session)
    }
    return [...beyond.values()]
  }

  return {
    async add(session) {
      const begunAt = performance.now()
      own.add(session, begunAt)
      try {
        if (isStanding) return await write(session, begunAt)
      } catch {
        isStanding = false
      }
      return own.beyond(session.userId)
    },

    remove(session) {
      own.remove(session)
      if (!isStanding) return
      redis.zrem(USER + session.userId, writing + session.sessionId).catch(() => {
        isStanding = false
      })
    },

    async renew() {
      try {
        if (isStanding && (await redis.pexpire(WRITING + writing, leaseMs)) === 0) isStanding = false
        if (isStanding && performance.now() - writtenAt < REWRITE_MS) return []
        if (!isStanding) await beginWriting()
        return await writeAll()
      } catch {
        isStanding = false
        return []
      }
    },
  }
}
