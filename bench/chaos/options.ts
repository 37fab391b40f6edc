import { z } from 'zod'
import { checkFlags, count, readFlags } from '../flags.js'
import { FAULT_NAMES, type FaultName, faultsOf } from './faults/kinds.js'

const name = z.custom<FaultName>((given) => FAULT_NAMES.some((one) => one === given), 'no such kind of fault')

/** The flags, each with its default. */
const flags = z.object({
  minutes: z.coerce.number().min(0.1).max(1_440).default(2),
  nodes: count(1, 20).default(3),
  users: count(2, 5_000).default(100),
  chats: count(1, 5_000).default(50),
  /** Messages a second. */
  rate: count(1, 2_000).default(100),
  faults: count(0, 5_000).optional(),
  /** Only these kinds of faults, separated by commas. */
  kinds: z
    .string()
    .transform((list) => list.split(','))
    .pipe(z.array(name))
    .default([]),
  /** `cluster`: three masters with a replica each. */
  redis: z.enum(['standalone', 'cluster']).default('standalone'),
  /** Processes of each node (`WORKERS`); 0: it is one process. */
  workers: count(0, 8).default(0),
  seed: count(0, 2 ** 31).optional(),
  /** Folder of the report. */
  out: z.string().default('build/chaos'),
  /** Folder of the record and of everybody's logs. */
  logs: z.string().optional(),
  /** The `main.js` that the nodes run. */
  entry: z.string().default('dist/main.js'),
  /** A PgBouncer in the path, which shares connections by transaction. */
  pgbouncer: z.boolean().default(false),
})

const FAULTS_A_MINUTE = 5

export interface Options extends Required<z.infer<typeof flags>> {
  readonly faults: number
  readonly seed: number
  readonly logs: string
}

/** @throws Error with one line that says which flag is wrong, and what there is */
export function parseOptions(args: readonly string[]): Options {
  const { faults, seed, logs, ...rest } = checkFlags(flags, readFlags(args, [flags], ['pgbouncer']))
  const stray = rest.kinds.find((kind) => !faultsOf(rest).includes(kind))
  if (stray !== undefined) throw new Error(`--kinds: ${stray} is nothing for what runs here`)
  const chosen = seed ?? Math.floor(Math.random() * 1_000_000)
  return {
    ...rest,
    seed: chosen,
    faults: faults ?? Math.round(rest.minutes * FAULTS_A_MINUTE),
    logs: logs ?? `${rest.out}/logs-${chosen}`,
  }
}
