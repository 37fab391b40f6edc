import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Engines } from '../../engines/engines.js'
import { withClient } from '../../engines/with-client.js'
import { settled } from '../conversation.js'
import { costsOf } from '../figures/costs.js'
import { lossOf } from '../figures/loss.js'
import type { Talk } from '../generator/orders.js'
import { type Measured, setStage } from '../stage.js'
import { createParley } from '../systems/parley.js'
import { numbers, pairs } from '../worlds.js'
import type { Checkout } from './checkout.js'
import type { Slice } from './ratios.js'

const CHATS = 500
const NODES = 2

/** One of the two that are compared: its nodes stand all the while, and wait while the other one works. */
export interface Side {
  readonly name: string
  /** Lets it work for so many seconds, and until all that was said in them has come. */
  work(loop: Talk['loop'], seconds: number): Promise<Slice>
  /** What of all that was said has not come, or not well. */
  loss(): Promise<ReturnType<typeof lossOf>>
  end(): Promise<void>
}

/** The nodes of a commit on a database and a Redis of their own, with 500 chats of two whose members have come. */
export async function createSide(
  engines: Engines,
  label: string,
  { entry, name }: Checkout,
  wait: (seconds: number) => Promise<void>,
): Promise<Side> {
  const folder = join(engines.folder, label)
  await mkdir(folder, { recursive: true })
  const system = createParley(entry)
  const stage = await setStage({
    engines: {
      ...{ ...engines, folder, redis: await engines.startRedis(label) },
      postgres: { ...engines.postgres, url: await freshDatabase(engines.postgres.url, label) },
    },
    ...{ system, world: pairs(CHATS), nodes: NODES },
  })
  await stage.arrive(numbers(2 * CHATS))

  return {
    name,
    // From nothing on its way to nothing on its way: no message is paid for in one turn and counted in another.
    async work(loop, seconds) {
      const measured = await stage.measure(async () => {
        stage.generator.talk({ loop, repeats: 0, speakers: numbers(2 * CHATS) })
        await wait(seconds)
        stage.generator.hush()
        await settled(stage.generator, 1)
      })
      return toSlice(measured)
    },
    loss: async () => lossOf(await stage.generator.tell(), 1),
    end: stage.end,
  }

  function toSlice({ seconds, heard, usage }: Measured<unknown>): Slice {
    return {
      perSecond: heard.delivered / seconds,
      cpu: costsOf(usage, heard.delivered, system.uses).servers,
      p99: heard.deliveries.p99 ?? Number.NaN,
    }
  }
}

async function freshDatabase(url: string, name: string): Promise<string> {
  await withClient(url, (client) => client.query(`create database ${client.escapeIdentifier(name)}`))
  const own = new URL(url)
  own.pathname = `/${name}`
  return own.href
}
