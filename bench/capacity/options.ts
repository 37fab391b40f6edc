import { z } from 'zod'
import { checkFlags, count, readFlags } from '../flags.js'

const share = z.coerce.number().min(0).max(1)
const amount = (least: number, most: number) => z.coerce.number().min(least).max(most)

/** A product: who there is, and what they do. */
const productFlags = z.object({
  /** All that have an account. */
  users: count(1, 10_000_000_000),
  /** Of these, who comes on a day. */
  'daily-active': share.default(0.2),
  /** Sessions that each of them begins on a day, … */
  'sessions-per-active': amount(0, 1_000).default(4),
  /** … how long one lasts, … */
  'session-minutes': amount(0, 1_440).default(10),
  /** … and how many chats it stands in. */
  'open-chats': amount(1, 1_000).default(2),
  /** Messages that each who comes says on that day. */
  'messages-per-user-day': amount(0, 100_000).default(5),
  /** Chats that a user is a member of, open or not. */
  'chats-per-user': amount(0, 100_000).default(20),
  /** Members of a chat. */
  members: amount(2, 100_000).default(2),
  'content-bytes': amount(1, 8_192).default(100),
  /** Attachments for each message, and how large one is. */
  attachments: amount(0, 10).default(0.02),
  'attachment-bytes': amount(1, 100_000_000).default(300_000),
  /** How many times the mean of a day its busiest minute is. */
  'peak-factor': amount(1, 100).default(3),
  'retention-days': amount(1, 36_500).default(365),
})

/** How it is run. */
const plantFlags = z.object({
  /** The share of a core, of a machine's memory and of its network that is to be free at the peak. */
  headroom: z.coerce.number().min(0).max(0.9).default(0.4),
  /** Sessions of one node at most; absent: as many as were measured. */
  'sessions-per-node': count(1, 1_000_000).optional(),
  /** Memory of one node, the kernel's part included. */
  'node-memory-mb': count(200, 1_000_000).default(1_024),
  /** What the simulations draw their numbers from. */
  seed: count(0, 2 ** 32 - 1).default(1),
})

const outputFlags = z.object({
  /** Print JSON instead of tables. */
  json: z.boolean().default(false),
  /** Tables of the simulations too, which take some seconds. */
  simulate: z.boolean().default(false),
  /** Folder for a page with plots, the simulations included, and the JSON. */
  out: z.string().optional(),
})

export type Product = z.infer<typeof productFlags>
export type Plant = z.infer<typeof plantFlags>
export interface Options extends z.infer<typeof outputFlags> {
  readonly product: Product
  readonly plant: Plant
}

/** @throws Error with one line that says what is wrong, and what there is */
export function parseOptions(args: readonly string[]): Options {
  const flags = readFlags(args, [productFlags, plantFlags, outputFlags], ['json', 'simulate'])
  if (flags.users === undefined) throw new Error('--users: how many there are, as in --users 1000000')
  return {
    ...checkFlags(outputFlags, flags),
    product: checkFlags(productFlags, flags),
    plant: checkFlags(plantFlags, flags),
  }
}
