import { Redis } from 'ioredis'
import { cpuSeconds } from '../../engines/cpu.js'
import type { Engines } from '../../engines/engines.js'
import { numbers } from '../../load/worlds.js'

/** What a publish costs Redis, and each node that hears it, by how many hear it. */

const SUBSCRIBERS = [0, 1, 4, 16]
const ROUNDS = 8
const ROUND_MS = 1_000
/** Values of a command as a node has them in one turn, and what each carries. */
const AT_ONCE = 20
const PAYLOAD = 'x'.repeat(400)
/** The command that a node sends (src/adapters/bus-redis.ts). */
const PUBLISH_ALL = `for at = 1, #ARGV, 2 do redis.call('PUBLISH', ARGV[at], ARGV[at + 1]) end`

export async function measureFanOut(engines: Engines, say: (line: string) => void) {
  const { port } = engines.redis
  const runs = []
  for (const subscribers of SUBSCRIBERS) {
    say(`publishes to ${subscribers} subscribers…`)
    const publisher = new Redis({ port })
    const listening = numbers(subscribers).map(() => new Redis({ port }))
    let heard = 0
    for (const subscriber of listening) {
      await subscriber.subscribe('fan-out')
      subscriber.on('messageBuffer', () => {
        heard += 1
      })
    }
    const cpu = async () => (await cpuSeconds(engines.redis.pid())) ?? Number.NaN
    const rounds = []
    for (let round = 0; round < ROUNDS; round++) {
      const [startedAt, redisBefore, ownBefore] = [performance.now(), await cpu(), process.cpuUsage()]
      let published = 0
      while (performance.now() - startedAt < ROUND_MS) {
        await publisher.eval(PUBLISH_ALL, 0, ...numbers(AT_ONCE).flatMap(() => ['fan-out', PAYLOAD]))
        published += AT_ONCE
      }
      // Answered behind all that was published.
      await Promise.all(listening.map((one) => one.ping()))
      const { user, system } = process.cpuUsage(ownBefore)
      const redis = ((await cpu()) - redisBefore) * 1e6
      rounds.push({ published, redis: redis / published, listener: (user + system) / published })
    }
    runs.push({ subscribers, heard, rounds })
    for (const connection of [publisher, ...listening]) connection.disconnect()
  }
  return { atOnce: AT_ONCE, payloadBytes: PAYLOAD.length, runs }
}
