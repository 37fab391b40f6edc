import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'

/**
 * What one operation costs, as it was measured on this code: the only numbers that the arithmetic begins with. Each says
 * from which report of a bench it was read, and how; `derive.ts` does that reading, and a test does it again.
 */

export const COSTS_FILE = fileURLToPath(new URL('../costs.json', import.meta.url))

const provenance = z.strictObject({
  /** In the repository. */
  report: z.string().startsWith('docs/reports/'),
  /** Which of its figures, in words. */
  read: z.string().min(1),
  command: z.string().startsWith('npm run '),
  commit: z.string().min(7),
  at: z.iso.datetime(),
  machine: z.string().min(1),
})
const about = {
  unit: z.string().min(1),
  /** What it is the cost of. */
  of: z.string().min(1),
}
const measured = z.strictObject({ ...about, value: z.number().positive(), from: provenance })
/** A cost that falls when more is done together: what each is at so many messages a second of one node. */
const curve = z.strictObject({
  ...about,
  points: z.array(z.tuple([z.number().positive(), z.number().positive()])).min(2),
  from: provenance,
})
/** Not measured here: taken from elsewhere, or chosen. */
const assumed = z.strictObject({ ...about, value: z.number().positive(), source: z.string().min(20) })

const schema = z.strictObject({
  costs: z.strictObject({
    messageNode: measured,
    deliveryNode: measured,
    receiptNode: measured,
    pingNode: measured,
    lookNode: measured,
    sessionNode: measured,
    chatNode: measured,
    listNode: measured,
    messagePostgres: curve,
    lookPostgres: measured,
    sessionPostgres: measured,
    chatPostgres: measured,
    listPostgres: measured,
    messageRedis: curve,
    deliveryRedis: measured,
    sessionRedis: measured,
    nodeMemory: measured,
    sessionMemory: measured,
    socketMemory: measured,
    sessionsMeasured: measured,
    messageHeap: measured,
    messageIndexes: measured,
    messageContent: measured,
    messageWal: measured,
    messageWalCold: measured,
    chatDisk: measured,
    memberDisk: measured,
    userDisk: measured,
    sendBytes: measured,
    sendReplyBytes: measured,
    pushBytes: measured,
    activityBytes: measured,
    busBytes: measured,
    busActivityBytes: measured,
    presenceBytes: measured,
    pingBytes: measured,
    pongBytes: measured,
    helloBytes: measured,
    joinReplyBytes: measured,
    listBytes: measured,
  }),
  assumptions: z.strictObject({
    packetBytes: assumed,
    handshakeBytes: assumed,
    socketBuffers: assumed,
    networkBits: assumed,
    redisCores: assumed,
    postgresConnections: assumed,
    postgresCores: assumed,
    tableBytes: assumed,
    proxyPorts: assumed,
  }),
})

export type CostFile = z.infer<typeof schema>
export type Costs = CostFile['costs']
export type CostName = keyof Costs
export type Assumptions = CostFile['assumptions']
export type Curve = z.infer<typeof curve>
export type Provenance = z.infer<typeof provenance>

export async function readCosts(): Promise<CostFile> {
  return parseCosts(await readFile(COSTS_FILE, 'utf8'))
}

/** @throws ZodError when a cost, or where it comes from, is missing */
export function parseCosts(text: string): CostFile {
  return schema.parse(JSON.parse(text))
}

/** On the straight line between the two points beside it; beyond the ends, what was measured there. */
export function costAt({ points }: Pick<Curve, 'points'>, rate: number): number {
  const sorted = [...points].sort(([one], [other]) => one - other)
  const above = sorted.findIndex(([x]) => x >= rate)
  const [high, low] = [sorted[above], sorted[above - 1]]
  if (high === undefined) return sorted.at(-1)?.[1] ?? Number.NaN
  if (low === undefined) return high[1]
  const share = (rate - low[0]) / (high[0] - low[0])
  return low[1] + share * (high[1] - low[1])
}
