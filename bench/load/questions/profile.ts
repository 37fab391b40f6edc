import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { count } from '../../flags.js'
import type { Table } from '../../report/outcome.js'
import { arriveWithBar } from '../arrival.js'
import { shown } from '../figures/medians.js'
import { allocated } from '../profile/allocations.js'
import { selfTimes, toTree, withoutIdle } from '../profile/cpu-profile.js'
import { toFlameGraph } from '../profile/flame-graph.js'
import { byFunction, byOwner, type Place, ranked } from '../profile/frames.js'
import { type Alive, aliveSince, summariseHeap } from '../profile/heap-snapshot.js'
import { connectInspector, INSPECTED } from '../profile/inspector.js'
import { recordAllocations, recordCpu } from '../profile/record.js'
import { onStage } from '../stage.js'
import { numbers, pairs } from '../worlds.js'
import { createQuestion } from './question.js'

const NODES = 2
const WARM_UP_SECONDS = 3
const MOST_ROWS = 40

const flags = z.object({
  /** Of two members each. */
  chats: count(1, 8_000).default(500),
  /** Messages a second at fixed times; 0: the next one as soon as the last one is acked. */
  rate: count(0, 50_000).default(0),
  seconds: count(1, 600).default(10),
})

/** Where a node's time and memory go. Recording costs a few per cent itself: rates and costs are told by other questions. */
export const profile = createQuestion({
  name: 'profile',
  title: 'Profile: where the time and the memory of a node go',
  isApart: true,
  flags,
  quick: { chats: 100, seconds: 2 },

  async run({ engines, systems, progress }, { chats, rate, seconds }) {
    const system = systems[0]
    if (system === undefined) throw new Error('there is no system')
    const world = pairs(chats)
    const users = numbers(world.users)
    return await onStage({ engines, system, world, nodes: NODES, env: INSPECTED }, async (stage) => {
      const inspector = await connectInspector(join(engines.folder, 'node-1.log'))
      const heapBefore = summariseHeap(await inspector.heapSnapshot())
      await arriveWithBar({ stage, users, progress, label: system.name })
      const heapAfter = summariseHeap(await inspector.heapSnapshot())

      const loop = rate === 0 ? ({ kind: 'closed' } as const) : ({ kind: 'open', perSecond: rate } as const)
      stage.generator.talk({ loop, repeats: 0, speakers: users })
      await progress.wait('warming up', WARM_UP_SECONDS)
      let delivered = 0
      const work = (label: string) => async () => {
        const measured = await stage.measure(async () => await progress.wait(label, seconds))
        delivered = measured.heard.delivered
      }
      const cpu = await recordCpu(inspector, work('processor'))
      const cpuMessages = delivered
      const allocations = await recordAllocations(inspector, work('allocations'))
      stage.generator.hush()
      inspector.end()

      const tree = withoutIdle(toTree(cpu.profile))
      const path = join(engines.folder, 'node-1.cpuprofile')
      const flames = join(engines.folder, 'flame-graph.html')
      await writeFile(path, cpu.raw)
      await writeFile(flames, toFlameGraph('node-1: processor time', tree))
      const bytes = [...allocated(allocations.profile.head)]
      const alive = aliveSince(heapBefore, heapAfter)
      const times = [...selfTimes(tree)]
      const perMessage = { cpu: cpuMessages, bytes: delivered }
      return {
        setting: `One of ${NODES} nodes, with half of the sessions of ${chats} chats of two, ${rate === 0 ? 'in a closed loop' : `at ${rate} messages a second`}; ${seconds} s for the processor and as long for allocations. "A message" is one of all that both nodes have delivered. Flame graph: ${flames} (and ${path}, for a browser's developer tools).`,
        targets: [],
        tables: [
          sharesTable('Processor time by file or package, µs a message', times, byOwner, perMessage.cpu),
          sharesTable('Processor time by function, µs a message', times, byFunction, perMessage.cpu),
          sharesTable(
            'Allocated by function, bytes a message, what was collected since among them',
            bytes,
            byFunction,
            perMessage.bytes,
          ),
          aliveTable(alive, users.length / NODES),
        ],
        plots: [],
        figures: { flames, path, alive: alive.slice(0, MOST_ROWS) },
        broken: [],
      }
    })
  },
})

function sharesTable(
  title: string,
  entries: readonly (readonly [Place, number])[],
  keyOf: (place: Place) => string,
  messages: number,
): Table {
  const all = entries.reduce((sum, [, value]) => sum + value, 0)
  return {
    title: `${title}: ${shown(all / messages)} in all`,
    head: ['', 'each', 'share'],
    rows: ranked(entries, keyOf)
      .slice(0, MOST_ROWS)
      .map(({ key, sum }) => [key, shown(sum / messages), `${((sum / all) * 100).toFixed(1)} %`]),
  }
}

function aliveTable(alive: readonly Alive[], sessions: number): Table {
  const all = alive.reduce((sum, { bytes }) => sum + bytes, 0)
  return {
    title: `What ${sessions} joined sessions have added to the heap: ${shown(all / sessions)} bytes each`,
    head: ['kind', 'objects a session', 'bytes a session'],
    rows: alive
      .slice(0, MOST_ROWS)
      .map(({ kind, count, bytes }) => [kind, shown(count / sessions), shown(bytes / sessions)]),
  }
}
