import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'

/** What is read of the reports of the benches, and nothing else of them. */

const run = z.object({ command: z.string(), commit: z.string(), at: z.string(), machine: z.string() })
const cost = z.object({ nodes: z.number(), postgres: z.number().nullable(), redis: z.number().nullable() })
const bytesTaken = z.number().positive()

/** `npm run bench`: questions, systems that they were put to, runs. */
const bench = z.object({
  run,
  questions: z.array(
    z.object({
      name: z.string(),
      figures: z.object({
        rows: z.array(
          z.object({
            name: z.string(),
            runs: z.array(
              z.object({
                perSecond: z.number().optional(),
                costs: cost.optional(),
                samples: z.array(z.tuple([z.number(), z.number()])).optional(),
                bytes: z.number().optional(),
                took: z.object({ count: z.number() }).optional(),
              }),
            ),
          }),
        ),
      }),
    }),
  ),
})

const sizes = z.array(z.object({ name: z.string(), heap: z.number(), indexes: z.number() }))
const filled = z.object({ contentBytes: z.number(), messages: z.number(), wal: z.number(), sizes })

/** `npm run capacity -- --measure`, the report that a busy machine does not change */
const bytes = z.object({
  run,
  frames: z.object({
    send: bytesTaken,
    sendReply: bytesTaken,
    message: bytesTaken,
    activity: bytesTaken,
    ping: bytesTaken,
    pong: bytesTaken,
    hello: bytesTaken,
    joinReply: bytesTaken,
    chatBus: bytesTaken,
    userBus: bytesTaken,
    presenceBus: bytesTaken,
  }),
  tables: z.object({
    chats: z.number(),
    empty: sizes,
    short: filled,
    cold: z.object({ messages: z.number(), wal: z.number() }),
    long: filled,
  }),
  kernel: z.record(z.string(), z.number()),
})

/** The other one */
const work = z.object({
  run,
  sessions: z.object({
    pings: z.array(z.object({ node: z.number() })),
    sweeps: z.object({ rounds: z.array(z.object({ node: z.number(), postgres: z.number() })) }),
  }),
  fanOut: z.object({
    runs: z.array(
      z.object({
        subscribers: z.number(),
        rounds: z.array(z.object({ redis: z.number(), listener: z.number() })),
      }),
    ),
  }),
})

export type BenchReport = z.infer<typeof bench>
export type BytesReport = z.infer<typeof bytes>
export type WorkReport = z.infer<typeof work>
export type SystemRun = BenchReport['questions'][number]['figures']['rows'][number]['runs'][number]

export const BYTES = 'docs/reports/capacity/bytes.json'
export const WORK = 'docs/reports/capacity/work.json'

async function textOf(path: string): Promise<unknown> {
  return JSON.parse(await readFile(fileURLToPath(new URL(`../../../${path}`, import.meta.url)), 'utf8'))
}

/** Those of Parley's own runs, by the row's name; the peers are none of them. */
export async function readBench(path: string) {
  const report = bench.parse(await textOf(path))
  const rows = report.questions.flatMap(({ figures }) => figures.rows)
  return {
    run: report.run,
    /** @throws when the report has no such row */
    runs(name: string): SystemRun[] {
      const row = rows.find((one) => one.name === name)
      if (row === undefined) throw new Error(`${path} has no row "${name}"`)
      return row.runs
    },
  }
}

export async function readBytes(): Promise<BytesReport> {
  return bytes.parse(await textOf(BYTES))
}

export async function readWork(): Promise<WorkReport> {
  return work.parse(await textOf(WORK))
}
